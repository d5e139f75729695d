"""CSVW metadata beside a CSV: its datatypes, null values and dialect, as defaults.

Only the file ``<name>-metadata.json`` beside the table is looked for (Tabular Data Model §5.3),
and what the mapping itself says wins. Columns are known by their titles, else by their names.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from parvis.errors import SourceError
from parvis.mapping.engine.values import CONVERTERS
from parvis.mapping.language.plan import EntityMap, PredicateObject, Reading, Source, Template
from parvis.vocab.prefixes import PREFIXES

Columns = Mapping[str, Mapping[str, Any]]
"""What is said of each column, by its heading; its table's and schema's words included."""

WHOLE = ("long", "int", "short", "byte", "nonNegativeInteger", "positiveInteger")
SAME = {"number": "decimal", "double": "decimal", "float": "decimal", "datetime": "dateTime"}
DATATYPES = SAME | dict.fromkeys(WHOLE, "integer")
"""Datatypes of CSVW (§5.11.1) that a converter of another name reads."""
PICTURES = {"yyyy": "%Y", "MM": "%m", "M": "%m", "dd": "%d", "d": "%d"}
PICTURES |= {"HH": "%H", "mm": "%M", "ss": "%S"}
"""Signs of CSVW's date formats (Tabular Data Model §6.4.4), as Python writes them."""


_UNTOLD = (Reading().group, Reading().point)


def described(
    source: Source, file: Path, entities: Iterable[EntityMap]
) -> tuple[Source, tuple[EntityMap, ...]]:
    """Complete a source and its entity maps by the metadata beside its file, if there is any.

    Raises `SourceError` for metadata that cannot be read.
    """
    beside = file.with_name(f"{file.name.removesuffix('.gz')}-metadata.json")
    if source.formulation != "csv" or not beside.is_file():
        return source, tuple(entities)
    table = _table(beside, file.name)
    columns = dict(_columns(table))
    dialect = table.get("dialect", {})
    complete = replace(
        source,
        encoding=source.encoding or dialect.get("encoding"),
        delimiter=source.delimiter or dialect.get("delimiter"),
        nulls_in={name: _nulls(said) for name, said in columns.items() if "null" in said},
        reading=_reading(source.reading, [_datatype(said) for said in columns.values()]),
    )
    datatypes = {
        name: found for name, said in columns.items() if (found := _converted(_datatype(said)))
    }
    return complete, tuple(_typed(entity, datatypes) for entity in entities)


def _table(beside: Path, name: str) -> dict[str, Any]:
    """Read the description of one table, which may stand among several."""
    try:
        found = json.loads(beside.read_text(encoding="utf-8-sig"))
        group: dict[str, Any] = dict(found)
        one = [table for table in group.get("tables", ()) if table["url"] == name]
        return group | one[0] if one else group
    except (OSError, ValueError, RecursionError, TypeError, KeyError) as error:
        raise SourceError(
            "{file} does not describe a table (CSVW): {reason}", file=beside.name, reason=error
        ) from error


def _columns(table: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each heading with what is said of it; a schema's words hold for all (§5.7)."""
    schema = table.get("tableSchema", {})
    for column in schema.get("columns", ()):
        titles = column.get("titles", column.get("name", ""))
        by_language = titles.values() if isinstance(titles, dict) else [titles]
        for several in by_language:
            for title in several if isinstance(several, list) else [several]:
                yield " ".join(title.split()), table | schema | column


def _nulls(said: Mapping[str, Any]) -> frozenset[str]:
    """Read a column's marks of absence, one or several."""
    null = said["null"]
    return frozenset(null if isinstance(null, list) else [null])


def _datatype(said: Mapping[str, Any]) -> dict[str, Any]:
    """Read a column's datatype, a name or an object."""
    told = said.get("datatype", {})
    return {"base": told} if isinstance(told, str) else dict(told)


def _converted(datatype: Mapping[str, Any]) -> str | None:
    """Give the datatype's IRI, if there is a converter for it."""
    base = datatype.get("base", "")
    found = PREFIXES["xsd"] + DATATYPES.get(base, base)
    return found if found in CONVERTERS else None


def _reading(told: Reading, datatypes: list[dict[str, Any]]) -> Reading:
    """Add how dates are written, and numbers if all columns agree and the mapping is silent."""
    formats = [one["format"] for one in datatypes if "format" in one]
    dates = [_picture(one) for one in formats if isinstance(one, str)]
    signs = {
        (one.get("groupChar", ""), one.get("decimalChar", "."))
        for one in formats
        if isinstance(one, dict)
    }
    group, point = told.group, told.point
    if len(signs) == 1 and (group, point) == _UNTOLD:
        group, point = signs.pop()
    known = dict.fromkeys([*told.dateformats, *dates])
    return replace(told, group=group, point=point, dateformats=tuple(known))


def _picture(text: str) -> str:
    """Write a date's format as Python does.

    >>> _picture("d/M/yyyy HH:mm")
    '%d/%m/%Y %H:%M'
    """
    return re.sub("[A-Za-z]+", lambda sign: PICTURES.get(sign[0], sign[0]), text)


def _typed(entity: EntityMap, datatypes: Mapping[str, str]) -> EntityMap:
    """Give a column's datatype to the literals made of it, where the mapping gives none."""
    pairs = tuple(_typed_pair(pair, datatypes) for pair in entity.predicate_objects)
    return replace(entity, predicate_objects=pairs)


def _typed_pair(pair: PredicateObject, datatypes: Mapping[str, str]) -> PredicateObject:
    """Do so for one literal."""
    made = pair.object
    only = made.value.reference if isinstance(made.value, Template) else None
    if only is None or made.kind != "literal" or made.datatype or made.language:
        return pair
    return replace(pair, object=replace(made, datatype=datatypes.get(only.name)))
