"""The columns by which a row is named: enough of them that each row of the sample has its own."""

from collections import defaultdict
from collections.abc import Sequence

from parvis.mapping.concepts import fold_text
from parvis.mapping.proposing.proposals import ColumnProposal

LONG = 60
"""Characters of a value that no key should have."""


def distinguish_rows(
    names: Sequence[str], proposed: Sequence[ColumnProposal], rows: int
) -> list[str]:
    """Return names of columns, and further ones as long as two of the rows are alike in them.

    Two performances of a day differ by their time, two of a place by their room.
    """
    # The items of JSON need not have all members.
    complete = [proposal for proposal in proposed if len(proposal.column.values) == rows]
    values = {proposal.column.name: proposal.column.values for proposal in complete}
    chosen = list(names)
    if not chosen or not values.keys() >= set(chosen):
        return chosen

    def count_distinct(columns: Sequence[str]) -> int:
        return len(set(zip(*(values[name] for name in columns), strict=True)))

    for proposal in complete:
        name = proposal.column.name
        count = count_distinct(chosen)
        if count == len(values[name]):
            break
        short = all(len(value) <= LONG for value in proposal.column.values)
        if short and name not in chosen and count_distinct([*chosen, name]) > count:
            chosen.append(name)
    return chosen


def find_towns(place: ColumnProposal, proposed: Sequence[ColumnProposal]) -> list[str]:
    """Return the name of the column of towns, where places of several towns have one name.

    « Musée des beaux-arts », « Salle municipale »: the town tells them apart.
    """
    for proposal in proposed:
        names, towns = place.column.values, proposal.column.values
        of_towns = proposal.best and proposal.best.term == "schema:addressLocality"
        if not (of_towns and proposal.sure and len(names) == len(towns)):
            continue
        towns_of: defaultdict[str, set[str]] = defaultdict(set)
        for name, town in zip(names, towns, strict=True):
            towns_of[fold_text(name)].add(fold_text(town))
        if any(len(different - {""}) > 1 for different in towns_of.values()):
            return [proposal.column.name]
    return []
