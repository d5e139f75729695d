"""The short way through a table's row, as a function generated for its columns.

A loop over columns takes a fifth longer. The generated text holds numbers and words of ours
alone: whatever a mapping says is bound to a name, never written into the text.
"""

from collections.abc import Callable, Iterable, Iterator
from textwrap import indent
from typing import Any, NamedTuple

from parvis.mapping.engine.joins import Refuse
from parvis.mapping.engine.rows import Row
from parvis.mapping.engine.terms import Form, Framed, Quoted, Write
from parvis.mapping.engine.values import Refused
from parvis.rdf.ntriples import escaped

Add = Callable[[str], None]
AddColumns = Callable[[Row, str, Add], None]
"""Adds a row's lines about a subject."""


class Column(NamedTuple):
    """A table's column, each value of which ends a line: `write` gives what stands after `head`.

    `form` tells what `write` does with most values; `names` are the columns to be told of.
    """

    position: int
    nulls: frozenset[str]
    head: str
    write: Write
    form: Form | None
    names: set[str]


HEADING = "def add_columns(row, subject, add):\n    cells = row.cells\n"
CELL = """\
value = cells[{position}].strip()
if value and value not in nulls{number}:
"""
CELL_WITHOUT_NULLS = """\
value = cells[{position}].strip()
if value:
"""
QUOTED = """\
if '"' in value or "\\\\" in value or "\\n" in value or "\\r" in value or "\\0" in value:
    value = escaped(value)
add(f"{{subject}}{{start{number}}}{{value}}{{end{number}}}")
"""
FRAMED = """\
if test{number}(value):
    add(f"{{subject}}{{start{number}}}{{value}}{{end{number}}}")
else:
"""
WRITTEN = """\
try:
    add(f"{{subject}}{{head{number}}}{{write{number}(value)}} .\\n")
except Refused as refused:
    row.refused.append(refused)
    refuse(row, names{number})
"""


def generate(columns: Iterable[Column], refuse: Refuse) -> AddColumns:
    """Generate the function that goes through some columns; `refuse` is told of refused values."""
    names: dict[str, Any] = {
        "Refused": Refused,
        "escaped": escaped,
        "refuse": refuse,
    }
    text = HEADING
    for number, column in enumerate(columns):
        text += indent(_block(number, column), "    ")
        names.update((f"{name}{number}", value) for name, value in _bound(column))
    exec(compile(text, "<columns>", "exec"), names)  # noqa: S102 - its text is ours alone
    found: AddColumns = names["add_columns"]
    return found


def _block(number: int, column: Column) -> str:
    """Write the lines for one column."""
    cell = (CELL if column.nulls else CELL_WITHOUT_NULLS).format(
        position=column.position, number=number
    )
    written = WRITTEN.format(number=number)
    match column.form:
        case Quoted():
            return cell + indent(QUOTED.format(number=number), "    ")
        case Framed():
            inside = FRAMED.format(number=number) + indent(written, "    ")
            return cell + indent(inside, "    ")
        case None:
            return cell + indent(written, "    ")


def _bound(column: Column) -> Iterator[tuple[str, object]]:
    """Give what the names in a column's lines stand for."""
    yield from (("nulls", column.nulls), ("names", column.names))
    yield from (("head", column.head), ("write", column.write))
    if column.form is not None:
        yield "start", column.head + column.form.start
        yield "end", f"{column.form.end} .\n"
    if isinstance(column.form, Framed):
        yield "test", column.form.test
