"""The tables of a dataset's ``csv.zip`` as resources of a Data Package, each with its schema.

They are made of the description in the archive (CSVW): https://datapackage.org/standard/table-schema
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from parvis.rdf.formats import CSVW_NAME

ENDING = ".csv.zip"
"""How the address of the archive ends."""
CACHED = 256
"""How many datasets' tables are remembered."""

_INTEGERS = "integer long int short byte nonNegativeInteger positiveInteger unsignedInt"
TYPES = dict.fromkeys(_INTEGERS.split(), "integer") | {
    "decimal": "number",
    "double": "number",
    "float": "number",
    "boolean": "boolean",
    "date": "date",
    "dateTime": "datetime",
    "gYear": "year",
}
"""The types of Table Schema by those of CSVW; all others are texts."""
FORMATS = {"anyURI": "uri", "dateTime": "any"}
"""The formats of fields: by default a time would have no offset."""


def list_table_resources(
    resources: Sequence[Mapping[str, Any]], archive: Path, sha256: str
) -> list[dict[str, Any]]:
    """Return a package's resources, the archive's replaced by one for each of its tables."""
    replaced: list[dict[str, Any]] = []
    for resource in resources:
        if str(resource.get("path")).endswith(ENDING):
            replaced.extend({**resource, **table} for table in _read_tables(archive, sha256))
        else:
            replaced.append(dict(resource))
    return replaced


@lru_cache(CACHED)
def _read_tables(archive: Path, _sha256: str) -> tuple[dict[str, Any], ...]:
    """Return what is of each table's resource alone; the digest is part of the cache key."""
    with ZipFile(archive) as members:
        tables = json.loads(members.read(CSVW_NAME))["tables"]
    return tuple(map(_describe_table, tables))


def _describe_table(table: Mapping[str, Any]) -> dict[str, Any]:
    file = table["url"]
    name = file.removesuffix(".csv")
    schema = table["tableSchema"]
    fields = [dict(_describe_field(column)) for column in schema["columns"]]
    return {
        "name": f"table-{name.lower().replace('_', '-')}",
        "title": name,
        "type": "table",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        # Not part of the standard, but what its tools read of an archive.
        "compression": "zip",
        "innerpath": file,
        "schema": {"fields": fields, "primaryKey": [schema["primaryKey"]]},
    }


def _describe_field(column: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "name", column["name"]
    # Several values of a cell are one text.
    datatype = "string" if "separator" in column else column["datatype"]
    kind = TYPES.get(datatype, "string") if isinstance(datatype, str) else "string"
    yield "type", kind
    if isinstance(datatype, str) and datatype in FORMATS:
        yield "format", FORMATS[datatype]
    if "propertyUrl" in column:
        yield "rdfType", column["propertyUrl"]
    if column.get("required"):
        yield "constraints", {"required": True}
