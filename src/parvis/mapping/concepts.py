"""Concepts by what partners call them: preferred or other label, notation, in either language."""

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import Self

from rdflib import Graph
from rdflib.namespace import SKOS

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
    def from_graph(cls, graph: Graph) -> Self:
        """Index every concept of a graph under its labels and notation.

        The scheme's name is the last step of its IRI: ``…/concept/discipline``.
        """
        schemes: dict[str, dict[str, str]] = defaultdict(dict)
        for concept, scheme in graph.subject_objects(SKOS.inScheme):
            labels = schemes[str(scheme).rsplit("/", 1)[-1]]
            labels[folded(str(concept).rsplit("/", 1)[-1])] = str(concept)
            for kind in (SKOS.altLabel, SKOS.notation, SKOS.prefLabel):
                for label in graph.objects(concept, kind):
                    labels[folded(str(label))] = str(concept)
        return cls(dict(schemes))

    def find(self, scheme: str, label: str) -> str | None:
        """Give the concept that a label names in a scheme, or nothing."""
        return self.schemes.get(scheme, {}).get(folded(label))
