"""The side table of places, written while rows are converted."""

from typing import TYPE_CHECKING, TextIO

from parvis.mapping.plan import Document, column_behind, references
from parvis.mapping.rows import Row

if TYPE_CHECKING:
    from parvis.mapping.places import Spot


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
