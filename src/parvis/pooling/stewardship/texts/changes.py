"""Write texts of the catalogue folder: tried first, all or none, recorded, committed."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from parvis.catalog.folder import Catalog
from parvis.config import Settings, clock
from parvis.errors import InputError, UsageError
from parvis.i18n import LANGUAGES, N_, day, say
from parvis.ledger import SHELL, Author, ChangedText, TextChange, TextChanges
from parvis.pooling.stewardship.texts.commits import commit_texts
from parvis.pooling.texts.valid import TEXTS, last_valid, require_conformance
from parvis.pooling.texts.writing import (
    apply_change,
    changing,
    finish_begun,
    read_text,
    text_file,
)

EXISTS = N_("{file} exists already; nothing was written")
GONE = N_("{file} is not there any more; nothing was written")
NO_REASON = N_("Say why: the history of the catalogue keeps the reason.")
OUTDATED = N_(
    "“{path}” was changed since you opened it, on {day}, by {who}: read the text as it is now, then"
    " make your change again"
)
OUTSIDE = N_(
    "“{path}” was changed since you opened it, by hand in the catalogue folder: read the text as it"
    " is now, then make your change again"
)
LONGEST = 500
"""Characters of a reason."""
LARGEST = 1_000_000
"""Characters of a text."""
TOO_LONG = N_("“{path}” is too long: a text has a million characters at most")

AUTHORS = {
    "shell": N_("the command line"),
    "steward": N_("a steward"),
    "editor": N_("a person of the partner"),
    "protector": N_("a protector"),
}


class OutdatedText(UsageError):  # noqa: N818 - reads better at the raise
    """A text is no longer the one that its author saw: it is `current`, the new one `proposed`."""

    def __init__(
        self,
        template: str,
        /,
        *,
        current: str | None = None,
        proposed: str | None = None,
        **fields: object,
    ) -> None:
        super().__init__(template, **fields)
        self.current, self.proposed = current, proposed


def digest_of(text: str | None) -> str:
    """Return what a page keeps of a text that it shows; empty for a text that is not there."""
    return "" if text is None else sha256(text.encode()).hexdigest()


def require_reason(reason: str) -> str:
    """Return a reason in one line, as far as it is kept; raises `UsageError` without one."""
    line = " ".join(reason.split())[:LONGEST]
    if not line:
        raise UsageError(NO_REASON)
    return line


def author_in_words(author: Author, lang: str) -> str:
    """Return who an author is, with the pseudonym of a person."""
    role = say(lang, AUTHORS[author.role]) if author.role in AUTHORS else author.role
    return f"{role} ({author.person})" if author.person else role


def change_texts(  # noqa: PLR0913 - a change has as many parts
    settings: Settings,
    new: Mapping[str, str],
    changed: Mapping[str, str],
    author: Author = SHELL,
    reason: str = "",
    *,
    removed: Sequence[str] = (),
    expected: Mapping[str, str] | None = None,
    undoes: int | None = None,
) -> list[Path]:
    """Write files of the catalogue folder, if the folder with them is valid; return them.

    Paths are relative to it. A `new` file may not exist yet, a `changed` one is replaced, a
    `removed` one is deleted. The change is recorded with its author and reason, and committed where
    the folder is in a git repository. `expected` are the digests of the texts that the author saw.
    Raises `UsageError`, `OutdatedText`, `CatalogError` or `PolicyError`: then nothing is written.
    """
    folder = settings.catalog
    after: dict[str, str | None] = {**new, **changed, **dict.fromkeys(removed)}
    files = {path: text_file(folder, path) for path in after}
    for path, text in after.items():
        if text is not None and len(text) > LARGEST:
            raise UsageError(TOO_LONG, path=path)
    with changing(settings.data):
        # A change that a killed process left is finished before anything is compared with it.
        finish_begun(settings)
        _commit_changes(settings)
        before = {path: read_text(file) for path, file in files.items()}
        _require_expected(settings, expected or {}, before, after)
        for path in (path for path in new if before[path] is not None):
            raise UsageError(EXISTS, file=files[path])
        for path in (path for path in removed if before[path] is None):
            raise UsageError(GONE, file=files[path])
        try_out(settings, after)
        differing = (path for path in after if before[path] != after[path])
        if texts := tuple(ChangedText(path, before[path], after[path]) for path in differing):
            at, line = clock.machine_time(), " ".join(reason.split())[:LONGEST]
            apply_change(settings, TextChange(at, author, line, texts, undoes))
            _commit_changes(settings)
    return [files[path] for path in (*new, *changed)]


def _require_expected(
    settings: Settings,
    expected: Mapping[str, str],
    before: Mapping[str, str | None],
    after: Mapping[str, str | None],
) -> None:
    """Raise `OutdatedText` for a text that is not the one that the author saw."""
    for path, digest in expected.items():
        current = before[path] if path in before else read_text(text_file(settings.catalog, path))
        if digest_of(current) == digest:
            continue
        last = next(iter(TextChanges(settings.data).of_path(path, 1)), None)
        by_parvis = last is not None and any(
            text.path == path and text.after == current for text in last.texts
        )
        fields: dict[str, object] = {"path": path}
        if last is not None and by_parvis:
            fields["day"] = {lang: day(lang, last.at) for lang in LANGUAGES}
            fields["who"] = {lang: author_in_words(last.author, lang) for lang in LANGUAGES}
        template = OUTDATED if by_parvis else OUTSIDE
        raise OutdatedText(template, current=current, proposed=after.get(path), **fields)


def _commit_changes(settings: Settings) -> None:
    """Commit the changes that wait for it, the oldest first."""
    changes = TextChanges(settings.data)
    for change in changes.uncommitted():
        message = f"{change.reason or ', '.join(change.paths)}\n\nParvis-Change: {change.number}\n"
        revision = commit_texts(settings.catalog, change.paths, change.author, message)
        if revision is None:
            # Git failed, and would again: the next change tries anew.
            return
        changes.record_revision(change.number, revision)


def try_out(settings: Settings, texts: Mapping[str, str | None]) -> Catalog:
    """Return the catalogue folder as it would be with some texts; raise for an unfit one."""
    folder = settings.catalog
    with TemporaryDirectory(prefix="parvis-") as temporary:
        copy = Path(temporary)
        # The Turtle files are all that reading a catalogue folder needs.
        for file in (file for pattern in TEXTS for file in folder.glob(pattern)):
            (copy / file.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
            copyfile(file, copy / file.relative_to(folder))
        for name, text in texts.items():
            file = text_file(copy, name)
            if text is None:
                file.unlink(missing_ok=True)
                with suppress(OSError):  # an empty folder would be a dataset without a record
                    file.parent.rmdir()
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("w", encoding="utf-8", newline="") as stream:
                stream.write(text)
        try:
            catalog = Catalog.load(copy, settings.base, last_valid(settings.data))
            # What another partner has left wrong stops nobody; these texts must be right.
            for slug in {name.partition("/")[0] for name in texts} & catalog.set_aside.keys():
                raise catalog.set_aside[slug]
            require_conformance(catalog)
        except InputError as error:
            # Errors name the files of the folder, not those of its copy.
            fields = {
                name: folder / value.relative_to(copy)
                if isinstance(value, Path) and value.is_relative_to(copy)
                else value
                for name, value in error.fields.items()
            }
            raise type(error)(error.template, **fields) from error
    return catalog


def discard_text(
    settings: Settings, path: str, author: Author, reason: str, *, expected: str
) -> None:
    """Remove a text, if it is the one that its author saw; raises as `change_texts` does."""
    change_texts(settings, {}, {}, author, reason, removed=[path], expected={path: expected})
