"""Settings as they are in force, each with where it comes from: a whole ``parvis.toml``."""

import json
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parvis.config import Settings
from parvis.i18n import N_, say

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

OPTION, FILE, DEFAULT = "--data", "parvis.toml", N_("default")
ENVIRONMENT = {"data": "PARVIS_DATA", "base": "PARVIS_BASE"}
"""The settings that an environment variable may say."""


@dataclass(frozen=True)
class InForce:
    """One setting: its table (empty: none), name and value, and who says it.

    `origin` is ``--data``, the name of an environment variable, ``parvis.toml`` or ``default``.
    """

    table: str
    name: str
    value: str | float | bool | tuple[str, ...]
    origin: str

    def to_json(self) -> dict[str, Any]:
        """Give it for programs; its name is whole, such as ``limits.party.rows``."""
        whole = ".".join(filter(None, (self.table, self.name)))
        return {"name": whole, "value": self.value, "origin": self.origin}


def settings_in_force(settings: Settings, data: Path | None = None) -> list[InForce]:
    """List every setting, those without a table first; `data` is what the command line said."""
    file = settings.catalog / "parvis.toml"
    told = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    found = list(_of(settings, "", told, data))
    return sorted(found, key=lambda one: one.table)


def _of(
    part: "DataclassInstance", table: str, told: dict[str, Any], data: Path | None
) -> Iterator[InForce]:
    """List the settings of one table and of the tables in it."""
    for one in fields(part):
        value = getattr(part, one.name)
        if is_dataclass(value) and not isinstance(value, type):
            inner = ".".join(filter(None, (table, one.name)))
            yield from _of(value, inner, told.get(one.name, {}), None)
        elif one.name != "catalog":  # it names the folder that the file itself is in
            shown = str(value) if isinstance(value, Path) else value
            yield InForce(table, one.name, shown, _origin(one.name, table, told, data))


def _origin(name: str, table: str, told: dict[str, Any], data: Path | None) -> str:
    """Say who says a setting: the same order as `Settings.load`."""
    if name == "data" and data is not None:
        return OPTION
    variable = "" if table else ENVIRONMENT.get(name, "")
    return variable if os.environ.get(variable) else FILE if name in told else DEFAULT


def to_toml(found: list[InForce], lang: str) -> str:
    """Write settings as a ``parvis.toml`` that says the same, each with its origin as a comment."""
    lines, table = [], ""
    for one in found:
        if one.table != table:
            lines += ["", f"[{one.table}]"]
            table = one.table
        value = json.dumps(one.value, ensure_ascii=False)  # what TOML writes likewise
        lines.append(f"{one.name} = {value}  # {say(lang, one.origin)}")
    return "\n".join(lines) + "\n"
