"""Change the texts of the catalogue folder, with their history: who, when, why, from what."""

from parvis.pooling.stewardship.texts.changes import (
    OutdatedText,
    author_in_words,
    change_texts,
    digest_of,
    discard_text,
    require_reason,
    try_out,
)
from parvis.pooling.stewardship.texts.editing import edit_text, list_texts, read_editable
from parvis.pooling.stewardship.texts.history import (
    TextOutside,
    change_to_json,
    list_changes,
    list_outside,
    require_change,
    undo_change,
)
from parvis.pooling.stewardship.texts.naming import (
    group_texts,
    list_titles,
    name_folder,
    name_text,
)

__all__ = [
    "OutdatedText",
    "TextOutside",
    "author_in_words",
    "change_texts",
    "change_to_json",
    "digest_of",
    "discard_text",
    "edit_text",
    "group_texts",
    "list_changes",
    "list_outside",
    "list_texts",
    "list_titles",
    "name_folder",
    "name_text",
    "read_editable",
    "require_change",
    "require_reason",
    "try_out",
    "undo_change",
]
