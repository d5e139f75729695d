"""Choose the class that the rows of a file describe, which decides among the proposals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from parvis.mapping.proposing import CLASS_KINDS
from parvis.mapping.proposing.assignment import assign, find_start
from parvis.mapping.proposing.kinds import MOMENTS
from parvis.mapping.proposing.proposals import (
    LABELS,
    NUMBERS,
    SURE,
    ColumnProposal,
    PropertyCandidate,
)
from parvis.mapping.proposing.vocabulary import Vocabulary

ANNOUNCED = frozenset(
    f"schema:{name}" for name in ("price", "lowPrice", "highPrice", "isAccessibleForFree")
) | {"parvis:targetAudience"}
"""Properties that an announcement has, and a table of figures has not."""
HERE = 0.97
"""What is left of the score of a property that another class has."""
NO_NAME = 0.85
"""The highest score as a name of a column whose heading says no name."""
CLEARLY = 0.1
"""How much more a property scores that is clearly likelier."""


@dataclass(frozen=True)
class RowClassChoice:
    """The class that rows describe, and the proposals of each column that suit it, best first."""

    cls: str
    proposals: list[ColumnProposal]


def choose(
    proposed: list[ColumnProposal],
    vocabulary: Vocabulary,
    titles: Sequence[str] = (),
    cls: str | None = None,
) -> RowClassChoice:
    """Choose the class of a row, then narrow each column to the properties such a row can have.

    `titles` are texts that tell of the file, as its name; `cls` is the class if it is known.
    """
    may_count = any(map(_may_count, proposed))
    counted = any(proposal.counts or proposal.figure for proposal in proposed)
    if cls is None and _is_programme(proposed):
        cls = "schema:Event"
    measured = counted and any(proposal.measures for proposal in proposed)
    if cls is None and (measured or any(p.spread or p.kind.name == "fsa" for p in proposed)):
        cls = "qb:Observation"
    if cls is None:
        # Without a number there is no figure: what are places of figures are a directory.
        votes = _vote(proposed, vocabulary, titles, figures=may_count)
        cls = max(votes, key=lambda voted: votes[voted])
    reachable = [cls]  # the class, and those that its parts lead to, the nearest first
    for _ in vocabulary.parts:
        reachable += [
            part.cls
            for part in vocabulary.parts
            if part.of in reachable and part.cls not in reachable
        ]
    narrowed = [_narrow_candidates(proposal, reachable, vocabulary) for proposal in proposed]
    assigned = assign(narrowed)
    return RowClassChoice(cls, find_start(assigned) if cls == "schema:Event" else assigned)


def _is_programme(proposed: list[ColumnProposal]) -> bool:
    """Return whether rows announce events, whatever figures stand beside them.

    A row has a title, a date and what only an announcement has: a price, or for whom it is. A
    column of tickets sold would else make figures of the season, and lose all of these.
    """
    if any(proposal.spread or proposal.measures for proposal in proposed):
        return False
    terms = {p.best.term for p in proposed if p.best and p.best.score >= SURE}
    dated = any(
        p.kind.name in MOMENTS and p.best and p.best.term == "schema:startDate" for p in proposed
    )
    return dated and "schema:name" in terms and bool(terms & ANNOUNCED)


def _vote(
    proposed: list[ColumnProposal], vocabulary: Vocabulary, titles: Sequence[str], *, figures: bool
) -> dict[str, float]:
    """Return how much speaks for each class: properties, measures, and words of the texts."""
    votes = dict.fromkeys(CLASS_KINDS, 0.0)
    terms = {proposal.best.term for proposal in proposed if proposal.best}
    if figures:
        votes["qb:Observation"] += any(p.sure and p.counts for p in proposed)
    else:
        del votes["qb:Observation"]
        votes["schema:Place"] += "parvis:place" in terms and "schema:name" not in terms
    for best in (proposal.best for proposal in proposed if proposal.best):
        # A property of several classes divides its vote among them.
        classes = vocabulary.terms[best.term].classes & votes.keys()
        for voted in classes:
            votes[voted] += best.score / len(classes)
    named = [p.heading for p in proposed if p.best and p.best.term == "schema:name"][:1]
    for voted, words in vocabulary.rows.items():
        votes[voted] += sum(bool(words.intersection(text.split())) for text in (*named, *titles))
    if not any(p.kind.name in MOMENTS for p in proposed):
        votes["schema:Event"] /= 3  # what has no date is rather a production
    return votes


def _may_count(proposal: ColumnProposal) -> bool:
    """Return whether a column may hold figures: numbers that are surely nothing else."""
    named = proposal.sure and not (proposal.counts or proposal.figure)
    return proposal.kind.name in NUMBERS and not named


def _lead_here(
    proposal: ColumnProposal, cls: str, vocabulary: Vocabulary
) -> list[PropertyCandidate]:
    """Return a column's candidates; one that leads to a place from elsewhere leads there from here.

    It is the property by which a row of the class does, or the name of a row that is a place.
    """
    led: dict[str, PropertyCandidate] = {}
    for candidate in proposal.candidates:
        term, score = candidate.term, candidate.score
        targets = {part.cls for part in vocabulary.parts if part.property == term}
        own = [part.property for part in vocabulary.parts if part.of == cls and part.cls in targets]
        if targets and term not in own:
            term = "schema:name" if cls in targets else own[0] if own else term
            if term != "schema:name":
                score *= HERE if term != candidate.term else 1
            elif not LABELS.intersection(proposal.heading.split()):
                score = min(score, NO_NAME)  # « Nom officiel du musée » goes before « Lieu »
        best = led.get(term)
        if best is None or score > best.score:
            led[term] = replace(candidate, term=term, score=round(score, 3))
    return list(led.values())


def _narrow_candidates(
    proposal: ColumnProposal, reachable: list[str], vocabulary: Vocabulary
) -> ColumnProposal:
    if proposal.spread:
        return proposal

    def distance(term: str) -> int:
        classes = vocabulary.terms[term].classes
        return next((n for n, cls in enumerate(reachable) if cls in classes), len(reachable))

    led = _lead_here(proposal, reachable[0], vocabulary)
    fitting = [c for c in led if distance(c.term) < len(reachable)]
    # Of a row of figures, a number of its own would be its place's.
    own = reachable[0] != "qb:Observation" or vocabulary.rows["schema:Place"].intersection(
        proposal.heading.split()
    )
    if not own:
        fitting = [c for c in fitting if c.term != "schema:identifier"]
    entities = {part.property for part in vocabulary.parts}
    # Scores within a twentieth count as equal: a property of the row itself then wins, and of
    # these one that leads to a place or an organisation.
    ranked = sorted(
        fitting,
        key=lambda c: (-round(c.score * 20), distance(c.term), c.term not in entities, -c.score),
    )
    # What a row of this class cannot have may be what the column is.
    best = max((candidate.score for candidate in led), default=0.0)
    rejected = tuple(c.term for c in proposal.candidates if ranked[:1] != [c])
    return replace(
        proposal,
        candidates=tuple(ranked) or proposal.candidates,
        rejected=rejected,
        suits=bool(ranked) and ranked[0].score >= best - CLEARLY,
    )
