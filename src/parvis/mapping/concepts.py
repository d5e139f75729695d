"""Find concepts by what partners call them: a label or notation, in either language."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from parvis.i18n import N_, both
from parvis.vocab import PREFIXES

SKOS = PREFIXES["skos"]
IN_SCHEME = f"{SKOS}inScheme"
LABELS = (f"{SKOS}altLabel", f"{SKOS}notation", f"{SKOS}prefLabel")
"""Properties that concepts are found by; where two concepts share a word, the last wins."""
TYPOGRAPHY = str.maketrans({"’": "'", "–": "-", "—": "-", "œ": "oe", "æ": "ae"})

BRACKET = re.compile(r"(?<!\d)(\d{1,2})(?: ans| years)? ?(?:-|a|to) ?(\d{1,2})(?!\d)")
OLDEST = re.compile(r"(?<!\d)(\d{1,2})(?: ans| years)?(?: et| and)? ?(?:\+|plus|over|older)")
YOUNGEST = re.compile(r"(?:moins de|under) (\d{1,2})(?!\d)")
"""How ages stand in folded texts: « 18 à 34 ans », « 65 ans et + », « moins de 18 ans »."""


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
        """Return the concept of a label in a scheme, or None; an age is also known by its years."""
        concepts = self.schemes.get(scheme, {})
        concept = concepts.get(fold_text(label))
        return concepts.get(age_code(label)) if concept is None and scheme == "age" else concept


def age_code(label: str) -> str:
    """Return the years of an age as the code list writes them, else the label.

    >>> [age_code(text) for text in ("Jeunes (0-13)", "De 18 à 34 ans", "65 et +", "2024-2025")]
    ['0-13', '18-34', '65-plus', '2024-2025']
    >>> age_code("Moins de 18 ans"), age_code("Under 6")
    ('0-17', '0-5')
    """
    inner = re.search(r"\(([^)]*\d[^)]*)\)", label)
    text = fold_text(inner[1] if inner else label)
    if bracket := BRACKET.search(text):
        return f"{bracket[1]}-{bracket[2]}"
    if oldest := OLDEST.search(text):
        return f"{oldest[1]}-plus"
    if youngest := YOUNGEST.search(text):
        return f"0-{int(youngest[1]) - 1}"
    return label


_TITLES = {
    "age": N_("age brackets"),
    "area": N_("areas"),
    "audience": N_("target audiences"),
    "channel": N_("channels"),
    "confidentiality": N_("confidentiality"),
    "discipline": N_("disciplines"),
    "event-type": N_("kinds of event"),
    "language": N_("languages"),
    "method": N_("methods"),
    "observation-status": N_("statuses of figures"),
    "organization-type": N_("kinds of organisation"),
    "period": N_("periods"),
    "place-type": N_("kinds of place"),
    "public": N_("kinds of public"),
}


def scheme_title(name: str) -> dict[str, str]:
    """Return what people call a code list."""
    return both(_TITLES.get(name, name))
