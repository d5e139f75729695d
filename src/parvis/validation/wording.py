"""The words of a SHACL result for people, in French and English."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.namespace import DCTERMS, FOAF, RDF, RDFS, SH, SKOS, XSD
from rdflib.term import Node

from parvis.i18n import LANGUAGES, N_, say
from parvis.rdf.literals import read_texts
from parvis.validation.names import curie, key_of, local_name, shorten
from parvis.validation.shape_words import ShapeWords, words_of_shapes
from parvis.vocab.namespaces import SCHEMA

NAMING = (SCHEMA.name, DCTERMS.title, SKOS.prefLabel, FOAF.name, RDFS.label)
DEEPEST = 5
"""The most blank nodes between a node and the IRI by which it is named."""
_PLACEHOLDER = re.compile(r"\{[?$]?(\w+)\}")

NAMED = N_("“{name}”: {sentence}")
UNNAMED = N_("{name}: {sentence}")
THING = N_("{kind} {key}")
"""A thing without a name: people do not read addresses."""
PART = N_("{whole}, {part}")
UNKNOWN = N_("a thing without a name")
OBSERVED = N_("{sentence} Observed: “{value}”.")
OTHERWISE = N_("{path}: the data do not fit a rule.")
SENTENCES = {
    "MinCount": N_("{path} needs at least this many values: {limit}."),
    "MaxCount": N_("{path} takes at most this many values: {limit}."),
    "Datatype": N_("{path} must be {limit}."),
    "NodeKind": N_("{path} must be {limit}."),
    "Class": N_("{path} must be of this kind: {limit}."),
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
_PROPERTIES = frozenset({"Equals", "Disjoint", "LessThan", "LessThanOrEquals"})
"""The components whose parameter is a property."""
LIMITS: Mapping[Node, str] = {
    XSD.string: N_("a text"),
    RDF.langString: N_("a text in a language"),
    XSD.boolean: N_("yes or no"),
    XSD.integer: N_("a whole number"),
    XSD.decimal: N_("a number"),
    XSD.double: N_("a number"),
    XSD.date: N_("a date"),
    XSD.dateTime: N_("a date and a time"),
    XSD.gYear: N_("a year"),
    XSD.anyURI: N_("a Web address"),
    SH.IRI: N_("an identifier"),
    SH.Literal: N_("a text, a number or a date"),
    SH.BlankNode: N_("described in its parts"),
    SH.BlankNodeOrIRI: N_("an identifier, or described in its parts"),
    SH.IRIOrLiteral: N_("an identifier, a text, a number or a date"),
    SH.BlankNodeOrLiteral: N_("a text, a number, a date, or described in its parts"),
}
"""Datatypes and kinds of nodes in words."""


@dataclass(frozen=True)
class Wording:
    """The words of results over one pair of graphs."""

    data: Graph
    shapes: Graph

    @cached_property
    def words(self) -> ShapeWords:
        return words_of_shapes(self.shapes, len(self.shapes))

    def text(self, result: Mapping[URIRef, Node], *, is_placed: bool = False) -> dict[str, str]:
        """Return one result in every language: the entity, the rule, and the value observed.

        An entity without a name is not mentioned where its place in the file is reported.
        """
        return {lang: self._text(result, lang, is_placed=is_placed) for lang in LANGUAGES}

    def _text(self, result: Mapping[URIRef, Node], lang: str, *, is_placed: bool) -> str:
        focus, value = result[SH.focusNode], result.get(SH.value)
        template = self._find_template(result, lang)
        # Of addresses of pages, people read the whole.
        is_page = result.get(SH.resultPath) == SCHEMA.url
        values: dict[str, Callable[[], str]] = {
            "this": lambda: self.describe(focus, lang),
            "value": lambda: str(value) if is_page else self.describe(value, lang),
            "path": lambda: self._name_path(result, lang),
            "limit": lambda: self._limit(result, lang),
        }
        sentence = _PLACEHOLDER.sub(lambda match: values.get(match[1], match.group)(), template)
        sentence = sentence[:1].upper() + sentence[1:]
        shows_value = value is None or value == focus or "value" in _PLACEHOLDER.findall(template)
        if not shows_value:
            sentence = say(lang, OBSERVED, sentence=sentence, value=values["value"]())
        if name := self.name(focus, lang):
            return say(lang, NAMED, name=name, sentence=sentence)
        if is_placed:
            return sentence
        return say(lang, UNNAMED, name=self._describe_unnamed(focus, lang), sentence=sentence)

    def _find_template(self, result: Mapping[URIRef, Node], lang: str) -> str:
        """Return the message of the SPARQL constraint, else of the shape, else of the component."""
        for node in (result.get(SH.sourceConstraint), result.get(SH.sourceShape)):
            messages = read_texts(self.shapes, node, SH.message, untagged="") if node else {}
            if message := messages.get(lang, messages.get("")):
                return message
        kind = _component_kind(result)
        return say(lang, SENTENCES.get(kind, OTHERWISE), path="{path}", limit="{limit}")

    def _name_path(self, result: Mapping[URIRef, Node], lang: str) -> str:
        return self.words.of_property(result.get(SH.resultPath), lang, result.get(SH.sourceShape))

    def _limit(self, result: Mapping[URIRef, Node], lang: str) -> str:
        """Return the parameter of the constraint, such as the 1 of ``sh:minCount 1``."""
        kind = _component_kind(result)
        parameter = URIRef(f"{SH}{kind[0].lower()}{kind[1:]}")
        limit = self.shapes.value(result.get(SH.sourceShape), parameter)
        if isinstance(limit, BNode):
            return ", ".join(self._limit_words(x, lang) for x in Collection(self.shapes, limit))
        if limit is not None and kind in _PROPERTIES:
            return self.words.of_property(limit, lang)
        return "" if limit is None else self._limit_words(limit, lang)

    def _limit_words(self, limit: Node, lang: str) -> str:
        if limit in LIMITS:
            return say(lang, LIMITS[limit])
        return self.words.of_class(limit, lang) if isinstance(limit, URIRef) else str(limit)

    def name(self, node: Node | None, lang: str) -> str | None:
        """Return a node's name in the data, in the language if there is one."""
        names = self._names(node)
        return shorten(min(names, key=lambda text: _name_order(text, lang))) if names else None

    @cached_property
    def _names(self) -> Callable[[Node | None], list[Literal]]:
        @cache
        def names(node: Node | None) -> list[Literal]:
            # Read at once, since most nodes have one kind of name, if any, and many triples.
            values: dict[Node, list[Literal]] = {}
            for term, value in self.data.predicate_objects(node):
                if term in NAMING and isinstance(value, Literal):
                    values.setdefault(term, []).append(value)
            return next((values[naming] for naming in NAMING if naming in values), [])

        return names

    def describe(self, node: Node | None, lang: str, depth: int = DEEPEST) -> str:
        """Return a node for people: a value, a name, else its kind and key; never an IRI.

        A part without an identifier is described by the whole that it belongs to.
        """
        if node is None:
            return ""
        return self.name(node, lang) or self._describe_unnamed(node, lang, depth)

    def _describe_unnamed(self, node: Node, lang: str, depth: int = DEEPEST) -> str:
        if isinstance(node, Literal):
            return shorten(str(node))
        kind = min(self.data.objects(node, RDF.type), default=None, key=str)
        if isinstance(node, URIRef):
            if kind is None:  # a class, a code or a thing of which nothing is said
                has_label = node in self.words.descriptions
                return self.words.of_class(node, lang) if has_label else key_of(str(node))
            return say(lang, THING, kind=self.words.of_class(kind, lang), key=key_of(str(node)))
        parent = min(self.data.subject_predicates(node), default=None, key=str)
        if parent and depth:
            whole = self.describe(parent[0], lang, depth - 1)
            return say(lang, PART, whole=whole, part=self.words.of_property(parent[1], lang))
        return self.words.of_class(kind, lang) if kind else say(lang, UNKNOWN)

    def address(self, node: Node, depth: int = DEEPEST) -> str:
        """Return a node's IRI; for a blank node, that of the nearest IRI and the way from it."""
        if not isinstance(node, BNode):
            return shorten(str(node)) if isinstance(node, Literal) else str(node)
        parent = min(self.data.subject_predicates(node), default=None, key=str)
        if parent and depth:
            return f"{self.address(parent[0], depth - 1)} {curie(parent[1])}"
        kind = self.data.value(node, RDF.type)
        return f"[{curie(kind)}]" if kind else "[]"


def _name_order(text: Literal, lang: str) -> tuple[bool, bool, str]:
    return text.language != lang, text.language is not None, str(text)


def _component_kind(result: Mapping[URIRef, Node]) -> str:
    component = local_name(result[SH.sourceConstraintComponent])
    return component.removesuffix("ConstraintComponent")
