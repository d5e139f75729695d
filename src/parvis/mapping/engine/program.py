"""Compile an entity map into a program that turns rows into lines of N-Triples or N-Quads.

Columns whose values become one term each are written by a generated function, the fast path.
Functions, conditions, joins, and graphs or predicates that depend on the row take the general path,
with the same result.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from textwrap import indent
from typing import Any, NamedTuple, TextIO

from parvis.mapping.engine.functions import FunctionContext
from parvis.mapping.engine.pairs import (
    CompiledPair,
    JoinIndex,
    Refuse,
    RowCondition,
    compile_condition,
    compile_pair,
)
from parvis.mapping.engine.places import PlacesWriter
from parvis.mapping.engine.rows import EMPTY, RowOrigin, SourceRow, Watch
from parvis.mapping.engine.terms import (
    DelimitedForm,
    QuotedForm,
    TermForm,
    Write,
    compile_term_map,
)
from parvis.mapping.engine.values import InvalidValue
from parvis.mapping.language.plan import EntityMap, Join, ObjectMap, references
from parvis.rdf.ntriples import escape_literal

REMEMBERED = 60_000
"""Largest number of lines in memory: about 15 MB."""


class WrittenLines:
    """The lines already written about the last entities of an entity map.

    Rows of a table often repeat the same venue: its lines are written once.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        """Hold at most `remembered` lines."""
        self._room = remembered
        self._written: dict[str, set[str]] = {}
        self._enabled = True
        self._repeated = False

    def filter_new(self, subject: str, lines: Sequence[str]) -> Sequence[str]:
        """Return the lines of a subject not written before; they count as written."""
        if not self._enabled:
            return lines
        written = self._written.get(subject)
        if written is None:
            self._written[subject] = set(lines)
            fresh = lines
        else:
            self._repeated = True
            fresh = [line for line in lines if line not in written]
            written.update(fresh)
        self._room -= len(fresh)
        if self._room < 0 and not self._repeated:
            # No subject came twice: subjects are keys of the table, and a cache is useless.
            self._enabled = False
            self._written.clear()
        while self._room < 0 and self._written:
            # The oldest entity is the least likely to come again.
            self._room += len(self._written.pop(next(iter(self._written))))
        return fresh


# A function is generated that writes the lines of a table's row: a loop over columns takes 23 %
# longer for a table of 26 columns. Its text holds only numbers and fixed words: whatever a mapping
# says is bound to a name, never written into the text.

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
if value not in nulls{number}:
"""
FILLED_CELL = """\
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
except InvalidValue as error:
    row.refused.append(error)
    refuse(row, names{number})
"""


def generate_columns(columns: Iterable[TableColumn], refuse: Refuse) -> AddColumns:
    """Return a function that adds the lines of some columns; `refuse` reports invalid values."""
    names: dict[str, Any] = {
        "InvalidValue": InvalidValue,
        "escaped": escape_literal,
        "refuse": refuse,
    }
    text = HEADING
    for number, column in enumerate(columns):
        cell = FILLED_CELL if column.nulls == EMPTY else CELL
        body = WRITE.format(number=number)
        values: dict[str, object] = {
            "nulls": column.nulls,
            "names": column.names,
            "head": column.head,
            "write": column.write,
        }
        if column.form is not None:
            values["start"] = column.head + column.form.start
            values["end"] = f"{column.form.end} .\n"
        if isinstance(column.form, QuotedForm):
            body = QUOTED.format(number=number)
        elif isinstance(column.form, DelimitedForm):
            values["test"] = column.form.test
            body = FRAMED.format(number=number) + indent(body, "    ")
        cell = cell.format(position=column.position, number=number) + indent(body, "    ")
        text += indent(cell, "    ")
        names.update((f"{name}{number}", value) for name, value in values.items())
    # Safe: nothing in the text comes from a mapping or a file, only from this module.
    exec(compile(text, "<columns>", "exec"), names)  # noqa: S102 - its text is ours alone
    add_columns: AddColumns = names["add_columns"]
    return add_columns


class ValueReference(NamedTuple):
    """A name of a source of any kind, each value of which ends a line (tables: `TableColumn`)."""

    name: str
    head: str
    write: Write
    names: set[str]


@dataclass(frozen=True)
class Sinks:
    """The outputs of a run: lines, and optionally places and progress."""

    lines: TextIO
    places: PlacesWriter | None = None
    watch: Watch | None = None


class EntityProgram:
    """One entity map compiled for one source."""

    def __init__(
        self,
        entity: EntityMap,
        setting: FunctionContext,
        base: str,
        refuse: Refuse,
        index: Callable[[Join], JoinIndex],
    ) -> None:
        """Compile it; `refuse` reports invalid values, `index` returns the parents of a join."""
        base = entity.base or base
        self.entity = entity
        self._refuse = refuse
        self._condition = compile_condition(entity.condition, setting)
        subject = ObjectMap(entity.subject, entity.subject_kind)
        self._subjects = compile_term_map(subject, setting, base, standard=entity.standard).terms
        self._subject_columns = references(entity.subject)
        pairs = [
            compile_pair(pair, entity, setting, base, index) for pair in entity.predicate_objects
        ]
        self._fixed = list(dict.fromkeys(line for pair in pairs for line in pair.fixed))
        self._variable = [pair for pair in pairs if not pair.fixed]
        self._repeats = WrittenLines()
        self._may_repeat = _may_repeat(pairs)
        self._origin: RowOrigin | None = None
        self._add_columns: AddColumns = generate_columns((), refuse)
        self._references: list[ValueReference] = []
        self._general: list[CompiledPair] = []
        self._spot = 0

    def run(self, row: SourceRow, sinks: Sinks) -> int:
        """Write a row's lines; return how many were new."""
        # Each file or sheet has its own columns.
        if row.origin is not self._origin:
            self._bind(row, sinks.places)
        if self._condition and not self._holds(self._condition, row):
            return 0
        subjects = self._subjects(row)
        if row.refused:
            self._refuse(row, self._subject_columns)
        if len(subjects) == 1:
            return self._write(subjects[0], self._lines(row, subjects[0]), row, sinks)
        # Several subjects share their tails: they are computed once.
        tails = self._lines(row, "") if subjects else []
        return sum(
            self._write(subject, [subject + tail for tail in tails], row, sinks)
            for subject in subjects
        )

    def _write(self, subject: str, lines: Sequence[str], row: SourceRow, sinks: Sinks) -> int:
        """Write the lines of a subject that are new; return how many."""
        row.used |= bool(lines)
        fresh = self._repeats.filter_new(subject, lines)
        sinks.lines.writelines(fresh)
        # A blank node has no place: nothing can refer to it later.
        if sinks.places and fresh and subject[0] == "<":
            spot = sinks.places.spot(row, self.entity.name) if row.column else self._spot
            sinks.places.write(subject, spot, row)
        return len(fresh)

    def _bind(self, row: SourceRow, places: PlacesWriter | None) -> None:
        """Choose each pair's path for the rows of a file or sheet."""
        self._origin = row.origin
        columns: list[TableColumn] = []
        self._references, self._general = [], []
        for pair in self._variable:
            name, write, positions = pair.objects.column, pair.objects.write, row.origin.columns
            if pair.head is None or name is None or write is None:
                self._general.append(pair)
            elif positions is None or name not in positions or name in row.derived:
                self._references.append(ValueReference(name, pair.head, write, pair.columns))
            else:
                nulls, form = row.origin.nulls_of(name), pair.objects.form
                column = TableColumn(positions[name], nulls, pair.head, write, form, pair.columns)
                columns.append(column)
        self._add_columns = generate_columns(columns, self._refuse)
        if places:
            self._spot = places.spot(row, self.entity.name)

    def _holds(self, condition: RowCondition, row: SourceRow) -> bool:
        """Evaluate a condition; report why it could not be evaluated."""
        holds = condition.holds(row)
        if row.refused:
            self._refuse(row, condition.columns)
        return holds

    def _lines(self, row: SourceRow, subject: str) -> Sequence[str]:
        """Return all of a row's lines about a subject, without duplicates."""
        lines = [f"{subject}{tail} .\n" for tail in self._fixed]
        self._add_columns(row, subject, lines.append)
        # Duplicates are removed only where they may occur: it takes time in every row.
        may_repeat = self._may_repeat
        for name, head, write, names in self._references:
            values = row.get(name)
            for value in values:
                try:
                    lines.append(f"{subject}{head}{write(value)} .\n")
                except InvalidValue as error:
                    row.refused.append(error)
            if row.refused:
                self._refuse(row, names)
            may_repeat = may_repeat or len(values) > 1
        for pair in self._general:
            if pair.condition and not self._holds(pair.condition, row):
                continue
            tails = pair.tails(row)
            if row.refused:
                self._refuse(row, pair.columns)
            may_repeat = may_repeat or len(tails) > 1
            lines += [f"{subject}{tail} .\n" for tail in tails]
        return list(dict.fromkeys(lines)) if may_repeat else lines


def _may_repeat(pairs: Iterable[CompiledPair]) -> bool:
    """Return whether two pairs might write the same line about a subject."""
    sorts = [pair.sort for pair in pairs if not pair.fixed]
    fixed = {pair.sort for pair in pairs if pair.fixed}
    return None in sorts or len(set(sorts)) < len(sorts) or not fixed.isdisjoint(sorts)
