"""How a CKAN's fields are filled: a small TOML file, with one for a stock CKAN built in.

A template is a text with facts in braces, ``"{title.fr}"``; one that is a single fact keeps its
list, and one whose facts are all missing leaves its field out. A table is a template for each of
its keys. ``[values.FIELD]`` translates a value to the portal's; ``"*"`` stands for all others,
and an empty text leaves the value out.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

from parvis.catalog.portals.record import FACTS, RESOURCE_FACTS, Facts
from parvis.errors import UsageError

Rendered = Any
"""A text, a list of texts, a number or boolean of the file, or a table of these."""

BUILT_IN = ("ckan", "donnees-quebec")
DEFAULT = "ckan"
TABLES = ("organizations", "dataset", "extras", "resource", "values")
KEEPERS = frozenset({"id", "name", "owner_org", "state", "private", "extras", "resources"})
"""Fields that are parvis's own to set."""
MARK = "parvis_"
"""The prefix of the extras that parvis sets."""

_FACT = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Fields:
    """Templates of the fields and extras of datasets and resources; translations of values.

    `organizations` has the portal's organisation of a partner, by the partner's slug.
    """

    organizations: Mapping[str, str] = field(default_factory=dict)
    dataset: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)
    resource: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def load(cls, name: str = DEFAULT) -> Self:
        """Read a mapping that is built in, or a file; ``extends`` names another one to start from.

        Raises `UsageError` naming the file.
        """
        return cls(**_load_tables(name, set()))

    def of_dataset(self, facts: Facts) -> dict[str, Rendered]:
        return self._fill_fields(self.dataset, facts)

    def of_extras(self, facts: Facts) -> dict[str, Rendered]:
        return self._fill_fields(self.extras, facts)

    def of_resource(self, facts: Facts) -> dict[str, Rendered]:
        return self._fill_fields(self.resource, facts)

    def _fill_fields(self, templates: Mapping[str, Any], facts: Facts) -> dict[str, Rendered]:
        rendered = {}
        for name, template in templates.items():
            value, table = _fill(template, facts), self.values.get(name, {})
            if isinstance(value, list):
                translated = (table.get(text, table.get("*", text)) for text in value)
                value = [text for text in dict.fromkeys(translated) if text]
            elif isinstance(value, str):
                value = table.get(value, table.get("*", value))
            if value not in (None, "", [], {}):
                rendered[name] = value
        return rendered


def _fill(template: object, facts: Facts) -> Rendered:
    """Put facts into a template; None where it needs facts and has none."""
    if isinstance(template, dict):
        filled = {key: _fill(part, facts) for key, part in template.items()}
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
    values = {name: facts.get(name, "") for name in names}
    texts = {name: v if isinstance(v, str) else ", ".join(v) for name, v in values.items()}
    return _FACT.sub(lambda match: texts[match[1]], template).strip()


def _load_tables(name: str, seen: set[str]) -> dict[str, Any]:
    if name in seen:
        raise UsageError("{file} extends itself", file=name)
    tables = _read_tables(name)
    base = tables.pop("extends", None)
    merged: dict[str, Any] = {}
    if base is not None:
        if not isinstance(base, str):
            raise UsageError("{file}: “extends” is no name of a file", file=name)
        # A base is built in, or a file next to the one that extends it.
        origin = base if base in BUILT_IN else str(Path(name).parent / base)
        merged = _load_tables(origin, seen | {name})
    _check_tables(name, tables)
    for table, entries in tables.items():
        target = merged.setdefault(table, {})
        for key, value in entries.items():
            both = table == "values" and key in target
            target[key] = {**target[key], **value} if both else value
    return merged


def _read_tables(name: str) -> dict[str, Any]:
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


def _check_tables(name: str, document: Mapping[str, Any]) -> None:
    for table, content in document.items():
        if table not in TABLES or not isinstance(content, dict):
            raise UsageError("{file}: there is no table [{table}]", file=name, table=table)
    for table, facts in (("dataset", FACTS), ("extras", FACTS), ("resource", RESOURCE_FACTS)):
        for fact in _list_facts(document.get(table, {}).values()):
            if fact not in facts:
                raise UsageError(
                    "{file}, [{table}]: there is no fact “{fact}”",
                    file=name,
                    table=table,
                    fact=fact,
                )
    own = KEEPERS & document.get("dataset", {}).keys() | {
        key for key in document.get("extras", {}) if key.startswith(MARK)
    }
    for key in sorted(own):
        raise UsageError("{file}: the field “{field}” is set by parvis", file=name, field=key)
    tables = (document.get("organizations", {}), *document.get("values", {}).values())
    for entries in tables:
        texts = isinstance(entries, dict) and all(
            isinstance(text, str) for text in entries.values()
        )
        if not texts:
            raise UsageError("{file}: [values] and [organizations] hold texts", file=name)


def _list_facts(templates: Iterable[object]) -> Iterator[str]:
    for template in templates:
        if isinstance(template, dict):
            yield from _list_facts(template.values())
        elif isinstance(template, str):
            yield from _FACT.findall(template)
