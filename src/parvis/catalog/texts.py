"""Texts that people write in a catalogue folder: UTF-8, marked as such by Windows or not."""

from pathlib import Path

from parvis.errors import CatalogError
from parvis.i18n import N_

NO_UTF_8 = N_("{file}: this is not written in UTF-8: save it so")


def read_text(file: Path) -> str:
    """Read a text. Raises `CatalogError` for one that is not in UTF-8."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CatalogError(NO_UTF_8, file=file) from error
