"""Parse the requests of the Reconciliation API, version 0.2.

Errors name the place in the document, before anything is searched.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.pooling.serving.reconciliation.kinds import service_types

BATCH = 50
"""Queries of a batch."""
CANDIDATES, MOST_CANDIDATES = 10, 50
"""Candidates of a query by default, and at most."""
EXTENDED, PROPERTIES = 100, 20
"""Entities, and properties, of one data extension request."""
LONGEST = 1_000
"""Characters of a value that are read."""

NO_JSON = N_("{place}: this is not JSON ({reason})")
NO_OBJECT = N_("{place}: an object is wanted here")
NO_LIST = N_("{place}: a list is wanted here")
NO_TEXT = N_("{place}: a text is wanted here")
NO_VALUE = N_("{place}: a text, a number, a yes or no, or an object with an “id” is wanted here")
NO_LIMIT = N_("{place}: a whole number from 1 to {most} is wanted here")
NOT_LISTED = N_("{place}: one of {choices} is wanted here")
STRICTNESS = ("any", "should", "all")
EMPTY = N_("{place}: there is neither a name nor a value of a property to look for")


@dataclass(frozen=True)
class QueryValue:
    """A value: its text, and the IRI of an entity that was reconciled already."""

    text: str
    iri: str | None = None


@dataclass(frozen=True)
class PropertyCondition:
    """A condition on a property: it has any of some values."""

    property: str
    values: tuple[QueryValue, ...]


@dataclass(frozen=True)
class ReconciliationQuery:
    """A reconciliation query: by names, of some types, with conditions on properties."""

    names: tuple[str, ...]
    types: tuple[str, ...] = ()
    all_types: bool = False
    limit: int = CANDIDATES
    conditions: tuple[PropertyCondition, ...] = ()


@dataclass(frozen=True)
class ExtensionProperty:
    """A property of a data extension, with the greatest number of its values; 0 is no limit."""

    property: str
    limit: int = 0


@dataclass(frozen=True)
class ExtensionRequest:
    """A data extension request: properties of entities."""

    entities: tuple[str, ...]
    properties: tuple[ExtensionProperty, ...]


def parse_json(text: str | bytes, place: str) -> Any:  # noqa: ANN401 - JSON is anything
    """Parse JSON; raises `UsageError`."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = f"{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else "…"
        raise UsageError(NO_JSON, place=place, reason=reason) from error


def parse_batch(document: Any) -> dict[str, ReconciliationQuery]:  # noqa: ANN401 - JSON is anything
    """Read a batch: an object of queries by their keys. Raises `UsageError`."""
    queries = _object(document, "queries")
    return {key: _parse_query(query, f"queries.{key}") for key, query in queries.items()}


def parse_extension(document: Any) -> ExtensionRequest:  # noqa: ANN401 - JSON is anything
    """Read a data extension request. Raises `UsageError`."""
    body = _object(document, "extend")
    iris = [_text(iri, f"ids[{n}]") for n, iri in enumerate(_list(body.get("ids"), "ids"))]
    properties = []
    for number, entry in enumerate(_list(body.get("properties"), "properties")):
        place = f"properties[{number}]"
        wish = _object(entry, place)
        settings = _object(wish.get("settings") or {}, f"{place}.settings")
        # Clients send numbers as texts too.
        limit = str(settings.get("limit") or 0).partition(".")[0]
        if not (limit.isascii() and limit.isdigit() and len(limit) < 10):  # noqa: PLR2004 - digits
            raise UsageError(NO_LIMIT, place=f"{place}.settings.limit", most=1_000)
        properties.append(ExtensionProperty(_text(wish.get("id"), f"{place}.id"), int(limit)))
    return ExtensionRequest(tuple(dict.fromkeys(iris)), tuple(properties))


def _parse_query(document: Any, place: str) -> ReconciliationQuery:  # noqa: ANN401 - JSON is anything
    """Read a query (§3.1)."""
    body = _object(document, place)
    name = _text(body.get("query", ""), f"{place}.query")
    types = body.get("type") or []
    types = [types] if isinstance(types, str) else _list(types, f"{place}.type")
    strict = body.get("type_strict", "any")
    if strict not in STRICTNESS:
        raise UsageError(NOT_LISTED, place=f"{place}.type_strict", choices=", ".join(STRICTNESS))
    conditions = []
    for number, entry in enumerate(_list(body.get("properties") or [], f"{place}.properties")):
        at = f"{place}.properties[{number}]"
        condition = _object(entry, at)
        values = _values(condition.get("v"), f"{at}.v")
        conditions.append(PropertyCondition(_text(condition.get("pid"), f"{at}.pid"), values))
    if not name.strip() and not any(v.text.strip() for c in conditions for v in c.values):
        raise UsageError(EMPTY, place=place)
    return ReconciliationQuery(
        names=(name,) if name.strip() else (),
        types=tuple(service_types().require(_text(t, f"{place}.type")).iri for t in types),
        all_types=strict == "all",
        limit=_limit(body, place),
        conditions=tuple(conditions),
    )


def _values(document: Any, place: str) -> tuple[QueryValue, ...]:  # noqa: ANN401 - JSON is anything
    """Read one value or a list of values (§2.4)."""
    values = []
    for entry in document if isinstance(document, list) else [document]:
        match entry:
            case bool():
                values.append(QueryValue(str(entry).lower()))
            case str() | int() | float():
                values.append(QueryValue(str(entry)[:LONGEST]))
            case {"id": str(iri)}:
                name = entry.get("name")
                values.append(QueryValue(name[:LONGEST] if isinstance(name, str) else iri, iri))
            case _:
                raise UsageError(NO_VALUE, place=place)
    return tuple(values)


def _limit(body: Mapping[str, Any], place: str) -> int:
    limit = body.get("limit")
    if limit is None:
        return CANDIDATES
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not limit >= 1:
        raise UsageError(NO_LIMIT, place=f"{place}.limit", most=MOST_CANDIDATES)
    return int(min(limit, MOST_CANDIDATES))


def _object(document: Any, place: str) -> Mapping[str, Any]:  # noqa: ANN401 - JSON is anything
    if not isinstance(document, dict):
        raise UsageError(NO_OBJECT, place=place)
    return document


def _list(document: Any, place: str) -> list[Any]:  # noqa: ANN401 - JSON is anything
    if not isinstance(document, list):
        raise UsageError(NO_LIST, place=place)
    return document


def _text(document: Any, place: str) -> str:  # noqa: ANN401 - JSON is anything
    if not isinstance(document, str):
        raise UsageError(NO_TEXT, place=place)
    return document[:LONGEST]
