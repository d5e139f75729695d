"""An entity map compiled once: a program that turns rows into lines of N-Triples or N-Quads.

Most of a table is columns whose values become one term each: for those a function is generated
(`generated`). All else (functions, conditions, joins, graphs and predicates that rows tell) takes
the general way, with the same result.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TextIO

from parvis.mapping.engine.functions import Setting
from parvis.mapping.engine.generated import Add, AddColumns, Column, generate
from parvis.mapping.engine.joins import Index, Refuse
from parvis.mapping.engine.pairs import Condition, Pair, condition_of, pair_of
from parvis.mapping.engine.places import PlacesWriter
from parvis.mapping.engine.rows import Origin, Row
from parvis.mapping.engine.terms import Write, terms_of
from parvis.mapping.engine.values import Refused
from parvis.mapping.engine.watching import Watch
from parvis.mapping.language.plan import EntityMap, Join, ObjectMap, references

# Facts told again about an entity: rows of a table often repeat the same venue.

REMEMBERED = 60_000
"""How many facts are remembered: about 15 MB."""


class Repeats:
    """Remembers what has been written about the last entities of an entity map.

    If none of them comes again, subjects are keys of the table: it stops remembering.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        """Remember at most so many facts."""
        self._room = remembered
        self._told: dict[str, set[str]] = {}
        self._watching = True
        self._again = False

    def new(self, subject: str, lines: Sequence[str]) -> Sequence[str]:
        """Give those of a subject's lines that have not been written; they count as written."""
        if not self._watching:
            return lines
        told = self._told.get(subject)
        if told is None:
            self._told[subject] = set(lines)
            fresh = lines
        else:
            self._again = True
            fresh = [line for line in lines if line not in told]
            told.update(fresh)
        self._room -= len(fresh)
        if self._room < 0:
            self._forget()
        return fresh

    def _forget(self) -> None:
        """Forget the oldest entities, or all if none came again."""
        if not self._again:
            self._watching = False
            self._told.clear()
        while self._room < 0 and self._told:
            self._room += len(self._told.pop(next(iter(self._told))))


class Reference(NamedTuple):
    """What `Column` is for tables, of any source: each value under a name ends a line."""

    name: str
    head: str
    write: Write
    names: set[str]


@dataclass(frozen=True)
class Sinks:
    """Where lines go; if someone wants to know, where they came from and how far the run is."""

    lines: TextIO
    places: PlacesWriter | None = None
    watch: Watch | None = None


class Program:
    """One entity map over one source, ready to run."""

    def __init__(
        self,
        entity: EntityMap,
        setting: Setting,
        base: str,
        refuse: Refuse,
        index: Callable[[Join], Index],
    ) -> None:
        """Compile it; `refuse` is told of refused values, `index` gives the parents of a join."""
        base = entity.base or base
        self.entity = entity
        self._refuse = refuse
        self._condition = condition_of(entity.condition, setting)
        subject = ObjectMap(entity.subject, entity.subject_kind)
        self._subjects = terms_of(subject, setting, base, standard=entity.standard).of
        self._subject_columns = references(entity.subject)
        pairs = [pair_of(told, entity, setting, base, index) for told in entity.predicate_objects]
        self._fixed = list(dict.fromkeys(line for pair in pairs for line in pair.fixed))
        self._told = [pair for pair in pairs if not pair.fixed]
        self._repeats = Repeats()
        self._alike = _may_be_alike(pairs)
        self._origin: Origin | None = None
        self._add_columns: AddColumns = generate((), refuse)
        self._references: list[Reference] = []
        self._general: list[Pair] = []
        self._spot = 0

    def run(self, row: Row, sinks: Sinks) -> int:
        """Write what a row says; gives how many lines that were."""
        if row.origin is not self._origin:
            self._bind(row, sinks.places)
        if self._condition and not self._holds(self._condition, row):
            return 0
        subjects = self._subjects(row)
        if row.refused:
            self._refuse(row, self._subject_columns)
        if len(subjects) == 1:
            return self._write(subjects[0], self._lines(row, subjects[0]), row, sinks)
        tails = self._lines(row, "") if subjects else []
        return sum(self._write(one, [one + tail for tail in tails], row, sinks) for one in subjects)

    def _write(self, subject: str, lines: Sequence[str], row: Row, sinks: Sinks) -> int:
        """Write a subject's lines that are new; gives how many."""
        fresh = self._repeats.new(subject, lines)
        sinks.lines.writelines(fresh)
        if sinks.places and fresh and subject[0] == "<":
            spot = sinks.places.spot(row, self.entity.name) if row.column else self._spot
            sinks.places.write(subject, spot, row)
        return len(fresh)

    def _bind(self, row: Row, places: PlacesWriter | None) -> None:
        """Find the columns of another file or sheet."""
        self._origin = row.origin
        columns: list[Column] = []
        self._references, self._general = [], []
        for pair in self._told:
            match _short_way(pair, row):
                case Column() as column:
                    columns.append(column)
                case Reference() as reference:
                    self._references.append(reference)
                case _:
                    self._general.append(pair)
        self._add_columns = generate(columns, self._refuse)
        if places:
            self._spot = places.spot(row, self.entity.name)

    def _holds(self, condition: Condition, row: Row) -> bool:
        """Judge a condition, and report why it could not be."""
        holds = condition.holds(row)
        if row.refused:
            self._refuse(row, condition.columns)
        return holds

    def _lines(self, row: Row, subject: str) -> Sequence[str]:
        """Give all of a row's lines about a subject, no two alike."""
        lines = [f"{subject}{tail} .\n" for tail in self._fixed]
        self._add_columns(row, subject, lines.append)
        alike = self._alike
        for reference in self._references:
            alike = self._add_values(reference, row, subject, lines.append) > 1 or alike
        for pair in self._general:
            found = self._general_tails(pair, row)
            alike = alike or len(found) > 1
            lines += [f"{subject}{tail} .\n" for tail in found]
        return list(dict.fromkeys(lines)) if alike else lines

    def _add_values(self, reference: Reference, row: Row, subject: str, add: Add) -> int:
        """Add the values under a name; gives how many there were."""
        name, head, write, names = reference
        values = row.get(name)
        for value in values:
            try:
                add(f"{subject}{head}{write(value)} .\n")
            except Refused as refused:
                row.refused.append(refused)
        if row.refused:
            self._refuse(row, names)
        return len(values)

    def _general_tails(self, pair: Pair, row: Row) -> list[str]:
        """Write a pair's lines the general way."""
        if pair.condition and not self._holds(pair.condition, row):
            return []
        found = pair.tails(row)
        if row.refused:
            self._refuse(row, pair.columns)
        return found


def _short_way(pair: Pair, row: Row) -> Column | Reference | None:
    """Find the short way to a pair's lines, in rows like this one."""
    name, write, origin = pair.objects.column, pair.objects.write, row.origin
    if pair.head is None or name is None or write is None:
        return None
    if origin.columns is None or name not in origin.columns or name in row.derived:
        return Reference(name, pair.head, write, pair.columns)
    position, nulls = origin.columns[name], origin.marks(name)
    return Column(position, nulls, pair.head, write, pair.objects.form, pair.columns)


def _may_be_alike(pairs: Iterable[Pair]) -> bool:
    """Say whether two pairs might write the same line about a subject."""
    told = [pair.sort for pair in pairs if not pair.fixed]
    fixed = {pair.sort for pair in pairs if pair.fixed}
    return None in told or len(set(told)) < len(told) or not fixed.isdisjoint(told)
