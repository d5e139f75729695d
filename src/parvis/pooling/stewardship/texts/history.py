"""The history of the catalogue folder's texts, and the undoing of a change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from parvis.config import Settings
from parvis.errors import UnknownThing, UsageError
from parvis.i18n import LANGUAGES, N_, day
from parvis.ledger import SHELL, Author, TextChange, TextChanges
from parvis.pooling.stewardship.texts.changes import author_in_words, change_texts, digest_of
from parvis.pooling.stewardship.texts.editing import refuse_signed
from parvis.pooling.texts.writing import finish_changes, read_text, text_file

NO_CHANGE = N_("there is no change {number} in the history of the catalogue")
TOUCHED = N_(
    "change {number} cannot be undone: “{path}” was changed since, on {day}, by {who} (change"
    " {later}); undo that one first, or edit the text"
)
TOUCHED_OUTSIDE = N_(
    "change {number} cannot be undone: “{path}” was changed since by hand in the catalogue folder;"
    " edit the text"
)
SHOWN = 50
"""Changes on a page."""


@dataclass(frozen=True)
class TextOutside:
    """A text that was changed by hand after a change and before the next one of it."""

    path: str
    change: int


def list_changes(
    settings: Settings, path: str = "", count: int = SHOWN, before: int | None = None
) -> list[TextChange]:
    """Return the last changes, the newest first; of a text, or of a folder, if one is named."""
    finish_changes(settings)
    changes = TextChanges(settings.data)
    return changes.of_path(path, count) if path else changes.latest(count, before)


def require_change(settings: Settings, number: int) -> TextChange:
    """Return a change by its number; raises `UnknownThing`."""
    change = TextChanges(settings.data).get(number)
    if change is None:
        raise UnknownThing(NO_CHANGE, number=number)
    return change


def list_outside(settings: Settings, changes: Sequence[TextChange]) -> list[TextOutside]:
    """Return the texts that were changed by hand after one of these changes."""
    latest: dict[str, str | None] = {}
    outside = []
    for change in changes:  # the newest first
        for text in change.texts:
            next_text = (
                latest[text.path]
                if text.path in latest
                else read_text(text_file(settings.catalog, text.path))
            )
            if next_text != text.after:
                outside.append(TextOutside(text.path, change.number))
            latest[text.path] = text.before
    return outside


def change_to_json(
    change: TextChange, outside: Sequence[TextOutside], *, with_texts: bool = False
) -> dict[str, Any]:
    """Return a change as JSON data; its texts too, if they are wanted."""
    by_hand = {text.path for text in outside if text.change == change.number}
    texts = [
        {"path": text.path, "changed_outside": text.path in by_hand}
        | ({"before": text.before, "after": text.after} if with_texts else {})
        for text in change.texts
    ]
    return {
        "number": change.number,
        "at": change.at.isoformat(),
        "by": change.author.party,
        "role": change.author.role,
        "person": change.author.person,
        "reason": change.reason,
        "undoes": change.undoes,
        "commit": change.revision,
        "texts": texts,
    }


def undo_change(
    settings: Settings, number: int, author: Author = SHELL, reason: str = ""
) -> TextChange:
    """Write the texts as they were before a change, which is a change too; return it.

    Raises `UnknownThing`, `UsageError` where something has changed them since, and `CatalogError`
    or `PolicyError` where the catalogue would not be valid.
    """
    finish_changes(settings)
    change = require_change(settings, number)
    for text in change.texts:
        # What both sides have signed is taken back by both: by a new version.
        for content in (text.before, text.after):
            refuse_signed(text.path, content)
        current = read_text(text_file(settings.catalog, text.path))
        if current != text.after:
            raise _touched(settings, change, text.path, current)
    new = {text.path: text.before for text in change.texts if text.after is None}
    changed = {
        text.path: text.before
        for text in change.texts
        if text.before is not None and text.after is not None
    }
    change_texts(
        settings,
        {path: text for path, text in new.items() if text is not None},
        changed,
        author,
        reason,
        removed=[text.path for text in change.texts if text.before is None],
        expected={text.path: digest_of(text.after) for text in change.texts},
        undoes=number,
    )
    return TextChanges(settings.data).latest(1)[0]


def _touched(settings: Settings, change: TextChange, path: str, current: str | None) -> UsageError:
    """Return the error of a change that something later has touched."""
    last = TextChanges(settings.data).of_path(path, 1)[0]
    if last.number == change.number or all(
        text.after != current for text in last.texts if text.path == path
    ):
        return UsageError(TOUCHED_OUTSIDE, number=change.number, path=path)
    return UsageError(
        TOUCHED,
        number=change.number,
        path=path,
        later=last.number,
        day={lang: day(lang, last.at) for lang in LANGUAGES},
        who={lang: author_in_words(last.author, lang) for lang in LANGUAGES},
    )
