"""Propose what each column of a file may be: up to three properties, the likeliest first.

The class that rows describe then decides among them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz

from parvis.i18n import LANGUAGES
from parvis.mapping.concepts import fold_text
from parvis.mapping.proposing.kinds import ValueKind, kind_of
from parvis.mapping.proposing.sampling import FileColumn, Sample
from parvis.mapping.proposing.vocabulary import PropertyTerm, Vocabulary, fold_heading
from parvis.mapping.sources.tables import YEAR

AT_MOST = 3
WORTH = 0.55
"""The lowest score of a property that is proposed."""

SURE = 0.8
AHEAD = 0.03
"""A proposal is sure at this score, and this far ahead of the next."""

STRATA = ("age", "public", "audience")
NAMED = ("place-type", "organization-type")
"""Schemes whose labels are headings: of figures by stratum, and of names of resources."""

OF_SCHEME = {"age": "parvis:ageGroup", "public": "parvis:public", "audience": "parvis:ageGroup"}
TWO = 2
MENTIONED = 0.75
"""The score of a measure that the file's name or titles mention."""

BRACKET = re.compile(r"(?<!\d)(\d{1,2})(?: ans| years)? ?(?:-|a|to) ?(\d{1,2})(?!\d)")
OLDEST = re.compile(r"(?<!\d)(\d{1,2})(?: ans| years)?(?: et| and)? ?(?:\+|plus|over|older)")
YOUNGEST = re.compile(r"(?:moins de|under) (\d{1,2})(?!\d)")
"""How ages stand in folded headings: « 18 à 34 ans », « 65 ans et + », « moins de 18 ans »."""
NUMBERS = ("integer", "decimal")
NAMING = frozenset({"id", "ref", "reference", "code", "no", "numero", "num", "uid", "cle", "key"})
"""Words by which a heading is of what names a thing: « ref_musee » is no museum."""
NAMES = 0.86
"""The least likeness of a word and a measure's name for the word to mean the measure."""
POSTAL = ("fsa", "postalCode")
FROM_POST = 0.89
"""The score of an area deduced from postal codes: under that of a postal code itself."""

LONG = 5
"""Characters of a name; a shorter one within a file's name would be chance."""


@dataclass(frozen=True)
class PropertyCandidate:
    """A property that a column may be, from 0 to 1 how likely, and the scheme of its values."""

    term: str
    score: float
    scheme: str | None = None


@dataclass(frozen=True)
class ColumnProposal:
    """What a column may be; `spread` is the dimension by which columns of one measure differ.

    A column that is spread (``Jeunes``, ``JANV.``, ``2024``) becomes rows. `unmatched` are values
    that are no concepts of the scheme. `rejected` and `suits` are set once the class of rows is
    chosen: the properties set aside, and whether one is left. `counts` says that the likeliest
    property is a measure, `figure` that the heading is a general word for figures; `measures` are
    the words of a column that names the measure of each row, with their measures.
    """

    column: FileColumn
    kind: ValueKind
    candidates: tuple[PropertyCandidate, ...]
    spread: str | None = None
    unmatched: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    suits: bool = True
    counts: bool = False
    figure: bool = False
    measures: tuple[tuple[str, str], ...] = ()

    @property
    def best(self) -> PropertyCandidate | None:
        """Return the likeliest property."""
        return self.candidates[0] if self.candidates else None

    @property
    def sure(self) -> bool:
        """Return whether the likeliest property may be written without asking."""
        if not self.candidates or self.spread or not self.suits or self.kind.ambiguous:
            return False
        first, *lower = self.candidates
        rivals = [candidate for candidate in lower if candidate.score > first.score - AHEAD]
        return first.score >= SURE and all(candidate.score == first.score for candidate in rivals)


def propose_columns(rows: Sample, vocabulary: Vocabulary) -> list[ColumnProposal]:
    """Propose properties for each column of a sample, in the file's order."""
    proposer = _Proposer(rows, vocabulary)
    return [proposer.propose(column) for column in rows.columns]


class _Proposer:
    """Propose for one file, with what its name, titles and neighbouring columns say of a column."""

    def __init__(self, rows: Sample, vocabulary: Vocabulary) -> None:
        self.sample = rows
        self.vocabulary = vocabulary
        self.months = set(month_columns(rows.columns, vocabulary.months))
        years = [c.name for c in rows.columns if YEAR.fullmatch(c.name)]
        self.years = set(years) if len(years) > 1 else set()  # one year alone spreads nothing
        self.find = find = vocabulary.concepts.find
        labels = [(c.name, label_of(c.name)) for c in rows.columns]
        self.stratum_columns = [
            name for name, label in labels if any(find(scheme, label) for scheme in STRATA)
        ]

    def propose(self, column: FileColumn) -> ColumnProposal:
        kind = kind_of(column.values)
        if spread := self._find_spread(column, kind):
            measures = [PropertyCandidate(name, MENTIONED) for name in self._mentioned_measures]
            measures = measures or [PropertyCandidate("parvis:attendance", WORTH)]
            measures = [*measures[: AT_MOST - 1], PropertyCandidate(spread, 0.9)]
            return ColumnProposal(column, kind, tuple(measures), spread)
        if words := self._match_measures(column, kind):
            return ColumnProposal(column, kind, (), measures=words)
        if not column.headed and kind.name == "text":
            return ColumnProposal(column, kind, (PropertyCandidate("schema:name", WORTH),))
        scored = [self._score(column, kind, term) for term in self.vocabulary.terms.values()]
        ranked = sorted(scored, key=lambda candidate: (-candidate.score, candidate.term))
        candidates = tuple(c for c in ranked[:AT_MOST] if c.score >= WORTH)
        # The values of a postal code lead to an area by their beginning, not as labels.
        scheme = candidates[0].scheme if candidates and kind.name not in POSTAL else None
        values = dict.fromkeys(column.nonblank_values)
        unmatched = tuple(v for v in values if scheme and not self.find(scheme, v))
        measure_names = {term.name for term in self.vocabulary.measures}
        return ColumnProposal(
            column,
            kind,
            candidates,
            unmatched=unmatched,
            counts=bool(candidates and candidates[0].term in measure_names),
            figure=kind.name in NUMBERS and fold_heading(column.name) in self.vocabulary.figures,
        )

    def _match_measures(self, column: FileColumn, kind: ValueKind) -> tuple[tuple[str, str], ...]:
        """Return the words of a column that names a measure in each row: « Entrées », « Billets ».

        Every word must name a measure; it means the one with the most similar name.
        """
        words = dict.fromkeys(column.nonblank_values) if kind.name == "text" else {}
        matches = []
        for word in words:
            scored = [
                (_score_names(fold_heading(word), term), term.name)
                for term in self.vocabulary.measures
            ]
            score, name = min(scored, key=lambda pair: (-pair[0], pair[1]))
            if score < NAMES:
                return ()
            matches.append((word, name))
        return tuple(matches)

    def _find_spread(self, column: FileColumn, kind: ValueKind) -> str | None:
        """Return the dimension by which a column of figures differs from its neighbours, if any."""
        if kind.name not in {*NUMBERS, "year"}:
            return None
        find = self.find
        # Among months, a column of the total is the whole year.
        is_total = (find("age", column.name) or "").endswith("/total")
        if column.name in self.months | self.years or (self.months and is_total):
            return "parvis:refPeriod"
        # One column of an age alone may be anything; several break a measure down.
        if len(self.stratum_columns) < TWO:
            return None
        schemes = [scheme for scheme in STRATA if find(scheme, label_of(column.name))]
        if not schemes and any(
            self._score_heading(column, term) for term in self.vocabulary.terms.values()
        ):
            return None
        return OF_SCHEME[schemes[0] if schemes else "age"]

    @cached_property
    def _mentioned_measures(self) -> list[str]:
        """Return the measures whose names are in the file's name or above its headings."""
        context = fold_heading(" ".join((self.sample.file.stem, *self.sample.titles)))
        return sorted(
            term.name
            for term in self.vocabulary.measures
            if any(len(name) >= LONG and name in context for name in term.names)
        )

    def _score(self, column: FileColumn, kind: ValueKind, term: PropertyTerm) -> PropertyCandidate:
        """Score one property: by heading, then by what the values are."""
        score = self._score_heading(column, term)
        mentioned = term.measure and kind.name in NUMBERS and term.name in self._mentioned_measures
        score = max(score, WORTH) if mentioned else score
        if kind.name != "empty" and term.kinds and kind.name not in term.kinds:
            score *= 0.9 if kind.name == "text" and term.kinds == {"postalCode"} else 0.6
        elif kind.name != "empty" and term.kinds:
            # Values of a rare kind make a property likely whatever the heading.
            floor = {"postalCode": 0.9, "url": 0.55, "path": 0.5, "html": 0.6, "money": 0.6}
            score += 0.05 if kind.name not in {"text", "integer"} else 0
            score = min(1.0, max(score, floor.get(kind.name, 0.0)))
        if term.name == "parvis:refArea" and kind.name in POSTAL:
            return PropertyCandidate(term.name, FROM_POST, term.scheme)
        share = 0.0  # of the values, those that are concepts of the scheme
        if term.scheme and (values := set(column.nonblank_values)):
            share = sum(bool(self.find(term.scheme, value)) for value in values) / len(values)
        if share >= WORTH and kind.name in {"text", "integer", "year"}:
            score = max(score, min(1.0, score * 0.4 + share * 0.6))
        elif term.scheme and kind.name == "text" and column.nonblank_values:
            score *= 0.95
        return PropertyCandidate(term.name, round(score, 3), term.scheme)

    def _score_heading(self, column: FileColumn, term: PropertyTerm) -> float:
        """Compare a heading with a property's names; a nested one also by its parent's."""
        steps = [column.name]
        if column.position is None:  # a heading of a table may hold a point
            steps = [step for step in re.split(r"\[\*\]\.?|\.", column.name) if step]
        *parents, last = map(fold_heading, steps)
        score = _score_names(last, term)
        if NAMING.intersection(last.split()) and term.name != "schema:identifier":
            score *= 0.6
        if parents and last in LANGUAGES:
            score = _score_names(parents.pop(), term)
        if not parents:
            # A column headed « Bibliothèque » holds the names of libraries.
            if term.name in {"schema:name", "parvis:place", "schema:location"} and any(
                self.find(scheme, last) for scheme in NAMED
            ):
                return max(score, 0.85)
            return score
        parent = _score_names(parents[-1], term)
        if term.leads or term.scheme or term.name == "schema:keywords":
            return max(parent * 0.97, score * 0.8)
        return score * 0.9


def label_of(heading: str) -> str:
    """Return the figures of an age in a heading, as the code list writes them.

    >>> [label_of(text) for text in ("Jeunes (0-13)", "De 18 à 34 ans", "65 et +", "2024-2025")]
    ['0-13', '18-34', '65-plus', '2024-2025']
    >>> label_of("Moins de 18 ans"), label_of("Under 6")
    ('0-17', '0-5')
    """
    inner = re.search(r"\(([^)]*\d[^)]*)\)", heading)
    label = inner[1] if inner else heading
    if bracket := BRACKET.search(fold_text(label)):
        return f"{bracket[1]}-{bracket[2]}"
    if oldest := OLDEST.search(fold_text(label)):
        return f"{oldest[1]}-plus"
    if youngest := YOUNGEST.search(fold_text(label)):
        return f"0-{int(youngest[1]) - 1}"
    return label


def _score_names(heading: str, term: PropertyTerm) -> float:
    """Compare a folded heading with a property's closest name, from 0 to 1."""

    def likeness(name: str) -> float:
        # A heading that has all words of the name, and more, is nearly as good as the name.
        heading_words, name_words = set(heading.split()), set(name.split())
        if len(name) > TWO and name_words <= heading_words:
            floor = 0.86 if len(name_words) * TWO >= len(heading_words) else 0.7
            return max(floor, fuzz.token_sort_ratio(heading, name) / 100)
        return fuzz.token_sort_ratio(heading, name, score_cutoff=75) / 100

    return max(map(likeness, term.names), default=0.0)


def month_columns(
    columns: Sequence[FileColumn], months: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Find twelve columns in a row that are headed by the months, however they are cut short.

    >>> cut = [FileColumn(name, ()) for name in "JA FE MR AL MI JN JL AU SE OC NO DE".split()]
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


def first_month(headings: Sequence[str], months: Mapping[str, Sequence[str]]) -> int | None:
    """Return the month with which twelve headings begin, from 0; a season begins in September.

    >>> year = "janvier fevrier mars avril mai juin juillet aout septembre octobre nov decembre"
    >>> first_month([*year.split()[8:], *year.split()[:8]], {"fr": year.split()})
    8
    """

    def abbreviates(heading: str, month: str) -> bool:
        # Any letters of the name may be left out, but the first.
        letters = re.sub(r"[^a-z]", "", fold_text(heading))
        remaining = iter(month)
        return letters[:1] == month[:1] and all(letter in remaining for letter in letters)

    for first in range(12):
        rotations = ([*year[first:], *year[:first]] for year in months.values())
        if any(all(map(abbreviates, headings, year)) for year in rotations):
            return first
    return None


def likely_properties(proposed: Iterable[ColumnProposal], least: float = 0.7) -> set[str]:
    """Return the properties of a file, by the likeliest proposals of score `least` and more."""
    names = set()
    for proposal in proposed:
        if proposal.best and proposal.best.score >= least:
            names.add(proposal.best.term)
        if proposal.spread:
            names.add(proposal.spread)
    return names
