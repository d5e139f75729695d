"""What is asked, as versions 0.2 and 1.0-draft of the API write it, brought to one form.

What is written wrongly is told by the place where it stands, before anything is looked for.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.pooling.serving.reconciliation.kinds import kinds

BATCH = 50
"""Queries of a batch."""
CANDIDATES, MOST_CANDIDATES = 10, 50
"""Candidates of a query by default, and at most."""
EXTENDED, PROPERTIES = 100, 20
"""Things, and their properties, that are asked for at once."""
LONGEST = 1_000
"""Characters of a value that count."""

NO_JSON = N_("{place}: this is not JSON ({reason})")
NO_OBJECT = N_("{place}: an object is wanted here")
NO_LIST = N_("{place}: a list is wanted here")
NO_TEXT = N_("{place}: a text is wanted here")
NO_VALUE = N_("{place}: a text, a number, a yes or no, or an object with an “id” is wanted here")
NO_LIMIT = N_("{place}: a whole number from 1 to {most} is wanted here")
NOT_LISTED = N_("{place}: one of {known} is wanted here")
EMPTY = N_("{place}: there is neither a name nor a value of a property to look for")


@dataclass(frozen=True)
class Value:
    """A value: its text and, of a thing that was reconciled already, its IRI."""

    text: str
    iri: str | None = None


@dataclass(frozen=True)
class Condition:
    """What a property should be: one of some values, all of them, or none."""

    property: str
    values: tuple[Value, ...]
    required: bool = False
    quantifier: str = "any"


@dataclass(frozen=True)
class Query:
    """What one looks for: by a name, of some types, with properties."""

    names: tuple[str, ...]
    types: tuple[str, ...] = ()
    all_types: bool = False
    limit: int = CANDIDATES
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Wish:
    """A property that is asked for, with the greatest number of its values; 0 is no limit."""

    property: str
    limit: int = 0


@dataclass(frozen=True)
class Extension:
    """Properties that are asked for of things."""

    things: tuple[str, ...]
    wishes: tuple[Wish, ...]


def parsed(text: str | bytes, place: str) -> Any:  # noqa: ANN401 - JSON is anything
    """Read JSON; raises `UsageError`."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = f"{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else "…"
        raise UsageError(NO_JSON, place=place, reason=reason) from error


def batch(found: Any) -> dict[str, Query]:  # noqa: ANN401 - JSON is anything
    """Read a batch of version 0.2: an object of queries by their keys. Raises `UsageError`."""
    return {key: _query(one, f"queries.{key}") for key, one in _object(found, "queries").items()}


def conditions(found: Any) -> list[Query]:  # noqa: ANN401 - JSON is anything
    """Read a batch of version 1.0-draft: a list of queries. Raises `UsageError`."""
    listed = _list(_object(found, "body").get("queries"), "queries")
    return [_by_conditions(one, f"queries[{number}]") for number, one in enumerate(listed)]


def extension(found: Any) -> Extension:  # noqa: ANN401 - JSON is anything
    """Read what is asked for of things, alike in both versions. Raises `UsageError`."""
    body = _object(found, "extend")
    things = [
        _text(one, f"ids[{number}]") for number, one in enumerate(_list(body.get("ids"), "ids"))
    ]
    listed = _list(body.get("properties"), "properties")
    wishes = [_wish(one, f"properties[{number}]") for number, one in enumerate(listed)]
    return Extension(tuple(dict.fromkeys(things)), tuple(wishes))


def _query(found: Any, place: str) -> Query:  # noqa: ANN401 - JSON is anything
    """Read a query of version 0.2 (§3.1)."""
    body = _object(found, place)
    name = _text(body.get("query", ""), f"{place}.query")
    given = body.get("type") or []
    types = [given] if isinstance(given, str) else _list(given, f"{place}.type")
    listed = _list(body.get("properties") or [], f"{place}.properties")
    strict = _among(body, "type_strict", ("any", "should", "all"), place)
    return _checked(
        Query(
            names=(name,) if name.strip() else (),
            types=_types(types, place),
            all_types=strict == "all",
            limit=_limit(body, place),
            conditions=tuple(
                Condition(_text(one.get("pid"), f"{at}.pid"), _values(one.get("v"), f"{at}.v"))
                for at, one in _objects(listed, f"{place}.properties")
            ),
        ),
        place,
    )


def _by_conditions(found: Any, place: str) -> Query:  # noqa: ANN401 - JSON is anything
    """Read a query of version 1.0-draft (§4.1)."""
    body = _object(found, place)
    names: list[str] = []
    others: list[Condition] = []
    listed = _list(body.get("conditions"), f"{place}.conditions")
    for at, one in _objects(listed, f"{place}.conditions"):
        values = _values(one.get("propertyValue"), f"{at}.propertyValue")
        if _among(one, "matchType", ("name", "property"), at) == "name":
            names += [value.text for value in values if value.text.strip()]
        else:
            others.append(_condition(one, values, at))
    type_ = body.get("type")
    types = [] if type_ is None else [type_]
    query = Query(tuple(names), _types(types, place), False, _limit(body, place), tuple(others))  # noqa: FBT003 - a record
    return _checked(query, place)


def _condition(one: Mapping[str, Any], values: tuple[Value, ...], place: str) -> Condition:
    """Read a condition on a property."""
    return Condition(
        _text(one.get("propertyId"), f"{place}.propertyId"),
        values,
        required=one.get("required") is True,
        quantifier=_among(one, "matchQuantifier", ("any", "all", "none"), place),
    )


def _checked(query: Query, place: str) -> Query:
    """Refuse a query that asks for nothing."""
    if not query.names and not any(
        value.text.strip() for one in query.conditions for value in one.values
    ):
        raise UsageError(EMPTY, place=place)
    return query


def _types(found: list[Any], place: str) -> tuple[str, ...]:
    """Read types. Raises `UsageError` for one that there is not."""
    return tuple(kinds().require(_text(one, f"{place}.type")).iri for one in found)


def _values(found: Any, place: str) -> tuple[Value, ...]:  # noqa: ANN401 - JSON is anything
    """Read one value, or several."""
    return tuple(_value(one, place) for one in (found if isinstance(found, list) else [found]))


def _value(found: Any, place: str) -> Value:  # noqa: ANN401 - JSON is anything
    """Read a value (§2.4)."""
    match found:
        case bool():
            return Value(str(found).lower())
        case str() | int() | float():
            return Value(str(found)[:LONGEST])
        case {"id": str(iri)}:
            name = found.get("name")
            return Value(name[:LONGEST] if isinstance(name, str) else iri, iri)
    raise UsageError(NO_VALUE, place=place)


def _wish(found: Any, place: str) -> Wish:  # noqa: ANN401 - JSON is anything
    """Read a property that is asked for; clients send numbers as texts too."""
    body = _object(found, place)
    settings = _object(body.get("settings") or {}, f"{place}.settings")
    number = str(settings.get("limit") or 0).partition(".")[0]
    if not (number.isascii() and number.isdigit() and len(number) < 10):  # noqa: PLR2004 - digits
        raise UsageError(NO_LIMIT, place=f"{place}.settings.limit", most=1_000)
    return Wish(_text(body.get("id"), f"{place}.id"), int(number))


def _limit(body: Mapping[str, Any], place: str) -> int:
    """Read how many candidates are wanted; more than there may be are as many as there may."""
    found = body.get("limit")
    if found is None:
        return CANDIDATES
    if isinstance(found, bool) or not isinstance(found, int | float) or not found >= 1:
        raise UsageError(NO_LIMIT, place=f"{place}.limit", most=MOST_CANDIDATES)
    return int(min(found, MOST_CANDIDATES))


def _among(body: Mapping[str, Any], name: str, known: tuple[str, ...], place: str) -> str:
    """Read one of some words; the first is what is meant by nothing."""
    found = body.get(name, known[0])
    if found not in known:
        raise UsageError(NOT_LISTED, place=f"{place}.{name}", known=", ".join(known))
    return str(found)


def _objects(found: list[Any], place: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Read a list of objects, each with its place."""
    places = (f"{place}[{number}]" for number in range(len(found)))
    return [(at, _object(one, at)) for at, one in zip(places, found, strict=True)]


def _object(found: Any, place: str) -> Mapping[str, Any]:  # noqa: ANN401 - JSON is anything
    """Read an object."""
    if not isinstance(found, dict):
        raise UsageError(NO_OBJECT, place=place)
    return found


def _list(found: Any, place: str) -> list[Any]:  # noqa: ANN401 - JSON is anything
    """Read a list."""
    if not isinstance(found, list):
        raise UsageError(NO_LIST, place=place)
    return found


def _text(found: Any, place: str) -> str:  # noqa: ANN401 - JSON is anything
    """Read a text."""
    if not isinstance(found, str):
        raise UsageError(NO_TEXT, place=place)
    return found[:LONGEST]
