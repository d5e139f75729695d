"""The columns by which a row is named: enough of them that each row of the sample has its own."""

from collections.abc import Sequence

from parvis.mapping.proposing.proposals import ColumnProposal

LONG = 60
"""Characters of a value that no key should have."""


def distinguish_rows(names: Sequence[str], proposed: Sequence[ColumnProposal]) -> list[str]:
    """Return names of columns, and further ones as long as two rows of a table are alike in them.

    Two performances of a day differ by their time, two of a place by their room.
    """
    tables = [p for p in proposed if p.column.position is not None]
    values = {proposal.column.name: proposal.column.values for proposal in tables}
    chosen = list(names)
    if not chosen or not values.keys() >= set(chosen):
        return chosen  # the items of JSON need not have all members

    def count_distinct(columns: Sequence[str]) -> int:
        return len(set(zip(*(values[name] for name in columns), strict=True)))

    for proposal in tables:
        name = proposal.column.name
        count = count_distinct(chosen)
        if count == len(values[name]):
            break
        short = all(len(value) <= LONG for value in proposal.column.values)
        if short and name not in chosen and count_distinct([*chosen, name]) > count:
            chosen.append(name)
    return chosen
