"""The code lists as people name them: one concept for what was typed, or the nearest ones."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import SKOS

from parvis.errors import UsageError
from parvis.i18n import LANGUAGES, N_
from parvis.mapping.concepts import folded
from parvis.pooling.ontology import ontology
from parvis.pooling.words import short
from parvis.vocab.namespaces import CONCEPT

NEAREST = 4
"""How many concepts are suggested."""
LIKE = 0.5
"""How much alike two texts must be for one to be suggested for the other (`difflib`)."""
LONGEST = 100
"""Characters of what was typed that are compared and said again."""

UNKNOWN = N_("“{text}” is nothing that the list “{scheme}” knows; the nearest: {nearest}")
LISTED = N_("“{text}” is nothing that the list “{scheme}” knows; it has: {nearest}")
SEVERAL = N_(
    "“{text}” may be several things of the list “{scheme}”: {nearest}; name one by its code"
)

WITHIN: Mapping[str, Mapping[str, str]] = {"language": {"fr": "bilingual", "en": "bilingual"}}
"""What holds another though it is not broader: who speaks both languages speaks each of them."""
WHOLE = ("everyone", "total")
"""Concepts that hold all others of their scheme, and are farther away than any."""
FAR = 9
"""The steps to what holds everything."""


@dataclass(frozen=True)
class Scheme:
    """One code list: labels by concept and language, texts by the concepts that bear them.

    `codes` are the notations; `above` the wider concepts of each, with the steps to them.
    """

    name: str
    labels: Mapping[str, Mapping[str, str]]
    codes: Mapping[str, str]
    texts: Mapping[str, frozenset[str]]
    above: Mapping[str, Mapping[str, int]]

    def require(self, text: str) -> str:
        """Give the concept that a code, a label or an IRI names.

        Raises `UsageError` for none, with the nearest ones, and for several.
        """
        wanted = text.strip()[:LONGEST]
        if wanted in self.labels:
            return wanted
        if found := self.codes.get(folded(wanted)):
            return found
        several = self.texts.get(folded(wanted), frozenset())
        if len(several) == 1:
            return next(iter(several))
        if several:
            raise self._refusal(SEVERAL, wanted, map(self._told, sorted(several)))
        if near := self._nearest(folded(wanted)):
            raise self._refusal(UNKNOWN, wanted, map(self._told, near))
        raise self._refusal(LISTED, wanted, map(self.code, self.labels))

    def _refusal(self, template: str, text: str, told: Iterable[str]) -> UsageError:
        return UsageError(template, text=text, scheme=self.name, nearest=", ".join(told))

    def code(self, concept: str) -> str:
        """Give a concept's notation: what one types to name it."""
        return short(concept)

    def label(self, concept: str) -> dict[str, str]:
        """Name a concept in each language; by its code where the list does not know it."""
        known = self.labels.get(concept, {})
        return {lang: known.get(lang, short(concept)) for lang in LANGUAGES}

    def _nearest(self, wanted: str) -> list[str]:
        """Find the concepts whose names look like a text, the likest first."""
        words = {**self.texts, **{code: frozenset({one}) for code, one in self.codes.items()}}
        alike = get_close_matches(wanted, words, 3 * NEAREST, LIKE)
        parts = [text for text in words if wanted and wanted in text.split()]
        found = dict.fromkeys(one for text in (*alike, *parts) for one in sorted(words[text]))
        return list(found)[:NEAREST]

    def _told(self, concept: str) -> str:
        """Tell a concept by its code and its labels."""
        return f"{self.code(concept)} ({' / '.join(dict.fromkeys(self.label(concept).values()))})"


@cache
def scheme(name: str) -> Scheme:
    """Read a code list of the ontology, by its name: ``audience``, ``area``, ``channel``."""
    graph, top = read_ontology(), URIRef(f"{CONCEPT}{name}")
    concepts = sorted(str(one) for one in graph.subjects(SKOS.inScheme, top))
    texts: defaultdict[str, set[str]] = defaultdict(set)
    for concept in concepts:
        for step in (SKOS.prefLabel, SKOS.altLabel):
            for label in graph.objects(URIRef(concept), step):
                texts[folded(str(label))].add(concept)
    codes = {folded(short(one)): one for one in concepts}
    return Scheme(
        name=name,
        labels={one: _labels(graph, one) for one in concepts},
        codes=codes,
        texts={text: frozenset(some) for text, some in texts.items()},
        above={one: _above(graph, name, one, codes) for one in concepts},
    )


@cache
def read_ontology() -> Graph:
    """Read the ontology, once for all lists."""
    return ontology()


def _labels(graph: Graph, concept: str) -> dict[str, str]:
    found = graph.objects(URIRef(concept), SKOS.prefLabel)
    return {str(one.language): str(one) for one in found if isinstance(one, Literal)}


def _above(graph: Graph, name: str, concept: str, codes: Mapping[str, str]) -> dict[str, int]:
    """Count the steps from a concept to each that is wider."""
    found: dict[str, int] = {}
    level, steps = {concept}, 0
    while level := {one for this in level for one in _wider(graph, name, this)} - found.keys():
        steps += 1
        found |= dict.fromkeys(level, steps)
    for code in WHOLE:
        whole = codes.get(code)
        if whole is not None and whole != concept:
            found.setdefault(whole, FAR)
    return found


def _wider(graph: Graph, name: str, concept: str) -> Iterator[str]:
    """Give the concepts one step wider."""
    yield from (str(one) for one in graph.objects(URIRef(concept), SKOS.broader))
    if holder := WITHIN.get(name, {}).get(short(concept)):
        yield f"{CONCEPT}{name}/{holder}"
