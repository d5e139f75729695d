"""Choose the class that the rows of a file describe, which decides among the proposals."""

from dataclasses import dataclass, replace

from parvis.mapping.proposing.proposals import NUMBERS, ColumnProposal
from parvis.mapping.proposing.vocabulary import Vocabulary

CLASS_KINDS = {
    "schema:Event": "event",
    "schema:Place": "place",
    "schema:Organization": "organization",
    "parvis:Production": "production",
    "qb:Observation": "observation",
    "parvis:Reach": "reach",
}


@dataclass(frozen=True)
class RowClassChoice:
    """The class that rows describe, and the proposals of each column that suit it, best first."""

    cls: str
    proposals: list[ColumnProposal]


def choose(
    proposed: list[ColumnProposal], vocabulary: Vocabulary, *, of_figures: bool = False
) -> RowClassChoice:
    """Choose the class of a row, then narrow each column to the properties such a row can have.

    `of_figures` says that the file is known to hold figures on publics.
    """
    if of_figures or any(p.spread or p.measures or p.kind.name == "fsa" for p in proposed):
        cls = "qb:Observation"
    else:
        votes = dict.fromkeys(CLASS_KINDS, 0.0)
        if not any(proposal.kind.name in NUMBERS for proposal in proposed):
            # Without a number there is no figure: what are places of figures are a directory.
            del votes["qb:Observation"]
            directory = _name_places(proposed)
            votes["schema:Place"] += directory != proposed
            proposed = directory
        for best in (proposal.best for proposal in proposed if proposal.best):
            # A property of several classes divides its vote among them.
            classes = vocabulary.terms[best.term].classes & votes.keys()
            for voted in classes:
                votes[voted] += best.score / len(classes)
        cls = max(votes, key=lambda voted: votes[voted])
    reachable = [cls]  # the class, and those that its parts lead to, the nearest first
    for _ in vocabulary.parts:
        reachable += [
            part.cls
            for part in vocabulary.parts
            if part.of in reachable and part.cls not in reachable
        ]
    return RowClassChoice(
        cls, [_narrow_candidates(proposal, reachable, vocabulary) for proposal in proposed]
    )


def _name_places(proposed: list[ColumnProposal]) -> list[ColumnProposal]:
    """Return proposals in which the first column of the places of figures names the places."""
    names: list[ColumnProposal] = []
    named = any(p.best and p.best.term == "schema:name" for p in proposed)
    for proposal in proposed:
        best = proposal.best
        if best and best.term == "parvis:place" and not named:
            named = True
            name = replace(best, term="schema:name", scheme=None)
            names.append(replace(proposal, candidates=(name, *proposal.candidates[1:])))
        else:
            names.append(proposal)
    return names


def _narrow_candidates(
    proposal: ColumnProposal, reachable: list[str], vocabulary: Vocabulary
) -> ColumnProposal:
    if proposal.spread:
        return proposal

    def distance(term: str) -> int:
        classes = vocabulary.terms[term].classes
        return next((n for n, cls in enumerate(reachable) if cls in classes), len(reachable))

    fitting = [c for c in proposal.candidates if distance(c.term) < len(reachable)]
    # Scores within a twentieth count as equal: a property of the row itself then wins.
    ranked = sorted(fitting, key=lambda c: (-round(c.score * 20), distance(c.term), -c.score))
    rejected = tuple(c.term for c in proposal.candidates if ranked[:1] != [c])
    return replace(
        proposal,
        candidates=tuple(ranked) or proposal.candidates,
        rejected=rejected,
        suits=bool(ranked),
    )
