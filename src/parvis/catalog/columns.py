"""What the columns of answers are called, in both languages: ``queries/columns.toml``.

Parvis brings names for the usual variables; those of a catalogue folder go before them.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

from parvis.catalog.texts import read_text
from parvis.config import knowledge
from parvis.errors import CatalogError
from parvis.i18n import LANGUAGES, N_

FILE = Path("queries") / "columns.toml"

NO_TOML = N_("{file}: this is no TOML: {why}")
NO_TEXT = N_("{file}: “{name}” must be a table with a text for each of, and nothing but: {langs}")

Columns = dict[str, dict[str, str]]
"""A text per language, by variable."""


def load_columns(folder: Path) -> Columns:
    """Read what a catalogue folder calls columns, beside what parvis calls them.

    Raises `CatalogError` for a file that is no TOML, or lacks a language for a variable.
    """
    return _read(knowledge("catalog") / FILE) | _read(folder / FILE)


def of_query(columns: Columns, text: str) -> Columns:
    """Give the names of those variables that a query has."""
    variables = set(re.findall(r"[?$](\w+)", text))
    return {name: told for name, told in columns.items() if name in variables}


def _read(file: Path) -> Columns:
    """Read a file, if there is one."""
    if not file.is_file():
        return {}
    try:
        found = tomllib.loads(read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(NO_TOML, file=file, why=error) from error
    for name, told in found.items():
        _require_both(file, name, told)
    return found


def _require_both(file: Path, name: str, told: Any) -> None:  # noqa: ANN401 - any TOML
    """Refuse what does not say a text in each language, and nothing else."""
    texts = told if isinstance(told, dict) else {}
    if {*texts} != {*LANGUAGES} or not all(isinstance(one, str) for one in texts.values()):
        raise CatalogError(NO_TEXT, file=file, name=name, langs=", ".join(LANGUAGES))
