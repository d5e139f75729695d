"""Compile an entity map into a program that turns rows into lines of N-Triples or N-Quads.

What follows the subject in a line is its tail. Columns of a table whose values become one term each
have theirs computed once for each value that repeats. Functions, conditions, joins, and graphs or
predicates that depend on the row take the general path, with the same result.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

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
from parvis.mapping.engine.rows import RowOrigin, SourceRow, Watch
from parvis.mapping.engine.terms import CompiledTermMap, Write, compile_term_map
from parvis.mapping.engine.values import InvalidValue
from parvis.mapping.language.plan import EntityMap, Join, ObjectMap, references

END = " .\n"
REMEMBERED = 60_000
"""Largest number of lines in memory: about 15 MB."""
MOST_CELLS, LONGEST_CELL = 1_024, 200
"""How many cells of a column have their tails in memory, and of how many characters: with their
tails, less than a megabyte a column."""
SAMPLED, MOST_VARIED = 1_000, 0.75
"""The share of different cells in the first rows above which a column's are not remembered."""


class WrittenLines:
    """The lines already written about the last entities of an entity map.

    Rows of a table often repeat the same venue: its lines are written once.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        """Hold at most `remembered` lines."""
        self._room = remembered
        self._written: dict[bytes, set[bytes]] = {}
        self._enabled = True
        self._repeated = False

    def filter_new(self, subject: bytes, lines: Sequence[bytes]) -> Sequence[bytes]:
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


class WrittenCells(dict[str, bytes]):
    """What is written of a column's cells, each computed when it is first asked for."""

    def __init__(self, write: Callable[[str], bytes]) -> None:
        super().__init__()
        self.write = write

    def __missing__(self, cell: str) -> bytes:
        written = self.write(cell)
        if len(cell) <= LONGEST_CELL:
            if len(self) == MOST_CELLS:
                self.clear()
            self[cell] = written
        return written


def compile_cell(
    terms: CompiledTermMap, nulls: frozenset[str], head: str = "", end: str = ""
) -> Callable[[str], bytes]:
    """Return a function that writes the term of a cell between two texts, nothing of a null value.

    It raises `InvalidValue`.
    """
    general, form = terms.write, terms.form

    def write(cell: str) -> bytes:
        value = cell.strip()
        if value in nulls or general is None:
            return b""
        return f"{head}{general(value)}{end}".encode()

    if form is None:
        return write
    test, start, close = form.test, head + form.start, form.end + end

    def write_form(cell: str) -> bytes:
        value = cell.strip()
        # Most values have this form: `general` takes as long as all the rest.
        if test(value) and value not in nulls:
            return f"{start}{value}{close}".encode()
        return write(cell)

    return write_form


class TableColumn(NamedTuple):
    """A table's column, each cell of which ends a line; `names` are the columns to report."""

    position: int
    tails: WrittenCells
    names: set[str]


class ValueReference(NamedTuple):
    """A name of a source of any kind, each value of which ends a line (tables: `TableColumn`)."""

    name: str
    head: str
    write: Write
    names: set[str]


@dataclass(frozen=True)
class Sinks:
    """The outputs of a run: lines in UTF-8, and optionally places and progress."""

    lines: BinaryIO
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
        self._subject = compile_term_map(subject, setting, base, standard=entity.standard)
        self._subject_cell: tuple[int, Callable[[str], bytes]] | None = None
        self._subject_columns = references(entity.subject)
        pairs = [
            compile_pair(pair, entity, setting, base, index) for pair in entity.predicate_objects
        ]
        fixed = (f"{tail}{END}".encode() for pair in pairs for tail in pair.fixed)
        self._fixed = [*dict.fromkeys(fixed)]
        self._variable = [pair for pair in pairs if not pair.fixed]
        self._repeats = WrittenLines()
        self._may_repeat = _may_repeat(pairs)
        self._origin: RowOrigin | None = None
        self._columns: list[TableColumn] = []
        self._cells: list[tuple[int, Callable[[str], bytes]]] = []
        self._sampled = 0
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
        if not subjects:
            return 0
        # Several subjects share their tails: they are computed once.
        tails = self._tails(row)
        row.used |= bool(tails)
        count = 0
        for subject in subjects:
            if fresh := self._repeats.filter_new(subject, tails):
                count += len(fresh)
                sinks.lines.write(subject + subject.join(fresh))
                # A blank node has no place: nothing can refer to it later.
                if sinks.places and subject.startswith(b"<"):
                    spot = sinks.places.spot(row, self.entity.name) if row.column else self._spot
                    sinks.places.write(subject, spot, row)
        return count

    def _subjects(self, row: SourceRow) -> list[bytes]:
        """Return the subjects of a row; add those that cannot be made to `SourceRow.refused`."""
        if self._subject_cell is None:
            return [subject.encode() for subject in self._subject.terms(row)]
        position, write = self._subject_cell
        try:
            subject = write(row.cells[position])
        except InvalidValue as error:
            row.refused.append(error)
            return []
        return [subject] if subject else []

    def _bind(self, row: SourceRow, places: PlacesWriter | None) -> None:
        """Choose each pair's path for the rows of a file or sheet."""
        self._origin, origin = row.origin, row.origin
        positions = {
            name: position
            for name, position in (origin.columns or {}).items()
            if name not in row.derived
        }
        self._columns, self._references, self._general = [], [], []
        for pair in self._variable:
            terms, names, name = pair.objects, pair.columns, pair.objects.column
            if pair.head is None or name is None or terms.write is None:
                self._general.append(pair)
            elif name in positions:
                write = compile_cell(terms, origin.nulls_of(name), pair.head, END)
                self._columns.append(TableColumn(positions[name], WrittenCells(write), names))
            else:
                self._references.append(ValueReference(name, pair.head, terms.write, names))
        self._cells = [(column.position, column.tails.__getitem__) for column in self._columns]
        self._sampled = 0
        self._subject_cell = None
        if (name := self._subject.column) in positions:
            write = compile_cell(self._subject, origin.nulls_of(name))
            self._subject_cell = positions[name], write
        if places:
            self._spot = places.spot(row, self.entity.name)

    def _forget_varied(self) -> None:
        """Compute the cells of columns whose values rarely repeat: looking them up takes longer."""
        for number, (position, tails, _) in enumerate(self._columns):
            if len(tails) > MOST_VARIED * SAMPLED:
                self._cells[number] = position, tails.write
                tails.clear()

    def _holds(self, condition: RowCondition, row: SourceRow) -> bool:
        """Evaluate a condition; report why it could not be evaluated."""
        holds = condition.holds(row)
        if row.refused:
            self._refuse(row, condition.columns)
        return holds

    def _tails(self, row: SourceRow) -> Sequence[bytes]:
        """Return all of a row's tails, without duplicates."""
        tails = [*self._fixed, *self._column_tails(row)]
        # Duplicates are removed only where they may occur: it takes time in every row.
        may_repeat = self._may_repeat
        for name, head, write, names in self._references:
            values = row.get(name)
            for value in values:
                try:
                    tails.append(f"{head}{write(value)}{END}".encode())
                except InvalidValue as error:
                    row.refused.append(error)
            if row.refused:
                self._refuse(row, names)
            may_repeat = may_repeat or len(values) > 1
        for pair in self._general:
            if pair.condition and not self._holds(pair.condition, row):
                continue
            more = pair.tails(row)
            if row.refused:
                self._refuse(row, pair.columns)
            may_repeat = may_repeat or len(more) > 1
            tails += [f"{tail}{END}".encode() for tail in more]
        return list(dict.fromkeys(tails)) if may_repeat else tails

    def _column_tails(self, row: SourceRow) -> Iterable[bytes]:
        """Return the tails of a table's columns; report invalid values."""
        self._sampled += 1
        if self._sampled == SAMPLED:
            self._forget_varied()
        cells = row.cells
        try:
            return [tail for position, write in self._cells if (tail := write(cells[position]))]
        except InvalidValue:
            return [*self._valid_tails(row)]

    def _valid_tails(self, row: SourceRow) -> Iterator[bytes]:
        for position, tails, names in self._columns:
            try:
                if tail := tails.write(row.cells[position]):
                    yield tail
            except InvalidValue as error:
                row.refused.append(error)
                self._refuse(row, names)


def _may_repeat(pairs: Iterable[CompiledPair]) -> bool:
    """Return whether two pairs might write the same line about a subject."""
    sorts = [pair.sort for pair in pairs if not pair.fixed]
    fixed = {pair.sort for pair in pairs if pair.fixed}
    return None in sorts or len(set(sorts)) < len(sorts) or not fixed.isdisjoint(sorts)
