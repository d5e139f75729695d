"""Drafts: files that a partner is still working on, each in a folder of its own.

A draft is a file that identifies nobody, with what its partner decided about it. It is in no
catalogue, is read by nobody else, and expires. Each change makes a new revision, in one step: a
page of an earlier one is refused.
"""

import json
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fcntl import LOCK_EX, flock
from pathlib import Path
from secrets import token_hex

from parvis.config import Settings, clock, make_private
from parvis.config.json_data import from_json, to_json
from parvis.errors import LimitError, StaleForm, UnknownThing, UsageError
from parvis.i18n import N_
from parvis.ledger import Author
from parvis.mapping.proposing import ColumnChoice, MappingProposal
from parvis.mapping.sources.corrections import Replacement
from parvis.pooling.audit import is_credible
from parvis.pooling.intake.drafts.preview import Preview
from parvis.pooling.report_model import ReportModel
from parvis.store.files import (
    YOUNG,
    copy_private,
    move,
    replace_private,
    settle_tree,
    sha256,
    workplace,
)
from parvis.vocab.iris import DatasetKey

FOLDER, ORIGINAL, STATE, REPORT, LOCK = "drafts", "original", "draft.json", "report.json", "lock"
DAYS = 14
"""Days after its last change that a draft is kept."""
MOST = 20
"""Drafts that a party has at a time."""
FILES = 4
"""The drafts of a party together have as many bytes as so many of the largest files."""
NAME = re.compile(r"[0-9a-f]{16}")
SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")

NO_DRAFT = N_(
    "there is no such draft: it was deleted, or kept for its {days} days; drop the file again"
)
STALE = N_(
    "this page shows the draft as it was before your last change, made in another window: open the"
    " draft again to see it as it is now, then make this change again"
)
TOO_MANY = N_(
    "your party has {count} drafts, as many as it may have: submit or delete one, then drop the"
    " file again"
)
TOO_LARGE = N_(
    "the drafts of your party would have {bytes} bytes together, more than the {most} that they"
    " may: submit or delete one, then drop the file again"
)
NOT_PARTNER = N_("only a partner of the pool has drafts")


@dataclass(frozen=True)
class DraftChoices:
    """What a partner said of a file: the class of its rows, its language and sheet, its columns."""

    cls: str = ""
    lang: str = ""
    sheet: str = ""
    columns: Mapping[str, ColumnChoice] = field(default_factory=dict)


@dataclass(frozen=True)
class DraftView:
    """A mapping, its columns, and what they make of the first rows.

    `origin` says where the mapping comes from: ``choices``, ``text`` written by hand, or the
    ``dataset``. `terms` are the properties that columns have, by column.
    """

    mapping: str
    origin: str
    proposal: MappingProposal
    terms: Mapping[str, str]
    preview: Preview


@dataclass(frozen=True)
class Draft:
    """A file in progress: `file` is its name, `source` the folder that its bytes are in now.

    `digest` is that of these bytes, corrected. `key` is its dataset's, which need not exist yet.
    `by` is the author's facts for the ledger. `agreement` are the answers to the questions of its
    agreement, `deposit` is the id of the submission.
    """

    id: str
    party: str
    key: DatasetKey
    file: str
    digest: str
    size: int
    created: datetime
    until: datetime
    view: DraftView
    revision: int = 1
    source: str = ORIGINAL
    by: tuple[tuple[str, str], ...] = ()
    address: str = ""
    choices: DraftChoices = field(default_factory=DraftChoices)
    text: str = ""
    corrections: tuple[Replacement, ...] = ()
    agreement: Mapping[str, str] = field(default_factory=dict)
    deposit: str = ""


class Drafts:
    """The drafts of one party. Raises `UsageError` for a party that is no partner."""

    def __init__(self, settings: Settings, party: str) -> None:
        self._settings, self._party = settings, party
        slug = party.removeprefix(f"{settings.base}id/partner/")
        if not SLUG.fullmatch(slug):
            raise UsageError(NOT_PARTNER)
        self._folder = settings.data / FOLDER / slug

    def all(self) -> list[Draft]:
        """Return the drafts, the newest first; those that are over are deleted."""
        now = clock.machine_time()
        drafts = [draft for file in self._folder.glob(f"*/{STATE}") if (draft := _read(file))]
        # A clock set forward would throw away what partners work on: it must be credible.
        over = [draft for draft in drafts if draft.until <= now]
        if over and is_credible(self._settings, now):
            for draft in over:
                self.delete(draft.id)
        return sorted(
            (draft for draft in drafts if draft not in over),
            key=lambda draft: draft.created,
            reverse=True,
        )

    def require(self, name: str, revision: int | None = None) -> Draft:
        """Return a draft by its id; raises `UnknownThing`, or `StaleForm` for another revision."""
        draft = _read(self._folder / name / STATE) if NAME.fullmatch(name) else None
        if draft is None or draft.until <= clock.machine_time():
            raise UnknownThing(NO_DRAFT, days=DAYS)
        if revision is not None and draft.revision != revision:
            raise StaleForm(STALE)
        return draft

    def file_of(self, draft: Draft) -> Path:
        """Return the file as its corrections made it."""
        return self._folder / draft.id / draft.source / draft.file

    def original_of(self, draft: Draft) -> Path:
        return self._folder / draft.id / ORIGINAL / draft.file

    def require_room(self, size: int) -> None:
        """Raise `LimitError` for a party that has no room for another file of `size` bytes."""
        drafts, most = self.all(), FILES * self._settings.limits.upload_bytes
        if len(drafts) >= MOST:
            raise LimitError(TOO_MANY, count=MOST)
        total = size + sum(draft.size for draft in drafts)
        if total > most:
            raise LimitError(TOO_LARGE, bytes=total, most=most)

    def add(
        self, file: Path, key: DatasetKey, view: DraftView, author: Author, address: str = ""
    ) -> Draft:
        """Store a file that identifies nobody as a new draft; raises as `require_room`."""
        size = file.stat().st_size
        self.require_room(size)
        now = clock.machine_time()
        draft = Draft(
            id=token_hex(8),
            party=self._party,
            key=key,
            file=file.name,
            digest=sha256(file),
            size=size,
            created=now,
            until=now + timedelta(days=DAYS),
            view=view,
            by=author.facts(),
            address=address,
        )
        for folder in (self._folder.parent, self._folder):
            make_private(folder)
        with workplace(self._settings.data) as temporary:
            content = temporary / draft.id
            (content / ORIGINAL).mkdir(mode=0o700, parents=True)
            content.chmod(0o700)  # a mode does not apply to parents
            copy_private(file, content / ORIGINAL / draft.file)
            _write(content / STATE, draft)
            settle_tree(content)
            move(content, self._folder / draft.id)
        return draft

    def save(self, draft: Draft, corrected: Path | None = None) -> Draft:
        """Store a change of a draft as its next revision; return it.

        `corrected` is its file with its corrections, where they changed. Raises `StaleForm` where
        another change came first: then nothing changes.
        """
        with self._hold(draft.id):
            self.require(draft.id, draft.revision)
            now, folder = clock.machine_time(), self._folder / draft.id
            changed = replace(draft, revision=draft.revision + 1, until=now + timedelta(days=DAYS))
            if corrected is not None:
                source = f"corrected-{changed.revision}"
                (folder / source).mkdir(mode=0o700, exist_ok=True)
                copy_private(corrected, folder / source / draft.file)
                settle_tree(folder / source)
                changed = replace(changed, source=source, digest=sha256(corrected))
            _write(folder / STATE, changed)
            # What a kill leaves here goes with the next change.
            for former in folder.glob("corrected-*"):
                if former.name != changed.source:
                    shutil.rmtree(former, ignore_errors=True)
        return changed

    def keep_report(self, draft: Draft, account: ReportModel) -> None:
        """Store the report on all of a draft's file, as of its revision."""
        file = self._folder / draft.id / REPORT
        document = {"revision": draft.revision, "account": account.to_json()}
        with self._hold(draft.id):
            _write(file, document)

    def read_report(self, draft: Draft) -> ReportModel | None:
        """Return the report on all of a draft's file; None if it was not checked as it is now."""
        try:
            document = json.loads((self._folder / draft.id / REPORT).read_bytes())
        except FileNotFoundError:
            return None
        if document["revision"] != draft.revision:
            return None
        return ReportModel.from_json(document["account"])

    def delete(self, name: str) -> None:
        """Delete a draft with its file. Idempotent."""
        if NAME.fullmatch(name):
            # First what makes it a draft: a kill leaves files that no page shows.
            (self._folder / name / STATE).unlink(missing_ok=True)
            shutil.rmtree(self._folder / name, ignore_errors=True)

    @contextmanager
    def _hold(self, name: str) -> Iterator[None]:
        """Let one change of a draft at a time be stored, also among processes."""
        self.require(name)
        lock = self._folder / name / LOCK
        lock.touch(mode=0o600)
        with lock.open("rb") as handle:
            flock(handle, LOCK_EX)
            yield


def _read(file: Path) -> Draft | None:
    try:
        return from_json(Draft, json.loads(file.read_bytes()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (KeyError, TypeError, ValueError):  # of another version of parvis: it expires
        return None


def _write(file: Path, content: object) -> None:
    replace_private(file, json.dumps(to_json(content), ensure_ascii=False).encode())


def expire_drafts(settings: Settings) -> None:
    """Delete the drafts of all partners that are over, and the folders that no draft needs."""
    for folder in (settings.data / FOLDER).glob("*"):
        Drafts(settings, f"{settings.base}id/partner/{folder.name}").all()
        for leftover in folder.glob("*"):
            with suppress(FileNotFoundError):
                if (
                    not (leftover / STATE).is_file()
                    and time.time() - leftover.stat().st_mtime > YOUNG
                ):
                    shutil.rmtree(leftover, ignore_errors=True)


def forget_drafts(data: Path, keys: Iterable[DatasetKey]) -> None:
    """Delete all drafts for datasets that are destroyed."""
    destroyed = set(keys)
    for file in (data / FOLDER).glob(f"*/*/{STATE}"):
        draft = _read(file)
        if draft is not None and draft.key in destroyed:
            file.unlink(missing_ok=True)
            shutil.rmtree(file.parent, ignore_errors=True)
