"""The settings in force, each with its origin, as a complete ``parvis.toml``."""

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
"""The settings that an environment variable may set."""


@dataclass(frozen=True)
class EffectiveSetting:
    """A setting: its table (empty: none), name, value and origin.

    `origin` is ``--data``, the name of an environment variable, ``parvis.toml`` or ``default``.
    """

    table: str
    name: str
    value: str | float | bool | tuple[str, ...]
    origin: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data, under its full name, such as ``limits.party.rows``."""
        full_name = ".".join(filter(None, (self.table, self.name)))
        return {"name": full_name, "value": self.value, "origin": self.origin}


def settings_in_force(settings: Settings, data: Path | None = None) -> list[EffectiveSetting]:
    """List every setting, those without a table first; `data` is the command line's."""
    file = settings.catalog / "parvis.toml"
    content = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    listing = list(_list_settings(settings, "", content, data))
    return sorted(listing, key=lambda setting: setting.table)


def _list_settings(
    part: "DataclassInstance", table: str, content: dict[str, Any], data: Path | None
) -> Iterator[EffectiveSetting]:
    for option in fields(part):
        value = getattr(part, option.name)
        if is_dataclass(value) and not isinstance(value, type):
            inner = ".".join(filter(None, (table, option.name)))
            yield from _list_settings(value, inner, content.get(option.name, {}), None)
        elif option.name != "catalog":  # it names the folder that the file itself is in
            value = str(value) if isinstance(value, Path) else value
            # The order of precedence is that of `Settings.load`.
            variable = "" if table else ENVIRONMENT.get(option.name, "")
            if option.name == "data" and data is not None:
                origin = OPTION
            elif os.environ.get(variable):
                origin = variable
            else:
                origin = FILE if option.name in content else DEFAULT
            yield EffectiveSetting(table, option.name, value, origin)


def to_toml(listing: list[EffectiveSetting], lang: str) -> str:
    """Return settings as an equivalent ``parvis.toml``, each with its origin as a comment."""
    lines, table = [], ""
    for setting in listing:
        if setting.table != table:
            lines += ["", f"[{setting.table}]"]
            table = setting.table
        value = json.dumps(setting.value, ensure_ascii=False)  # what TOML writes likewise
        lines.append(f"{setting.name} = {value}  # {say(lang, setting.origin)}")
    return "\n".join(lines) + "\n"
