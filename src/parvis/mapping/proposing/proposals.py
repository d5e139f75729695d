"""Propose what each column of a file may be: up to three properties, the likeliest first.

The class that rows describe then decides among them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from rapidfuzz import fuzz

from parvis.i18n import LANGUAGES
from parvis.mapping.proposing.headings import fold_headings, language_of, split_language
from parvis.mapping.proposing.kinds import ADDRESSES, MOMENTS, KindName, ValueKind, kind_of
from parvis.mapping.proposing.periods import month_columns, spread_periods
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
NAMED = {
    "place-type": ("parvis:place", "schema:location"),
    "organization-type": ("schema:organizer", "schema:performer"),
}
"""Schemes whose labels are headings: of figures by stratum, and of names of resources."""

OF_SCHEME = {"age": "parvis:ageGroup", "public": "parvis:public", "audience": "parvis:ageGroup"}
TWO = 2
CURRENCY = len("CAD")
SEVERAL = 0.3
"""The share of values that are concepts from which a column surely holds concepts."""
WEAKER = 0.96
"""What is left of the score of words that a better column may go before: « arrondissement »."""
HINTED = 0.5
"""What a hint counts next to a word that names a measure."""
MENTIONED = 0.75
"""The score of a measure that the file's name or titles mention."""

NUMBERS = ("integer", "decimal")
NAMING = frozenset({"id", "ref", "reference", "code", "no", "numero", "num", "uid", "cle", "key"})
"""Words by which a heading is of what names a thing: « ref_musee » is no museum."""
NAMES = 0.86
"""The least likeness of a word and a measure's name for the word to mean the measure."""
POSTAL = ("fsa", "postalCode")
FROM_POST = 0.89
RESIDENCE, EVENT = "parvis:residenceArea", "parvis:eventArea"
"""The area where the persons live, and that where the event took place."""
"""The score of an area deduced from postal codes: under that of a postal code itself."""

LABELS = frozenset({"name", "nom", "title", "titre", "label", "libelle", "term"})
"""Members that name what their parent is: « ville.nom »."""
CODES = frozenset({"type", "code", "id", "slug", "key", "status", "identifiant"})
LINKS = frozenset({"url", "content url", "path", "href", "src", "uri", "link", "lien"})
MEANINGLESS = frozenset({*LANGUAGES, "value", "rendered", "text", "content"})
"""Members that say nothing of what their parent holds: “title.rendered”."""
WRAPPERS = frozenset(
    "embedded attributes fields properties data record node item event evenement".split()  # noqa: SIM905
)
"""Members that hold all of a row."""
XML_NAME = re.compile(r"\*\[local-name\(\)='([^']*)'\]")
NAMES_OF_THINGS = frozenset({"text", "empty", *ADDRESSES})
"""Kinds of values by which things are named."""

IN_LANGUAGE = frozenset(
    f"schema:{name}" for name in ("name", "description", "keywords", "alternateName")
)
"""Properties whose values are texts, of which each language has its own."""

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
    the words of a column that names the measure of each row, with their measures. `heading` are
    its folded words, `lang` is the language of its texts, `concepts` are values with the codes of
    what a person said that they mean.
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
    heading: str = ""
    lang: str = LANGUAGES[0]
    concepts: tuple[tuple[str, str], ...] = ()

    @property
    def best(self) -> PropertyCandidate | None:
        """Return the likeliest property."""
        return self.candidates[0] if self.candidates else None

    @property
    def property_name(self) -> str:
        """Return the likeliest property, of texts with its language."""
        term = self.best.term if self.best else ""
        return f"{term}@{self.lang}" if term in IN_LANGUAGE else term

    @property
    def sure(self) -> bool:
        """Return whether the likeliest property may be written without asking."""
        if not self.candidates or self.spread or not self.suits or self.kind.ambiguous:
            return False
        first, *lower = self.candidates
        rivals = [candidate for candidate in lower if candidate.score > first.score - AHEAD]
        return first.score >= SURE and all(candidate.score == first.score for candidate in rivals)


def propose_columns(
    rows: Sample, vocabulary: Vocabulary, lang: str | None = None
) -> list[ColumnProposal]:
    """Propose properties for each column of a sample, in the file's order.

    Texts are in a language, else in that which their headings or little words tell.
    """
    proposer = _Proposer(rows, vocabulary)
    folded = fold_headings(rows.columns)
    # The names of members of JSON and XML are in English anywhere.
    names = [column.name for column in rows.columns if column.position is not None]
    texts = (*names, *(text for column in rows.columns for text in column.values))
    of_file = lang or language_of(texts) or LANGUAGES[0]
    proposed = []
    for column in rows.columns:
        heading, of_heading = split_language(folded[column.name])
        of_column = lang or of_heading or language_of(column.values) or of_file
        proposal = proposer.propose(column, heading)
        proposed.append(replace(proposal, heading=heading, lang=of_column))
    return proposed


class _Proposer:
    """Propose for one file, with what its name, titles and neighbouring columns say of a column."""

    def __init__(self, rows: Sample, vocabulary: Vocabulary) -> None:
        self.sample = rows
        self.vocabulary = vocabulary
        self.months = set(month_columns(rows.columns, vocabulary.months))
        self.years = set(spread_periods(rows.columns))
        self.find = find = vocabulary.concepts.find
        self.row_words = frozenset[str]().union(*vocabulary.rows.values())
        self.headings = {
            name
            for term in vocabulary.terms.values()
            for name in term.names
            if term.name != "schema:identifier"
        }
        self.stratum_columns = [
            c.name for c in rows.columns if any(find(scheme, c.name) for scheme in STRATA)
        ]

    def propose(self, column: FileColumn, heading: str) -> ColumnProposal:
        kind = kind_of(column.values)
        steps = _split_steps(column, heading)
        if spread := self._find_spread(column, kind, steps):
            measures = [PropertyCandidate(name, MENTIONED) for name in self._mentioned_measures]
            measures = measures or [PropertyCandidate("parvis:attendance", WORTH)]
            measures = [*measures[: AT_MOST - 1], PropertyCandidate(spread, 0.9)]
            return ColumnProposal(column, kind, tuple(measures), spread)
        if words := self._match_measures(column, kind):
            return ColumnProposal(column, kind, (), measures=words)
        if not column.headed and kind.name == "text":
            return ColumnProposal(column, kind, (PropertyCandidate("schema:name", WORTH),))
        terms = self.vocabulary.terms.values()
        scored = [self._score(column, kind, steps, term) for term in terms]
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
            figure=kind.name in NUMBERS and heading in self.vocabulary.figures,
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

    def _find_spread(self, column: FileColumn, kind: ValueKind, steps: Sequence[str]) -> str | None:
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
        schemes = [scheme for scheme in STRATA if find(scheme, column.name)]
        if not schemes and any(
            self._score_heading(steps, kind, term) for term in self.vocabulary.terms.values()
        ):
            return None
        return OF_SCHEME[schemes[0] if schemes else "age"]

    @cached_property
    def _mentioned_measures(self) -> list[str]:
        """Return the measures that most words in the file's name and above its headings name."""
        # « Visites 2023 », « Visites 2024 »: what columns of years count is in their headings.
        spread = [name for name in self.years if not YEAR.fullmatch(name)][:1]
        context = fold_heading(" ".join((self.sample.file.stem, *self.sample.titles, *spread)))
        counts = {
            term.name: sum(len(word) >= LONG and word in context for word in term.names)
            # Visits are of a museum; alone, such a word names no measure.
            + HINTED * any(word in context for word in term.hints)
            for term in self.vocabulary.measures
        }
        most = max(counts.values(), default=0)
        return sorted(name for name, count in counts.items() if count == most >= 1)

    def _score(
        self, column: FileColumn, kind: ValueKind, steps: Sequence[str], term: PropertyTerm
    ) -> PropertyCandidate:
        """Score one property: by heading, then by what the values are."""
        score = self._score_heading(steps, kind, term)
        mentioned = term.measure and kind.name in NUMBERS and term.name in self._mentioned_measures
        mentioned &= not NAMING.intersection(steps[-1].split())
        score = max(score, WORTH) if mentioned else score
        if term.measure and self._mentioned_measures and not mentioned:
            score *= 0.95  # « Entrées » of a museum are visits
        if kind.name != "empty":
            score = _weigh_kind(score, kind.name, term)
        if term.name == RESIDENCE and kind.name in POSTAL:
            return PropertyCandidate(term.name, FROM_POST, term.scheme)
        share = 0.0  # of the values, those that are concepts of the scheme
        if term.scheme and (values := set(column.nonblank_values)):
            share = sum(bool(self.find(term.scheme, value)) for value in values) / len(values)
        if share >= WORTH and kind.name in {"text", "integer", "year"}:
            score = max(score, min(1.0, score * 0.4 + share * 0.6))
        elif term.scheme and kind.name == "text" and column.nonblank_values:
            score *= 0.95 if share >= SEVERAL else 0.8
        if term.name == "schema:priceCurrency" and any(len(v) != CURRENCY for v in column.values):
            score *= 0.6  # « $ » may be any dollar
        return PropertyCandidate(term.name, round(score, 3), term.scheme)

    def _score_heading(self, steps: Sequence[str], kind: ValueKind, term: PropertyTerm) -> float:
        """Compare a heading with a property's names; a nested one also by its parent's."""
        *parents, last = steps
        score = _score_names(last, term)
        if NAMING.intersection(last.split()):
            # « code postal » is what it says, « no activité » an identifier, « no contrat » may be.
            if term.name == "schema:identifier" and last not in self.headings:
                rest = set(last.split()) - NAMING
                score = max(score, 0.86 if rest <= self.row_words else 0.75)
            elif last not in term.names:
                score *= 0.6
        if not parents:
            # A column headed « Bibliothèque » holds the names of libraries, of the row or not.
            for scheme, terms in NAMED.items():
                if not self.find(scheme, last):
                    continue
                if term.name in terms:
                    return max(score, 0.85 if scheme == "place-type" else 0.78)
                if term.name == "schema:name":
                    return max(score, 0.82 if scheme == "place-type" else 0.76)
            return score
        # « ville.nom » is a town, “start.localDate” a start, but “venue.latitude” is no venue, and
        # “venue.url” no address of the row.
        addresses = bool(term.kinds) and term.kinds <= ADDRESSES
        of_parent = last in LABELS and not addresses
        of_parent |= last in CODES and bool(term.scheme) and kind.name == "text"
        of_parent |= kind.name in MOMENTS and bool(term.kinds & MOMENTS)
        of_parent |= kind.name in ADDRESSES and last in LINKS and addresses
        parent = _score_names(parents[-1], term) * 0.97 if of_parent else 0.0
        # “priceRanges.min” is a name of two words.
        both = _score_names(f"{parents[-1]} {last}", term, fewest=TWO) * 0.97
        return max(parent, both, score * (0.75 if last in LABELS | CODES | LINKS else 0.9))


def _weigh_kind(score: float, kind: KindName, term: PropertyTerm) -> float:
    """Return a score by heading, weighed by whether a property holds values of a kind."""
    if term.name == "parvis:refPeriod" and kind in MOMENTS:
        return score * 0.95  # a day is rather when something starts
    if term.kinds and kind not in term.kinds:
        return score * (0.9 if kind == "text" and term.kinds == {"postalCode"} else 0.6)
    if term.kinds:
        # Values of a rare kind make a property likely whatever the heading.
        floor = {"postalCode": 0.9, "url": 0.55, "path": 0.5, "html": 0.6, "money": 0.6}
        score += 0.05 if kind not in {"text", "integer"} else 0
        return min(1.0, max(score, floor.get(kind, 0.0)))
    return score * (0.6 if term.leads and kind not in NAMES_OF_THINGS else 1)


def _split_steps(column: FileColumn, heading: str) -> list[str]:
    """Return the folded steps to a member of JSON, without those that name nothing: “title.fr”."""
    if column.position is not None:  # a heading of a table may hold a point
        return [heading]
    steps = re.split(r"\[(?:\*|\d+)\]\.?|[./]", column.name)
    folded = [fold_heading(XML_NAME.sub(r"\1", step)) for step in steps]
    folded = [step for step in folded if step] or [heading]
    while len(folded) > 1 and folded[-1] in MEANINGLESS:
        folded.pop()
    while len(folded) > 1 and folded[0] in WRAPPERS:
        del folded[0]
    return [*folded[:-1], split_language(folded[-1])[0]]


def _score_names(heading: str, term: PropertyTerm, fewest: int = 1) -> float:
    """Compare a folded heading with a property's closest name of so many words, from 0 to 1."""

    def likeness(name: str) -> float:
        # A heading that has all words of the name, and more, is nearly as good as the name.
        heading_words, name_words = set(heading.split()), set(name.split())
        if len(name) > TWO and name_words <= heading_words:
            floor = 0.86 if len(name_words) * TWO >= len(heading_words) else 0.7
            return max(floor, fuzz.token_sort_ratio(heading, name) / 100)
        return fuzz.token_sort_ratio(heading, name, score_cutoff=75) / 100

    names = [name for name in term.names if name.count(" ") + 1 >= fewest]
    weaker = (WEAKER * likeness(name) for name in term.weaker)
    return max((*map(likeness, names), *weaker), default=0.0)


def likely_properties(proposed: Iterable[ColumnProposal], least: float = 0.7) -> set[str]:
    """Return the properties of a file, by the likeliest proposals of score `least` and more."""
    names = set()
    for proposal in proposed:
        if proposal.best and proposal.best.score >= least:
            names.add(proposal.best.term)
        if proposal.spread:
            names.add(proposal.spread)
    return names
