"""Edit any text of the catalogue folder, for what no form covers."""

from pathlib import Path
from tempfile import TemporaryDirectory

from parvis.catalog.projects import SIGNATURE
from parvis.config import Settings
from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.ledger import Author
from parvis.mapping.language import load
from parvis.pooling.stewardship.texts.changes import change_texts, require_reason
from parvis.pooling.texts.writing import finish_changes, read_text, text_file

NOT_EDITABLE = N_(
    "“{path}” is no text that is edited here: Turtle, mappings, queries and notes are"
)
SIGNED = N_(
    "“{path}” is signed, and nobody changes a signed text: draft a new version of the agreement"
)
ENDINGS = frozenset({".ttl", ".yml", ".yaml", ".rq", ".md"})
_PATTERNS = ("*", "*/*", "*/*/*")


def list_texts(settings: Settings) -> list[str]:
    """List the texts that can be edited, by their paths."""
    folder = settings.catalog
    files = (file for pattern in _PATTERNS for file in folder.glob(pattern))
    paths = (
        file.relative_to(folder)
        for file in files
        if file.suffix in ENDINGS and file.is_file() and not file.is_symlink()
    )
    return sorted(
        path.as_posix() for path in paths if not any(step.startswith(".") for step in path.parts)
    )


def read_editable(settings: Settings, path: str) -> str | None:
    """Return a text, None for one that is not there yet; raises `UsageError`."""
    finish_changes(settings)
    _require_editable(path)
    return read_text(text_file(settings.catalog, path))


def edit_text(  # noqa: PLR0913, PLR0917 - a change has as many parts
    settings: Settings,
    path: str,
    text: str | None,
    author: Author,
    reason: str,
    expected: str,
) -> list[Path]:
    """Write a text, new or changed, or remove it where `text` is None.

    Raises as `change_texts` does, `MappingError` for a mapping that is wrong, and `UsageError` for
    a text that is signed.
    """
    reason = require_reason(reason)
    current = read_editable(settings, path)
    refuse_signed(path, current)
    seen = {path: expected}
    if text is None:
        change_texts(settings, {}, {}, author, reason, removed=[path], expected=seen)
        return []
    # A form sends line ends as CRLF (HTML §4.10.5).
    lines = text.replace("\r\n", "\n").rstrip() + "\n"
    refuse_signed(path, lines)
    if Path(path).suffix in {".yml", ".yaml"}:
        _try_mapping(lines)
    new, changed = ({path: lines}, {}) if current is None else ({}, {path: lines})
    return change_texts(settings, new, changed, author, reason, expected=seen)


def refuse_signed(path: str, content: str | None) -> None:
    """Raise `UsageError` for the text of an agreement that somebody has signed."""
    is_draft = path.endswith(".draft.ttl")
    if content is not None and not is_draft and f"\n{SIGNATURE}" in content:
        raise UsageError(SIGNED, path=path)


def _require_editable(path: str) -> None:
    if Path(path).suffix not in ENDINGS:
        raise UsageError(NOT_EDITABLE, path=path)


def _try_mapping(text: str) -> None:
    with TemporaryDirectory(prefix="parvis-") as folder:
        file = Path(folder) / "mapping.yml"
        file.write_text(text, encoding="utf-8")
        load(file)
