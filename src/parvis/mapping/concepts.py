"""Find concepts by what partners call them: a label or notation, in either language."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from parvis.vocab import PREFIXES

SKOS = PREFIXES["skos"]
IN_SCHEME = f"{SKOS}inScheme"
LABELS = (f"{SKOS}altLabel", f"{SKOS}notation", f"{SKOS}prefLabel")
"""Properties that concepts are found by; where two concepts share a word, the last wins."""
TYPOGRAPHY = str.maketrans({"’": "'", "–": "-", "—": "-", "œ": "oe", "æ": "ae"})


def fold_text(text: str) -> str:
    """Fold case, accents, typography and spaces, so that « Théâtre » and "theatre " meet.

    >>> fold_text(" Théâtre  d’été ")
    "theatre d'ete"
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(TYPOGRAPHY))
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


@dataclass(frozen=True)
class Concepts:
    """The code lists, by scheme: folded label → concept IRI."""

    schemes: dict[str, dict[str, str]]

    @classmethod
    def from_triples(cls, triples: Iterable[tuple[str, str, str]]) -> Self:
        """Index the concepts of some triples, terms as text, by label, notation and local name.

        The scheme's name is the last step of its IRI: ``…/concept/discipline``.
        """
        schemes_of: defaultdict[str, list[str]] = defaultdict(list)
        labels: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for subject, predicate, value in triples:
            if predicate == IN_SCHEME:
                schemes_of[subject].append(value.rsplit("/", 1)[-1])
            elif predicate in LABELS:
                labels[predicate].append((subject, value))
        schemes: defaultdict[str, dict[str, str]] = defaultdict(dict)
        names = [(concept, concept.rsplit("/", 1)[-1]) for concept in schemes_of]
        # In the order of LABELS: a preferred label replaces other names of other concepts.
        for concept, label in (*names, *(entry for kind in LABELS for entry in labels[kind])):
            for scheme in schemes_of.get(concept, ()):
                schemes[scheme][fold_text(label)] = concept
        return cls(dict(schemes))

    def find(self, scheme: str, label: str) -> str | None:
        """Return the concept of a label in a scheme, or None."""
        return self.schemes.get(scheme, {}).get(fold_text(label))
