"""What the columns of CSV files mean (W3C: Metadata Vocabulary for Tabular Data)."""

from collections.abc import Sequence
from typing import Any

from parvis.rdf.dumps.columns import Column, Table
from parvis.vocab.prefixes import PREFIXES

NAME = "csv-metadata.json"
"""Where programs look for the description of the files beside it (Tabular Data Model §5.3)."""


ESCAPED = (
    "An apostrophe stands before a text that a spreadsheet would calculate: it is no part of it."
)


def metadata(tables: Sequence[Table], dataset: str, *, escaped: bool = False) -> dict[str, Any]:
    """Describe all tables of a dataset, and whether texts in them are escaped."""
    note = {"dc:description": ESCAPED} if escaped else {}
    return note | {
        "@context": "http://www.w3.org/ns/csvw",
        "dc:isPartOf": {"@id": dataset},
        "tables": [_table(one) for one in tables],
    }


def _table(table: Table) -> dict[str, Any]:
    """Describe a table: each row is about the thing that its first cell names."""
    named = {"name": "id", "titles": "id", "datatype": "anyURI", "required": True}
    columns = [named | {"suppressOutput": True}, *map(_column, table.columns.values())]
    found = {
        "url": f"{table.name}.csv",
        "tableSchema": {"columns": columns, "primaryKey": "id", "aboutUrl": "{+id}"},
    }
    return found | ({"dc:subject": {"@id": table.kind}} if table.kind else {})


def _column(column: Column) -> dict[str, Any]:
    """Describe a column."""
    found: dict[str, Any] = {
        "name": column.name,
        "titles": column.name,
        "propertyUrl": column.step,
        "datatype": _datatype(column),
    }
    if column.language:
        found["lang"] = column.language
    if column.separator:
        found["separator"] = column.separator
    elif not column.datatype:
        found["valueUrl"] = f"{{+{column.name}}}"
    return found


def _datatype(column: Column) -> str | dict[str, str]:
    """Name a datatype: XML Schema's by its own name (§5.11), others by their IRI."""
    if column.language:
        return "string"
    if not column.datatype:
        return "anyURI"
    if column.datatype.startswith(PREFIXES["xsd"]):
        return column.datatype.removeprefix(PREFIXES["xsd"])
    return {"base": "string", "@id": column.datatype}
