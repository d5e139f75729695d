"""The places of subjects in their files: a side table, one line per subject and row.

The table is a file, so that a million rows cost no memory; the places of several subjects are
looked up in one pass.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Self

from parvis.mapping.engine.rows import SourceRow
from parvis.mapping.language.plan import MappingDocument, references, source_column
from parvis.report import Place

FEW = 10
"""Largest number of rows reported of a subject."""

PlaceOf = Callable[[str, str | None], Place | None]
Spot = tuple[str, str | None, str, str | None]
"""A file, a sheet, the name of an entity map, and the column that was unpivoted into a row."""


@dataclass(frozen=True)
class SubjectPlaces:
    """The side table, if one was written, and the columns of the entity maps' properties."""

    file: Path | None = None
    spots: tuple[Spot, ...] = ()
    columns: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def locate(self, subjects: Collection[str]) -> PlaceOf:
        """Return a function from a subject (IRI) and a property to their place."""
        pending = {f"<{subject}>" for subject in subjects}
        located: dict[str, tuple[Place, str]] = {}
        for subject, spot in self._lines() if pending else ():
            if subject in pending:
                located[subject[1:-1]] = self._place(spot)
                pending.discard(subject)
                # The table may have millions of lines: stop at the last subject.
                if not pending:
                    break

        def place_of(subject: str, path: str | None) -> Place | None:
            if subject not in located:
                return None
            place, entity = located[subject]
            column = self.columns.get((entity, path)) if path else None
            return replace(place, column=column or place.column)

        return place_of

    def rows_of(self, subjects: Collection[str], most: float = FEW) -> dict[str, list[Place]]:
        """Return the rows that wrote something new about each subject, the first `most` of them."""
        places: dict[str, list[Place]] = {f"<{subject}>": [] for subject in subjects}
        for subject, spot in self._lines() if places else ():
            rows = places.get(subject)
            if rows is None or len(rows) >= most:
                continue
            place, _ = self._place(spot)
            if place not in rows:
                rows.append(place)
        return {subject[1:-1]: rows for subject, rows in places.items()}

    def first_places(self, count: int) -> dict[str, Place]:
        """Return the subjects of the first `count` rows, each with its first place."""
        places: dict[str, Place] = {}
        rows: set[Place] = set()
        for subject, spot in self._lines():
            place, _ = self._place(spot)
            if place not in rows and len(rows) == count:
                break
            rows.add(place)
            places.setdefault(subject[1:-1], place)
        return places

    def _lines(self) -> Iterator[tuple[str, str]]:
        """Yield each subject of the table, with the remainder of its line."""
        if self.file is None:
            return
        with self.file.open(encoding="utf-8") as lines:
            for line in lines:
                subject, _, spot = line.partition("\t")
                yield subject, spot

    def _place(self, line: str) -> tuple[Place, str]:
        """Parse a line after its subject: return the place and the entity map."""
        spot, row, path = line.rstrip("\n").split("\t")
        file, sheet, entity, column = self.spots[int(spot)]
        number = None if row == "None" else int(row)
        return Place(file, sheet, number, column, path or None), entity

    def to_json(self) -> dict[str, Any]:
        columns = [[*key, column] for key, column in self.columns.items()]
        return {"file": self.file and str(self.file), "spots": self.spots, "columns": columns}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            file=document["file"] and Path(document["file"]),
            spots=tuple(
                (file, sheet, name, column) for file, sheet, name, column in document["spots"]
            ),
            columns={(entity, path): column for entity, path, column in document["columns"]},
        )


class PlacesWriter:
    """Write the side table while rows are converted."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.spots: dict[Spot, int] = {}

    def spot(self, row: SourceRow, entity: str) -> int:
        """Return the number of what the rows of a file or sheet share in an entity map.

        Unpivoted rows share their column too.
        """
        key = (row.origin.file, row.origin.sheet, entity, row.column)
        return self.spots.setdefault(key, len(self.spots))

    def write(self, subject: bytes, spot: int, row: SourceRow) -> None:
        """Record that a row wrote about a subject (``<IRI>``)."""
        path = "" if row.path is None else row.path
        self._out.write(subject + f"\t{spot}\t{row.number}\t{path}\n".encode())


def first_columns(document: MappingDocument) -> dict[tuple[str, str], str]:
    """Return the first column that each entity map and predicate reads."""
    columns = {}
    for entity in document.entities:
        source = document.sources[entity.sources[0]]
        # An unpivoted row's column differs from row to row: its spot holds it.
        spread = {source.unpivot.name_as, source.unpivot.value_as} if source.unpivot else set()
        for pair in entity.predicate_objects:
            if isinstance(pair.predicate, str) and (names := references(pair.object.value)):
                column = source_column(source, min(names))
                if column not in spread:
                    columns[entity.name, pair.predicate] = column
    return columns
