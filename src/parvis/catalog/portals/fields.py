"""Which field of a CKAN gets what: a small TOML file, one for a stock CKAN built in.

A template is a text with facts in braces, ``"{title.fr}"``; one that is a single fact keeps its
list, and one whose facts are all missing leaves its field out. A table is a template for each of
its keys. ``[values.FIELD]`` writes a value as the portal does; ``"*"`` stands for all others, and
an empty text leaves the value out.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

from parvis.catalog.portals.record import FACTS, RESOURCE_FACTS, Facts, Value
from parvis.errors import UsageError

Rendered = Any
"""A text, a list of texts, a number or boolean of the file, or a table of these."""

BUILT_IN = ("ckan", "donnees-quebec")
DEFAULT = "ckan"
TABLES = ("organizations", "dataset", "extras", "resource", "values")
KEEPERS = frozenset({"id", "name", "owner_org", "state", "private", "extras", "resources"})
"""Fields that are parvis's own to set."""
MARK = "parvis_"
"""How the extras begin by which parvis knows its own."""

_FACT = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Fields:
    """Templates of a dataset's fields and extras, and of its resources'; how values are written.

    `organizations` names the portal's organisation of a partner, by the partner's slug.
    """

    organizations: Mapping[str, str] = field(default_factory=dict)
    dataset: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)
    resource: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def load(cls, name: str = DEFAULT) -> Self:
        """Read a mapping that is built in, or a file; ``extends`` begins with another.

        Raises `UsageError` naming the file, for what it cannot say.
        """
        return cls(**_loaded(name, set()))

    def of_dataset(self, facts: Facts) -> dict[str, Rendered]:
        """Fill a dataset's fields."""
        return self._filled(self.dataset, facts)

    def of_extras(self, facts: Facts) -> dict[str, Rendered]:
        """Fill a dataset's extras."""
        return self._filled(self.extras, facts)

    def of_resource(self, facts: Facts) -> dict[str, Rendered]:
        """Fill a resource's fields."""
        return self._filled(self.resource, facts)

    def _filled(self, templates: Mapping[str, Any], facts: Facts) -> dict[str, Rendered]:
        found = {name: self._field(name, one, facts) for name, one in templates.items()}
        return {name: value for name, value in found.items() if value not in (None, "", [], {})}

    def _field(self, name: str, template: object, facts: Facts) -> Rendered:
        """Fill one field, its values written as the portal does."""
        value, table = _fill(template, facts), self.values.get(name, {})
        if isinstance(value, list):
            written = (table.get(one, table.get("*", one)) for one in value)
            return [one for one in dict.fromkeys(written) if one]
        return table.get(value, table.get("*", value)) if isinstance(value, str) else value


def _fill(template: object, facts: Facts) -> Rendered:
    """Put facts into a template; None where it needs facts and has none."""
    if isinstance(template, dict):
        filled = {key: _fill(one, facts) for key, one in template.items()}
        return {key: value for key, value in filled.items() if value}
    if not isinstance(template, str):
        return template
    names = _FACT.findall(template)
    if not names:
        return template
    if template == f"{{{names[0]}}}":
        return facts.get(names[0])
    if not any(name in facts for name in names):
        return None
    return _FACT.sub(lambda found: _text(facts.get(found[1], "")), template).strip()


def _text(value: Value) -> str:
    """Write a value inside a longer text."""
    return value if isinstance(value, str) else ", ".join(value)


def _loaded(name: str, seen: set[str]) -> dict[str, Any]:
    """Read a file over the one that it extends."""
    if name in seen:
        raise UsageError("{file} extends itself", file=name)
    found = _read(name)
    base = found.pop("extends", None)
    whole = _loaded(_beside(name, base), seen | {name}) if base is not None else {}
    _check(name, found)
    for table, said in found.items():
        mine = whole.setdefault(table, {})
        for key, value in said.items():
            both = table == "values" and key in mine
            mine[key] = {**mine[key], **value} if both else value
    return whole


def _beside(name: str, base: object) -> str:
    """Tell which file one extends: a built-in one, or one beside it."""
    if not isinstance(base, str):
        raise UsageError("{file}: “extends” is no name of a file", file=name)
    return base if base in BUILT_IN else str(Path(name).parent / base)


def _read(name: str) -> dict[str, Any]:
    """Read a file's tables."""
    place = (
        files("parvis.catalog.portals") / "fields" / f"{name}.toml"
        if name in BUILT_IN
        else Path(name)
    )
    try:
        return tomllib.loads(place.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(
            "there are no fields “{file}”: neither a file, nor one of {names}",
            file=name,
            names=", ".join(BUILT_IN),
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError("{file} is not valid TOML: {reason}", file=name, reason=error) from error


def _check(name: str, found: Mapping[str, Any]) -> None:
    """Refuse tables and facts that do not exist, and fields that are parvis's own."""
    for table, said in found.items():
        if table not in TABLES or not isinstance(said, dict):
            raise UsageError("{file}: there is no table [{table}]", file=name, table=table)
    for table, known in (("dataset", FACTS), ("extras", FACTS), ("resource", RESOURCE_FACTS)):
        for fact in _facts(found.get(table, {}).values()):
            if fact not in known:
                raise UsageError(
                    "{file}, [{table}]: there is no fact “{fact}”",
                    file=name,
                    table=table,
                    fact=fact,
                )
    own = KEEPERS & found.get("dataset", {}).keys() | {
        key for key in found.get("extras", {}) if key.startswith(MARK)
    }
    for key in sorted(own):
        raise UsageError("{file}: the field “{field}” is set by parvis", file=name, field=key)
    _check_values(name, found)


def _check_values(name: str, found: Mapping[str, Any]) -> None:
    """Refuse anything but texts where a value is written as another."""
    tables = (found.get("organizations", {}), *found.get("values", {}).values())
    for table in tables:
        texts = isinstance(table, dict) and all(isinstance(one, str) for one in table.values())
        if not texts:
            raise UsageError("{file}: [values] and [organizations] hold texts", file=name)


def _facts(templates: Iterable[object]) -> Iterator[str]:
    """Give the facts that templates name."""
    for template in templates:
        if isinstance(template, dict):
            yield from _facts(template.values())
        elif isinstance(template, str):
            yield from _FACT.findall(template)
