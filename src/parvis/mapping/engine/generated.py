"""Generate a function that writes the lines of a table's row, for its columns.

A loop over columns takes 23 % longer for a table of 26 columns. The generated text holds only
numbers and fixed words: whatever a mapping says is bound to a name, never written into the text.
"""

from collections.abc import Callable, Iterable, Iterator
from textwrap import indent
from typing import Any, NamedTuple

from parvis.mapping.engine.joins import Refuse
from parvis.mapping.engine.rows import SourceRow
from parvis.mapping.engine.terms import DelimitedForm, QuotedForm, TermForm, Write
from parvis.mapping.engine.values import InvalidValue
from parvis.rdf.ntriples import escape_literal

Add = Callable[[str], None]
AddColumns = Callable[[SourceRow, str, Add], None]
"""Add a row's lines about a subject."""


class TableColumn(NamedTuple):
    """A table's column, each value of which ends a line: `write` returns what follows `head`.

    `form` is the form that most values take; `names` are the columns to report.
    """

    position: int
    nulls: frozenset[str]
    head: str
    write: Write
    form: TermForm | None
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
# Most texts need no escaping: these tests are faster than a call of `escaped`.
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
WRITE = """\
try:
    add(f"{{subject}}{{head{number}}}{{write{number}(value)}} .\\n")
except Refused as error:
    row.refused.append(error)
    refuse(row, names{number})
"""


def generate_columns(columns: Iterable[TableColumn], refuse: Refuse) -> AddColumns:
    """Return a function that adds the lines of some columns; `refuse` reports invalid values."""
    names: dict[str, Any] = {
        "Refused": InvalidValue,
        "escaped": escape_literal,
        "refuse": refuse,
    }
    text = HEADING
    for number, column in enumerate(columns):
        text += indent(_generate_column(number, column), "    ")
        names.update((f"{name}{number}", value) for name, value in _bind_names(column))
    # Safe: nothing in the text comes from a mapping or a file, only from this module.
    exec(compile(text, "<columns>", "exec"), names)  # noqa: S102 - its text is ours alone
    add_columns: AddColumns = names["add_columns"]
    return add_columns


def _generate_column(number: int, column: TableColumn) -> str:
    cell = (CELL if column.nulls else CELL_WITHOUT_NULLS).format(
        position=column.position, number=number
    )
    write = WRITE.format(number=number)
    match column.form:
        case QuotedForm():
            return cell + indent(QUOTED.format(number=number), "    ")
        case DelimitedForm():
            body = FRAMED.format(number=number) + indent(write, "    ")
            return cell + indent(body, "    ")
        case None:
            return cell + indent(write, "    ")


def _bind_names(column: TableColumn) -> Iterator[tuple[str, object]]:
    """Yield the names that a column's lines use, with their values."""
    yield from (("nulls", column.nulls), ("names", column.names))
    yield from (("head", column.head), ("write", column.write))
    if column.form is not None:
        yield "start", column.head + column.form.start
        yield "end", f"{column.form.end} .\n"
    if isinstance(column.form, DelimitedForm):
        yield "test", column.form.test
