"""The words of a SHACL result for people, in French and English."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.namespace import DCTERMS, FOAF, RDF, RDFS, SH, SKOS
from rdflib.term import Node

from parvis.i18n import LANGUAGES, N_, say
from parvis.rdf.literals import read_texts
from parvis.vocab.namespaces import PREFIXES, SCHEMA

NAMING = (SCHEMA.name, DCTERMS.title, SKOS.prefLabel, FOAF.name, RDFS.label)
DEEPEST = 5
"""The most blank nodes between a node and the IRI by which it is named."""
_LONGEST = 300
"""Characters of a value that are shown."""
_PLACEHOLDER = re.compile(r"\{[?$]?(\w+)\}")

NAMED = N_("“{name}”: {sentence}")
UNNAMED = N_("{name}: {sentence}")
OBSERVED = N_("{sentence} Observed: “{value}”.")
OTHERWISE = N_("The data do not fit the constraint {limit} of {path}.")
SENTENCES = {
    "MinCount": N_("{path} needs at least this many values: {limit}."),
    "MaxCount": N_("{path} takes at most this many values: {limit}."),
    "Datatype": N_("{path} must be of the datatype {limit}."),
    "NodeKind": N_("{path} must be of the kind {limit}."),
    "Class": N_("{path} must be of the class {limit}."),
    "Pattern": N_("{path} must have the form {limit}."),
    "MinLength": N_("{path} must have at least this many characters: {limit}."),
    "MaxLength": N_("{path} must have at most this many characters: {limit}."),
    "MinInclusive": N_("{path} must be {limit} or more."),
    "MaxInclusive": N_("{path} must be {limit} or less."),
    "MinExclusive": N_("{path} must be more than {limit}."),
    "MaxExclusive": N_("{path} must be less than {limit}."),
    "In": N_("{path} must be one of: {limit}."),
    "HasValue": N_("{path} must include {limit}."),
    "UniqueLang": N_("{path} takes only one value per language."),
    "LanguageIn": N_("{path} must be in one of these languages: {limit}."),
    "Equals": N_("{path} must have the same values as {limit}."),
    "Disjoint": N_("{path} must share no value with {limit}."),
    "LessThan": N_("{path} must come before {limit}."),
    "LessThanOrEquals": N_("{path} must not come after {limit}."),
    "Closed": N_("{path} is not foreseen here."),
}
"""By constraint component (SHACL §4): used when a shape has no message of its own."""


@dataclass(frozen=True)
class Wording:
    """The words of results over one pair of graphs."""

    data: Graph
    shapes: Graph

    def text(self, result: Mapping[URIRef, Node]) -> dict[str, str]:
        """Return one result in every language: the entity, the rule, and the value observed."""
        return {lang: self._text(result, lang) for lang in LANGUAGES}

    def _text(self, result: Mapping[URIRef, Node], lang: str) -> str:
        focus, value = result[SH.focusNode], result.get(SH.value)
        template = self._find_template(result, lang)
        values: dict[str, Callable[[], str]] = {
            "this": lambda: self.words(focus, lang),
            "value": lambda: self.words(value, lang),
            "path": lambda: self._name_path(result, lang),
            "limit": lambda: self._limit(result),
        }
        sentence = _PLACEHOLDER.sub(lambda match: values.get(match[1], match.group)(), template)
        shows_value = value is None or value == focus or "value" in _PLACEHOLDER.findall(template)
        if not shows_value:
            sentence = say(lang, OBSERVED, sentence=sentence, value=self.words(value, lang))
        name = self.name(focus, lang)
        entity = self.words(focus, lang) if name is None else name
        return say(lang, UNNAMED if name is None else NAMED, name=entity, sentence=sentence)

    def _find_template(self, result: Mapping[URIRef, Node], lang: str) -> str:
        """Return the message of the SPARQL constraint, else of the shape, else of the component."""
        for node in (result.get(SH.sourceConstraint), result.get(SH.sourceShape)):
            messages = read_texts(self.shapes, node, SH.message, untagged="") if node else {}
            if message := messages.get(lang, messages.get("")):
                return message
        kind = _component_kind(result)
        return say(lang, SENTENCES.get(kind, OTHERWISE), path="{path}", limit="{limit}")

    def _name_path(self, result: Mapping[URIRef, Node], lang: str) -> str:
        path = result.get(SH.resultPath)
        name = property_name(self.shapes, result.get(SH.sourceShape), path, lang)
        return self.words(path, lang) if isinstance(path, BNode) and not name else name

    def _limit(self, result: Mapping[URIRef, Node]) -> str:
        """Return the parameter of the constraint, such as the 1 of ``sh:minCount 1``."""
        kind = _component_kind(result)
        parameter = URIRef(f"{SH}{kind[0].lower()}{kind[1:]}")
        limit = self.shapes.value(result.get(SH.sourceShape), parameter)
        if limit is None or isinstance(limit, BNode):
            members = Collection(self.shapes, limit) if limit else ()
            return ", ".join(curie(member) for member in members) or kind
        return curie(limit)

    def name(self, node: Node, lang: str) -> str | None:
        """Return a node's name in the data, in the language if there is one."""
        for naming in NAMING:
            literals = [v for v in self.data.objects(node, naming) if isinstance(v, Literal)]
            names = sorted(literals, key=str)
            names.sort(key=lambda text: (text.language != lang, text.language is not None))
            if names:
                return shorten(str(names[0]))
        return None

    def words(self, node: Node | None, lang: str) -> str:
        """Return a node as text: a literal, a name or prefixed name; never a blank node's label."""
        if isinstance(node, BNode):
            return self.name(node, lang) or self.address(node)
        return "" if node is None else curie(node)

    def address(self, node: Node, depth: int = DEEPEST) -> str:
        """Return a node's IRI; for a blank node, that of the nearest IRI and the way from it."""
        if not isinstance(node, BNode):
            return shorten(str(node)) if isinstance(node, Literal) else str(node)
        parent = min(self.data.subject_predicates(node), default=None, key=str)
        if parent and depth:
            return f"{self.address(parent[0], depth - 1)} {curie(parent[1])}"
        kind = self.data.value(node, RDF.type)
        return f"[{curie(kind)}]" if kind else "[]"


def _component_kind(result: Mapping[URIRef, Node]) -> str:
    component = local_name(result[SH.sourceConstraintComponent])
    return component.removesuffix("ConstraintComponent")


def property_name(shapes: Graph, shape: Node | None, path: Node | None, lang: str) -> str:
    """Return a property shape's name for its property, else the property's prefixed name."""
    if shape and (name := read_texts(shapes, shape, SH.name).get(lang)):
        return name
    return curie(path) if isinstance(path, URIRef) else ""


def local_name(node: Node) -> str:
    """Return the last part of an IRI.

    >>> local_name(URIRef("https://w3id.org/parvis/shapes#Event-name"))
    'Event-name'
    """
    return re.split(r"[#/]", str(node))[-1] or str(node)


def curie(node: Node) -> str:
    """Return a prefixed name where parvis has a prefix, else the text; never a blank node's label.

    >>> curie(SCHEMA.startDate)
    'schema:startDate'
    """
    if isinstance(node, URIRef):
        for prefix, namespace in PREFIXES.items():
            if node.startswith(namespace):
                return f"{prefix}:{node.removeprefix(namespace)}"
    return "[]" if isinstance(node, BNode) else shorten(str(node))


def shorten(text: str, longest: int = _LONGEST) -> str:
    """Return the beginning of a text, whole if it is short."""
    return text if len(text) <= longest else f"{text[:longest]}…"
