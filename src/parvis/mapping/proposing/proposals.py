"""What each column of a file may be: up to three properties, the likeliest first."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz

from parvis.i18n import LANGUAGES
from parvis.mapping.concepts import folded
from parvis.mapping.proposing.kinds import Kind, kind_of
from parvis.mapping.proposing.sampling import YEAR, Column, Sample
from parvis.mapping.proposing.vocabulary import Term, Vocabulary, plain

AT_MOST = 3
WORTH = 0.55
"""Under this score a property is not worth a word."""

SURE = 0.8
AHEAD = 0.03
"""A proposal is sure at this score, and this far ahead of the next."""

STRATA = ("age", "public", "audience")
NAMED = ("place-type", "organization-type")
"""Schemes whose labels head columns: of figures by stratum, and of names of things."""

OF_SCHEME = {"age": "parvis:ageGroup", "public": "parvis:public", "audience": "parvis:ageGroup"}
TWO = 2
SPOKEN_OF = 0.75
"""The score of a measure that the file's name or titles speak of."""

BRACKET = re.compile(r"(?<!\d)(\d{1,2})(?: ans| years)? ?(?:-|a|to) ?(\d{1,2})(?!\d)")
OLDEST = re.compile(r"(?<!\d)(\d{1,2})(?: ans| years)?(?: et| and)? ?(?:\+|plus|over|older)")
YOUNGEST = re.compile(r"(?:moins de|under) (\d{1,2})(?!\d)")
"""How ages stand in folded headings: « 18 à 34 ans », « 65 ans et + », « moins de 18 ans »."""
NUMBERS = ("integer", "decimal")
NAMES = 0.86
"""How alike a word and a measure’s name must be for the one to mean the other."""
POSTAL = ("fsa", "postalCode")
FROM_POST = 0.89
"""The score of an area that postal codes tell: under that of a postal code of something."""

LONG = 5
"""A shorter name within a file's name would be chance."""


@dataclass(frozen=True)
class Candidate:
    """A property that a column may be, from 0 to 1 how likely, and the scheme of its values."""

    term: str
    score: float
    scheme: str | None = None


@dataclass(frozen=True)
class Proposal:
    """What a column may be; `spread` names what the columns of one measure differ by.

    A column that is spread (``Jeunes``, ``JANV.``, ``2024``) becomes rows. `unmatched` are values
    that are no concepts of the scheme. `others` and `suits` are told once it is known what rows
    are about: the properties set aside, and whether one is left. `counts` says that the likeliest
    property is a measure, `figure` that the column is headed as figures of whatever measure;
    `measures` are the words of a column that names the measure of each row, with what they mean.
    """

    column: Column
    kind: Kind
    candidates: tuple[Candidate, ...]
    spread: str | None = None
    unmatched: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    suits: bool = True
    counts: bool = False
    figure: bool = False
    measures: tuple[tuple[str, str], ...] = ()

    @property
    def best(self) -> Candidate | None:
        """Give the likeliest property."""
        return self.candidates[0] if self.candidates else None

    @property
    def sure(self) -> bool:
        """Say whether the likeliest property may be written without asking."""
        if not self.candidates or self.spread or not self.suits or self.kind.ambiguous:
            return False
        first, *rest = self.candidates
        rivals = [one for one in rest if one.score > first.score - AHEAD]
        return first.score >= SURE and all(one.score == first.score for one in rivals)


def proposals(found: Sample, vocabulary: Vocabulary) -> list[Proposal]:
    """Propose for each column of a sample, in the file's order."""
    look = _Look(found, vocabulary)
    return [look.at(column) for column in found.columns]


class _Look:
    """One file looked at: what its name, titles and neighbouring columns tell of a column."""

    def __init__(self, found: Sample, vocabulary: Vocabulary) -> None:
        """Keep the sample; look at all headings at once for months and years."""
        self.sample = found
        self.vocabulary = vocabulary
        self.months = set(month_columns(found.columns, vocabulary.months))
        years = [c.name for c in found.columns if YEAR.fullmatch(c.name)]
        self.years = set(years) if len(years) > 1 else set()

    def at(self, column: Column) -> Proposal:
        """Propose for one column."""
        kind = kind_of(column.values)
        if spread := self._spread(column, kind):
            return Proposal(column, kind, self._measured(spread), spread)
        if words := self._measures_named(column, kind):
            return Proposal(column, kind, (), measures=words)
        if not column.headed and kind.name == "text":
            return Proposal(column, kind, (Candidate("schema:name", WORTH),))
        scored = [self._scored(column, kind, term) for term in self.vocabulary.terms.values()]
        ranked = sorted(scored, key=lambda one: (-one.score, one.term))
        kept = tuple(one for one in ranked[:AT_MOST] if one.score >= WORTH)
        scheme = kept[0].scheme if kept and kind.name not in POSTAL else None
        measures = {term.name for term in self.vocabulary.measures}
        return Proposal(
            column,
            kind,
            kept,
            unmatched=self._unmatched(column, scheme),
            counts=bool(kept and kept[0].term in measures),
            figure=kind.name in NUMBERS and plain(column.name) in self.vocabulary.figures,
        )

    def _measures_named(self, column: Column, kind: Kind) -> tuple[tuple[str, str], ...]:
        """Give the words of a column that names the measure of each row: « Entrées », « Billets ».

        Every word must name one, and what it means is that of the likest name.
        """
        words = dict.fromkeys(column.filled) if kind.name == "text" else {}
        found = [(word, self._measure_of(plain(word))) for word in words]
        known = tuple((word, term) for word, term in found if term)
        return known if len(known) == len(found) else ()

    def _measure_of(self, word: str) -> str | None:
        """Give the measure that a word names."""
        scored = [(self._alike(word, term), term.name) for term in self.vocabulary.measures]
        score, name = min(scored, key=lambda one: (-one[0], one[1]))
        return name if score >= NAMES else None

    def _spread(self, column: Column, kind: Kind) -> str | None:
        """Say by what a column of figures differs from its neighbours, if it is one of several."""
        if kind.name not in {*NUMBERS, "year"}:
            return None
        if column.name in self.months | self.years or (self.months and self._is_total(column)):
            return "parvis:refPeriod"
        if len(self._strata) < TWO:
            return None
        find = self.vocabulary.concepts.find
        schemes = [scheme for scheme in STRATA if find(scheme, label_of(column.name))]
        if not schemes and any(self._by_heading(column, t) for t in self.vocabulary.terms.values()):
            return None
        return OF_SCHEME[schemes[0] if schemes else "age"]

    def _is_total(self, column: Column) -> bool:
        """Say whether a column is headed as all together: of the months, the whole year."""
        return (self.vocabulary.concepts.find("age", column.name) or "").endswith("/total")

    @cached_property
    def _strata(self) -> list[str]:
        """Name the columns headed by an age or a kind of public."""
        find = self.vocabulary.concepts.find
        return [
            column.name
            for column in self.sample.columns
            if any(find(scheme, label_of(column.name)) for scheme in STRATA)
        ]

    def _measured(self, spread: str) -> tuple[Candidate, ...]:
        """Propose the measures that the file's name or titles speak of, then the difference."""
        told = [Candidate(name, SPOKEN_OF) for name in self._spoken_of]
        told = told or [Candidate("parvis:attendance", WORTH)]
        return (*told[: AT_MOST - 1], Candidate(spread, 0.9))

    @cached_property
    def _spoken_of(self) -> list[str]:
        """Give the measures whose names stand in the file's name or above its headings."""
        context = plain(" ".join((self.sample.file.stem, *self.sample.titles)))
        return sorted(
            term.name
            for term in self.vocabulary.measures
            if any(len(name) >= LONG and name in context for name in term.names)
        )

    def _scored(self, column: Column, kind: Kind, term: Term) -> Candidate:
        """Score one property: by heading, then by what the values are."""
        score = self._by_heading(column, term)
        if term.measure and kind.name in {"integer", "decimal"} and term.name in self._spoken_of:
            score = max(score, WORTH)
        score = _by_kind(score, kind, term)
        if term.name == "parvis:refArea" and kind.name in POSTAL:
            return Candidate(term.name, FROM_POST, term.scheme)
        share = self._share(column, term.scheme) if term.scheme else 0.0
        if share >= WORTH and kind.name in {"text", "integer", "year"}:
            score = max(score, min(1.0, score * 0.4 + share * 0.6))
        elif term.scheme and kind.name == "text" and column.filled:
            score *= 0.95
        return Candidate(term.name, round(score, 3), term.scheme)

    def _by_heading(self, column: Column, term: Term) -> float:
        """Compare a heading with a property's names; a nested one also by its parent's."""
        *above, last = [plain(step) for step in re.split(r"\[\*\]\.?|\.", column.name) if step]
        score = self._alike(last, term)
        if above and last in LANGUAGES:
            score = self._alike(above.pop(), term)
        if not above:
            return max(score, self._names_things(last, term))
        parent = self._alike(above[-1], term)
        if term.leads or term.scheme or term.name == "schema:keywords":
            return max(parent * 0.97, score * 0.8)
        return score * 0.9

    def _alike(self, heading: str, term: Term) -> float:
        """Give how alike a heading and the closest name are, from 0 to 1."""
        return max((_likeness(heading, name) for name in term.names), default=0.0)

    def _names_things(self, heading: str, term: Term) -> float:
        """Score a column headed « Bibliothèque »: it names things of that kind."""
        if term.name not in {"schema:name", "parvis:place", "schema:location"}:
            return 0.0
        kinds = [s for s in NAMED if self.vocabulary.concepts.find(s, heading)]
        return 0.85 if kinds else 0.0

    def _share(self, column: Column, scheme: str) -> float:
        """Give the share of values that are concepts of a scheme."""
        values = set(column.filled)
        known = sum(bool(self.vocabulary.concepts.find(scheme, value)) for value in values)
        return known / len(values) if values else 0.0

    def _unmatched(self, column: Column, scheme: str | None) -> tuple[str, ...]:
        """Give the values that are no concepts of the scheme, the first time each."""
        if scheme is None:
            return ()
        values = dict.fromkeys(column.filled)
        return tuple(v for v in values if not self.vocabulary.concepts.find(scheme, v))


def label_of(heading: str) -> str:
    """Take the figures of an age out of a heading, as the code list writes them.

    >>> [label_of(one) for one in ("Jeunes (0-13)", "De 18 à 34 ans", "65 et +", "2024-2025")]
    ['0-13', '18-34', '65-plus', '2024-2025']
    >>> label_of("Moins de 18 ans"), label_of("Under 6")
    ('0-17', '0-5')
    """
    inner = re.search(r"\(([^)]*\d[^)]*)\)", heading)
    label = inner[1] if inner else heading
    if bracket := BRACKET.search(folded(label)):
        return f"{bracket[1]}-{bracket[2]}"
    if oldest := OLDEST.search(folded(label)):
        return f"{oldest[1]}-plus"
    if youngest := YOUNGEST.search(folded(label)):
        return f"0-{int(youngest[1]) - 1}"
    return label


def _likeness(heading: str, name: str) -> float:
    """Compare two folded names: the same words first, then one within the other."""
    words, within = set(heading.split()), set(name.split())
    if len(name) > TWO and within <= words:
        floor = 0.86 if len(within) * TWO >= len(words) else 0.7
        return max(floor, fuzz.token_sort_ratio(heading, name) / 100)
    return fuzz.token_sort_ratio(heading, name, score_cutoff=75) / 100


def _by_kind(score: float, kind: Kind, term: Term) -> float:
    """Correct a score by what the values look like."""
    if kind.name == "empty" or not term.kinds:
        return score
    if kind.name not in term.kinds:
        return score * (0.9 if kind.name == "text" and term.kinds == {"postalCode"} else 0.6)
    floor = {"postalCode": 0.9, "url": 0.55, "path": 0.5, "html": 0.6, "money": 0.6}
    lifted = score + 0.05 if kind.name not in {"text", "integer"} else score
    return min(1.0, max(lifted, floor.get(kind.name, 0.0)))


def month_columns(columns: Sequence[Column], months: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Find twelve columns in a row that are headed by the months, however they are cut short.

    >>> cut = [Column(name, ()) for name in "JA FE MR AL MI JN JL AU SE OC NO DE".split()]
    >>> year = "janvier fevrier mars avril mai juin juillet aout septembre octobre nov de"
    >>> len(list(month_columns(cut, {"fr": year.split()})))
    12
    """
    names = [column.name for column in columns]
    for start in range(len(names) - 11):
        twelve = names[start : start + 12]
        if first_month(twelve, months) is not None:
            yield from twelve
            return


def first_month(twelve: Sequence[str], months: Mapping[str, Sequence[str]]) -> int | None:
    """Tell with which month twelve headings begin, from 0; a season begins in September.

    >>> year = "janvier fevrier mars avril mai juin juillet aout septembre octobre nov decembre"
    >>> first_month([*year.split()[8:], *year.split()[:8]], {"fr": year.split()})
    8
    """
    for first in range(12):
        turned = ([*year[first:], *year[:first]] for year in months.values())
        if any(all(map(_abbreviates, twelve, year)) for year in turned):
            return first
    return None


def _abbreviates(short: str, name: str) -> bool:
    """Say whether a heading is a month's name with letters left out, its first one kept."""
    letters = re.sub(r"[^a-z]", "", folded(short))
    rest = iter(name)
    return letters[:1] == name[:1] and all(letter in rest for letter in letters)


def properties(found: Iterable[Proposal], least: float = 0.7) -> set[str]:
    """Give the properties that a file has, as far as its columns' likeliest proposals tell."""
    likeliest = {one.best.term for one in found if one.best and one.best.score >= least}
    return likeliest | {one.spread for one in found if one.spread}


__all__ = ["Candidate", "Proposal", "month_columns", "properties", "proposals"]
