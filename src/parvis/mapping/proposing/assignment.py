"""Give each property to the column that is likeliest to hold it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from parvis.mapping.proposing.proposals import (
    EVENT,
    POSTAL,
    RESIDENCE,
    SURE,
    ColumnProposal,
    PropertyCandidate,
)

PLACES = frozenset({"schema:location", "parvis:place"})
WHERE = frozenset(
    f"schema:{name}" for name in ("postalCode", "latitude", "longitude", "streetAddress")
)
"""Properties of which a place has one value."""
SHARED = frozenset({"parvis:refPeriod"})
"""What several columns may make together: a year and a month."""
START = "schema:startDate"
OF_RECORDS = frozenset(
    "created updated modified published creation modification maj mise publication inscription"  # noqa: SIM905
    " registration limite deadline sale vente reservation".split()
)
"""Words of moments that are none of an event."""
ORIGIN = frozenset(
    "provenance origine origin residence domicile home client clients acheteur acheteurs"  # noqa: SIM905
    " buyer buyers customer customers public".split()
)
"""Words of a region that is where an audience comes from."""
ELSEWHERE = 0.6
"""What is left of the score of a place whose rows are in several places."""
DIFFERENT = 0.2
"""The share of a column's values, in several places, from which they name no place."""


def assign(proposed: Sequence[ColumnProposal]) -> list[ColumnProposal]:
    """Return proposals of which no two have the same likeliest property, as far as they may.

    Where several columns may surely be one property, it is the likeliest one's, and the others
    become what they may be next.
    """
    proposals = _locate_areas(_lower_no_places(proposed))
    owners: set[str] = set()
    # The surest first; of these, what may be nothing else.
    for place in sorted(range(len(proposals)), key=lambda place: _doubt(proposals[place])):
        proposal = proposals[place]
        while proposal.sure and proposal.property_name in owners - SHARED:
            candidates = proposal.candidates[1:]
            following = replace(
                proposal,
                candidates=candidates,
                rejected=(*proposal.rejected, proposal.candidates[0].term),
            )
            if not following.sure or proposal.counts:  # it stays a comment
                proposal = replace(proposal, suits=False)
                break
            proposal = following
        proposals[place] = proposal
        if proposal.sure:
            owners.add(proposal.property_name)
    return proposals


def _doubt(proposal: ColumnProposal) -> tuple[float, bool, bool]:
    first, second = ([c.score for c in proposal.candidates] + [0.0, 0.0])[:2]
    # A performance often has a name of its own, as its date: what it is of is in the parent's.
    own = proposal.property_name.startswith("schema:name") and proposal.column.name[:1] != "^"
    return (-first, first == second, own)


def find_start(proposed: Sequence[ColumnProposal]) -> list[ColumnProposal]:
    """Return proposals in which the only moment of an event is its start, if no column is one."""
    if any(p.sure and p.best and p.best.term == START for p in proposed):
        return list(proposed)
    for kind in ("dateTime", "date"):
        moments = [
            proposal
            for proposal in proposed
            if proposal.kind.name == kind
            and not proposal.kind.ambiguous
            and not (proposal.sure or OF_RECORDS.intersection(proposal.heading.split()))
        ]
        if len(moments) == 1:
            start = replace(moments[0], candidates=(PropertyCandidate(START, SURE),), suits=True)
            return [start if proposal is moments[0] else proposal for proposal in proposed]
    return list(proposed)


def _lower_no_places(proposed: Sequence[ColumnProposal]) -> list[ColumnProposal]:
    """Lower the score of columns that name no place, since their rows are in many: « En salle »."""
    where = [p for p in proposed if p.sure and p.best and p.best.term in WHERE]

    def lower(column: ColumnProposal, candidate: PropertyCandidate) -> PropertyCandidate:
        if candidate.term not in PLACES or not any(_differ(column, other) for other in where):
            return candidate
        return replace(candidate, score=round(candidate.score * ELSEWHERE, 3))

    lowered = []
    for proposal in proposed:
        candidates = [lower(proposal, candidate) for candidate in proposal.candidates]
        ranked = sorted(candidates, key=lambda candidate: -candidate.score)
        changed = candidates != list(proposal.candidates)
        lowered.append(replace(proposal, candidates=tuple(ranked)) if changed else proposal)
    return lowered


def _locate_areas(proposed: Sequence[ColumnProposal]) -> list[ColumnProposal]:
    """Make the region beside a venue the venue's: a bare « Région » would be the audience's."""
    located = any(p.sure and p.best and p.best.term == "parvis:place" for p in proposed)
    swapped = {RESIDENCE: EVENT, EVENT: RESIDENCE}
    proposals = []
    for proposal in proposed:
        bare = proposal.kind.name not in POSTAL and not ORIGIN.intersection(
            proposal.heading.split()
        )
        if located and bare and proposal.best and proposal.best.term == RESIDENCE:
            candidates = (replace(c, term=swapped.get(c.term, c.term)) for c in proposal.candidates)
            proposals.append(replace(proposal, candidates=tuple(candidates)))
        else:
            proposals.append(proposal)
    return proposals


def _differ(column: ColumnProposal, where: ColumnProposal) -> bool:
    """Return whether rows that have the same value in one column are in several places."""
    values, places = column.column.values, where.column.values
    if column is where or len(values) != len(places):
        return False
    places_of: dict[str, set[str]] = defaultdict(set)
    for value, place in zip(values, places, strict=True):
        if value.strip() and place.strip():
            places_of[value].add(place)
    several = sum(len(rows) > 1 for rows in places_of.values())
    return several > DIFFERENT * len(places_of)
