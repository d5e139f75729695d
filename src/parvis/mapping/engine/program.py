"""Compile an entity map into a program that turns rows into lines of N-Triples or N-Quads.

Columns whose values become one term each are written by a generated function (`generated`), the
fast path. Functions, conditions, joins, and graphs or predicates that depend on the row take the
general path, with the same result.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TextIO

from parvis.mapping.engine.functions import FunctionContext
from parvis.mapping.engine.generated import Add, AddColumns, TableColumn, generate_columns
from parvis.mapping.engine.joins import JoinIndex, Refuse
from parvis.mapping.engine.pairs import CompiledPair, RowCondition, compile_condition, compile_pair
from parvis.mapping.engine.places import PlacesWriter
from parvis.mapping.engine.rows import RowOrigin, SourceRow
from parvis.mapping.engine.terms import Write, compile_term_map
from parvis.mapping.engine.values import InvalidValue
from parvis.mapping.engine.watching import Watch
from parvis.mapping.language.plan import EntityMap, Join, ObjectMap, references

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

    def new(self, subject: str, lines: Sequence[str]) -> Sequence[str]:
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


class ValueReference(NamedTuple):
    """A name of a source of any kind, each value of which ends a line (`Column` for tables)."""

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
        self._subjects = compile_term_map(subject, setting, base, standard=entity.standard).of
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
        fresh = self._repeats.new(subject, lines)
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
            match _fast_path(pair, row):
                case TableColumn() as column:
                    columns.append(column)
                case ValueReference() as reference:
                    self._references.append(reference)
                case _:
                    self._general.append(pair)
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
        for reference in self._references:
            may_repeat = self._add_values(reference, row, subject, lines.append) > 1 or may_repeat
        for pair in self._general:
            if pair.condition and not self._holds(pair.condition, row):
                continue
            tails = pair.tails(row)
            if row.refused:
                self._refuse(row, pair.columns)
            may_repeat = may_repeat or len(tails) > 1
            lines += [f"{subject}{tail} .\n" for tail in tails]
        return list(dict.fromkeys(lines)) if may_repeat else lines

    def _add_values(self, reference: ValueReference, row: SourceRow, subject: str, add: Add) -> int:
        """Add the lines of the values under a name; return how many values there were."""
        name, head, write, names = reference
        values = row.get(name)
        for value in values:
            try:
                add(f"{subject}{head}{write(value)} .\n")
            except InvalidValue as error:
                row.refused.append(error)
        if row.refused:
            self._refuse(row, names)
        return len(values)


def _fast_path(pair: CompiledPair, row: SourceRow) -> TableColumn | ValueReference | None:
    """Return the fast path to a pair's lines in rows of this origin, if there is one."""
    name, write, origin = pair.objects.column, pair.objects.write, row.origin
    if pair.head is None or name is None or write is None:
        return None
    if origin.columns is None or name not in origin.columns or name in row.derived:
        return ValueReference(name, pair.head, write, pair.columns)
    position, nulls = origin.columns[name], origin.marks(name)
    return TableColumn(position, nulls, pair.head, write, pair.objects.form, pair.columns)


def _may_repeat(pairs: Iterable[CompiledPair]) -> bool:
    """Return whether two pairs might write the same line about a subject."""
    sorts = [pair.sort for pair in pairs if not pair.fixed]
    fixed = {pair.sort for pair in pairs if pair.fixed}
    return None in sorts or len(set(sorts)) < len(sorts) or not fixed.isdisjoint(sorts)
