"""Where each subject was written: a side table, one line a subject and row.

It lies in a file of its own, so that a million rows cost no memory; whoever needs places asks
for those of some subjects at once, and the file is read through.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, TextIO

from parvis.mapping.engine.rows import Row
from parvis.mapping.language.plan import Document, column_behind, references
from parvis.report import Place

FEW = 10
"""How many rows are told of a subject."""

PlaceOf = Callable[[str, str | None], Place | None]
Spot = tuple[str, str | None, str, str | None]
"""A file, a sheet, the name of an entity map, and the column that was unpivoted into a row."""


@dataclass(frozen=True)
class Places:
    """The side table, if one was written, and which columns made an entity map's properties."""

    file: Path | None = None
    spots: tuple[Spot, ...] = ()
    columns: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def locate(self, subjects: Collection[str]) -> PlaceOf:
        """Look some subjects (IRIs) up; gives what tells the place of each, and of its property."""
        wanted = {f"<{subject}>" for subject in subjects}
        found: dict[str, tuple[Place, str]] = {}
        for subject, rest in self._lines() if wanted else ():
            if subject in wanted:
                found[subject[1:-1]] = self._place(rest)
                wanted.discard(subject)
                if not wanted:
                    break

        def place_of(subject: str, path: str | None) -> Place | None:
            if subject not in found:
                return None
            place, entity = found[subject]
            column = self.columns.get((entity, path)) if path else None
            return replace(place, column=column or place.column)

        return place_of

    def rows_of(self, subjects: Collection[str]) -> dict[str, list[Place]]:
        """Give the rows that wrote something new about each of some subjects, the first few."""
        found: dict[str, list[Place]] = {f"<{subject}>": [] for subject in subjects}
        for subject, rest in self._lines() if found else ():
            rows = found.get(subject)
            if rows is None or len(rows) == FEW:
                continue
            place, _ = self._place(rest)
            if place not in rows:
                rows.append(place)
        return {subject[1:-1]: rows for subject, rows in found.items()}

    def first(self, count: int) -> dict[str, Place]:
        """Give the subjects of the first rows that wrote any, each with its first place."""
        found: dict[str, Place] = {}
        rows: set[Place] = set()
        for subject, rest in self._lines():
            place, _ = self._place(rest)
            if place not in rows and len(rows) == count:
                break
            rows.add(place)
            found.setdefault(subject[1:-1], place)
        return found

    def _lines(self) -> Iterator[tuple[str, str]]:
        """Read the table: each subject, and the rest of its line."""
        if self.file is None:
            return
        with self.file.open(encoding="utf-8") as lines:
            for line in lines:
                subject, _, rest = line.partition("\t")
                yield subject, rest

    def _place(self, rest: str) -> tuple[Place, str]:
        """Read the rest of a line: a place, and the entity map that wrote."""
        spot, row, path = rest.rstrip("\n").split("\t")
        file, sheet, entity, column = self.spots[int(spot)]
        number = None if row == "None" else int(row)
        return Place(file, sheet, number, column, path or None), entity

    def to_json(self) -> dict[str, Any]:
        """Give the places as plain data; the table stays where it is."""
        columns = [[*key, column] for key, column in self.columns.items()]
        return {"file": self.file and str(self.file), "spots": self.spots, "columns": columns}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(
            file=found["file"] and Path(found["file"]),
            spots=tuple(
                (file, sheet, name, column) for file, sheet, name, column in found["spots"]
            ),
            columns={(entity, path): column for entity, path, column in found["columns"]},
        )


# The side table of places, written while rows are converted.


class PlacesWriter:
    """Writes the side table while rows are converted."""

    def __init__(self, out: TextIO) -> None:
        """Write to a text stream."""
        self._out = out
        self.spots: dict[Spot, int] = {}

    def spot(self, row: Row, entity: str) -> int:
        """Give a number to what the rows of a file or sheet share in an entity map.

        Rows that are unpivoted share their column too.
        """
        key = (row.origin.file, row.origin.sheet, entity, row.column)
        return self.spots.setdefault(key, len(self.spots))

    def write(self, subject: str, spot: int, row: Row) -> None:
        """Note that a row wrote about a subject (``<IRI>``)."""
        path = "" if row.path is None else row.path
        self._out.write(f"{subject}\t{spot}\t{row.number}\t{path}\n")


def columns_of(document: Document) -> dict[tuple[str, str], str]:
    """Say for each entity map and predicate which column is read first.

    What is read of an unpivoted column is of another one from row to row: the spot tells which.
    """
    found = {}
    for entity in document.entities:
        source = document.sources[entity.sources[0]]
        spread = {source.unpivot.name_as, source.unpivot.value_as} if source.unpivot else set()
        for pair in entity.predicate_objects:
            if isinstance(pair.predicate, str) and (names := references(pair.object.value)):
                column = column_behind(source, min(names))
                if column not in spread:
                    found[entity.name, pair.predicate] = column
    return found
