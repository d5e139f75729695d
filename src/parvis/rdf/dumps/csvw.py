"""Describe the columns of CSV files (W3C: Metadata Vocabulary for Tabular Data)."""

from collections.abc import Sequence
from typing import Any

from parvis.rdf.dumps.columns import DumpColumn, DumpTable
from parvis.vocab.prefixes import PREFIXES

NAME = "csv-metadata.json"
"""The standard name of the description of the files in a folder (Tabular Data Model §5.3)."""

ESCAPED = (
    "An apostrophe stands before a text that a spreadsheet would calculate: it is no part of it."
)


def metadata(tables: Sequence[DumpTable], dataset: str, *, escaped: bool = False) -> dict[str, Any]:
    """Describe all tables of a dataset, and whether their texts are escaped."""
    note = {"dc:description": ESCAPED} if escaped else {}
    identifier = {
        "name": "id",
        "titles": "id",
        "datatype": "anyURI",
        "required": True,
        "suppressOutput": True,  # the cell is the subject, not a value
    }
    descriptions = []
    for table in tables:
        columns = [identifier, *map(_describe_column, table.columns.values())]
        description = {
            "url": f"{table.name}.csv",
            # Each row is about the entity that its first cell names.
            "tableSchema": {"columns": columns, "primaryKey": "id", "aboutUrl": "{+id}"},
        }
        subject = {"dc:subject": {"@id": table.kind}} if table.kind else {}
        descriptions.append(description | subject)
    return note | {
        "@context": "http://www.w3.org/ns/csvw",
        "dc:isPartOf": {"@id": dataset},
        "tables": descriptions,
    }


def _describe_column(column: DumpColumn) -> dict[str, Any]:
    description: dict[str, Any] = {
        "name": column.name,
        "titles": column.name,
        "propertyUrl": column.step,
        "datatype": _name_datatype(column),
    }
    if column.language:
        description["lang"] = column.language
    if column.separator:
        description["separator"] = column.separator
    elif not column.datatype:
        description["valueUrl"] = f"{{+{column.name}}}"
    return description


def _name_datatype(column: DumpColumn) -> str | dict[str, str]:
    """Return XML Schema's datatypes by their own name (§5.11), others by their IRI."""
    # A text in a language has no datatype of its own in CSVW.
    if column.language:
        return "string"
    if not column.datatype:
        return "anyURI"
    if column.datatype.startswith(PREFIXES["xsd"]):
        return column.datatype.removeprefix(PREFIXES["xsd"])
    return {"base": "string", "@id": column.datatype}
