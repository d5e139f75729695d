"""Concepts by what partners call them: preferred or other label, notation, in either language."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from parvis.vocab.prefixes import PREFIXES

SKOS = PREFIXES["skos"]
IN_SCHEME = f"{SKOS}inScheme"
LABELS = (f"{SKOS}altLabel", f"{SKOS}notation", f"{SKOS}prefLabel")
"""What a concept is found by; where two concepts share a word, the last kind wins."""
TYPOGRAPHY = str.maketrans({"’": "'", "–": "-", "—": "-", "œ": "oe", "æ": "ae"})


def folded(text: str) -> str:
    """Fold case, accents, typography and spaces, so that « Théâtre » and "theatre " meet.

    >>> folded(" Théâtre  d’été ")
    "theatre d'ete"
    """
    apart = unicodedata.normalize("NFKD", text.casefold().translate(TYPOGRAPHY))
    return " ".join("".join(c for c in apart if not unicodedata.combining(c)).split())


@dataclass(frozen=True)
class Concepts:
    """The code lists, by scheme: folded label → concept IRI."""

    schemes: dict[str, dict[str, str]]

    @classmethod
    def of(cls, triples: Iterable[tuple[str, str, str]]) -> Self:
        """Index every concept among some triples, terms as text, under its labels and notation.

        The scheme's name is the last step of its IRI: ``…/concept/discipline``.
        """
        schemes_of: defaultdict[str, list[str]] = defaultdict(list)
        told: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for subject, predicate, value in triples:
            if predicate == IN_SCHEME:
                schemes_of[subject].append(value.rsplit("/", 1)[-1])
            elif predicate in LABELS:
                told[predicate].append((subject, value))
        schemes: defaultdict[str, dict[str, str]] = defaultdict(dict)
        names = [(concept, concept.rsplit("/", 1)[-1]) for concept in schemes_of]
        for concept, label in (*names, *(one for kind in LABELS for one in told[kind])):
            for scheme in schemes_of.get(concept, ()):
                schemes[scheme][folded(label)] = concept
        return cls(dict(schemes))

    def find(self, scheme: str, label: str) -> str | None:
        """Give the concept that a label names in a scheme, or nothing."""
        return self.schemes.get(scheme, {}).get(folded(label))
