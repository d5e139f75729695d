"""Back up all that the pool cannot build again, and check a backup."""

import json
import platform
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256 as sha256_of
from itertools import chain
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from parvis.catalog.provenance import Submission
from parvis.config import Settings, clock
from parvis.config.documents import SHA256, Document
from parvis.errors import StoreError, UnknownThing, UsageError
from parvis.governance import Role
from parvis.i18n import N_
from parvis.ledger import (
    FILE,
    FILES,
    SHELL,
    Author,
    Backups,
    Database,
    Judgements,
    People,
    Tokens,
    check_chains,
)
from parvis.pooling.agreements import ACCESS, SOURCES
from parvis.pooling.audit import UNCONFIRMED
from parvis.pooling.publication.feed import (
    BODIES,
    CHANGES,
    LOG,
    RESTORED,
    CatalogChanges,
    Feed,
    last_feed_folder,
)
from parvis.pooling.texts.valid import CONFORMING, SET_ASIDE, VALID
from parvis.pooling.texts.writing import BEGUN, LOCK
from parvis.store.files import (
    copy_private,
    move,
    read_object,
    settle_tree,
    sha256,
    writing,
)
from parvis.store.generation.manifest import MOST
from parvis.store.generation.pointer import pointer
from parvis.store.generation.state_files import RecallList
from parvis.store.record.graph_record import GraphRecord

NAME = "backup.json"
MADE_AGAIN = frozenset(
    {
        "generations",
        "current",
        "staging",
        "deposits",
        "drafts",
        "rounds",
        "lock",
        "jobs.lock",
        "graphs",
        "state.json",
        "views",
    }
    | {CONFORMING, VALID, SET_ASIDE, UNCONFIRMED, LOCK, BEGUN}
)
"""What is not copied as it is: generations are built again, only the current part of the record is
copied, agreements are validated again, and partners can send again the files that wait for a
decision, and those that they still work on. Masked messages of rounds are in no copy: one that is
destroyed must be nowhere."""
GRAPH_FILE = re.compile(r"[0-9a-f]{64}\.nt\.gz")
OF_BACKUP = N_("what a backup holds")
EXISTS = N_("{folder} is there already; a backup goes to a new folder")
INSIDE = N_("{folder} is inside the data folder; a backup goes elsewhere")
UNKNOWN_BACKUP = N_("no backup {name} was made here")
NO_BACKUP = N_("{folder} is no backup: {reason}")


def backup(settings: Settings, folder: Path, author: Author = SHELL) -> dict[str, Any]:
    """Copy the record, the received files and the small files into a new folder.

    Servers may continue; no command may write meanwhile. Of generations only the harvesters' feed
    is copied: `publish` builds them again. Raises `UsageError` for a folder that exists,
    `StoreError` for a damaged record.
    """
    if folder.exists():
        raise UsageError(EXISTS, folder=folder)
    if folder.resolve().is_relative_to(settings.data):
        raise UsageError(INSIDE, folder=folder)
    target = folder.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    backups = Backups(settings.data)
    with writing(settings.data):
        sweep_backups(settings)
        graphs = sorted(GraphRecord(settings.data).versions())
        # The ledger knows of a backup before it is there: one that is killed half-way can be
        # found, and one that is whole is named when something of it must be deleted.
        backups.begin(target, clock.machine_time(), graphs)
        temporary = Path(mkdtemp(prefix=_temporary_prefix(settings), dir=target.parent))
        try:
            counts = _copy_files(settings, temporary)
            settle_tree(temporary)
            move(temporary, target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        backups.record(target, clock.machine_time(), graphs, author)
    return {"folder": str(folder), **counts}


def backups_folder(settings: Settings) -> Path:
    """Return the folder of the backups that are made on a page: beside that of the data."""
    if settings.backups:
        return settings.catalog / settings.backups
    return settings.data.with_name(f"{settings.data.name}-backups")


@dataclass(frozen=True)
class StoredBackup:
    """A backup that was made, or begun: where, when, of how many graphs; it may be gone since."""

    folder: Path
    made: datetime
    graphs: int

    @property
    def id(self) -> str:
        """The name by which a page knows it: a page never names a folder of the machine."""
        return sha256_of(str(self.folder).encode()).hexdigest()[:16]

    @property
    def is_there(self) -> bool:
        return (self.folder / NAME).is_file()


def list_backups(settings: Settings) -> list[StoredBackup]:
    """Return the backups that the ledger knows, the newest first."""
    return [StoredBackup(*fields) for fields in Backups(settings.data).all()]


def require_backup(settings: Settings, name: str) -> StoredBackup:
    """Return a backup by its id; raises `UnknownThing`."""
    for known in list_backups(settings):
        if known.id == name:
            return known
    raise UnknownThing(UNKNOWN_BACKUP, name=name)


def new_backup_folder(settings: Settings) -> Path:
    """Return the folder of a backup that is made now; it does not exist."""
    place, name = backups_folder(settings), f"{clock.machine_time():%Y-%m-%d-%H%M%S}"
    names = chain([name], (f"{name}-{number}" for number in range(2, MOST)))
    return next(place / name for name in names if not (place / name).exists())


def _temporary_prefix(settings: Settings) -> str:
    # Other pools and machines may keep their backups in the same place, and be making one.
    pool = f"{platform.node()}\n{settings.data}".encode()
    return f".parvis-backup-{sha256_of(pool).hexdigest()[:12]}-"


def sweep_backups(settings: Settings) -> None:
    """Delete what interrupted backups of this pool left in the folders of backups."""
    # Only the holder of the lock makes backups, so that none of these is in progress.
    with writing(settings.data):
        for place in Backups(settings.data).places():
            for leftover in place.glob(f"{_temporary_prefix(settings)}*"):
                shutil.rmtree(leftover, ignore_errors=True)


def _copy_files(settings: Settings, temporary: Path) -> dict[str, Any]:
    record = GraphRecord(settings.data)
    graphs = record.verify()
    for file in list_files(settings.data):
        target = temporary / file.relative_to(settings.data)
        target.parent.mkdir(parents=True, exist_ok=True)
        # A server, or `parvis token`, may be writing to the ledger.
        if file == settings.data / FILE:
            Database(file).copy(target)
        else:
            copy_private(file, target)
    # Without the feed, no harvester would learn that a dataset is gone.
    feed_folder = temporary / RESTORED
    for name in (CHANGES, LOG, BODIES):
        feed_file = last_feed_folder(settings.data) / name
        if feed_file.is_file():
            feed_folder.mkdir(exist_ok=True)
            copy_private(feed_file, feed_folder / name)
    names = sorted(path for path in temporary.rglob("*") if path.is_file())
    files = {str(path.relative_to(temporary)): sha256(path) for path in names}
    manifest = {
        "created": clock.machine_time().isoformat(),
        "generation": pointer(settings.data),
        "graphs": graphs,
        "files": files,
    }
    (temporary / NAME).touch(mode=0o600)
    (temporary / NAME).write_text(
        json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8"
    )
    return {"graphs": graphs, "files": len(files)}


def list_files(data: Path) -> Iterator[Path]:
    # The state is the last of the files.
    for entry in sorted(data.glob("*")):
        if entry.name not in MADE_AGAIN | (FILES - {FILE}) and entry.suffix != ".tmp":
            yield from (path for path in [entry, *entry.rglob("*")] if path.is_file())
    record = GraphRecord(data)
    versions = record.versions().values()
    yield from sorted({record.path(version) for version in versions})
    if (data / "state.json").is_file():
        yield data / "state.json"


def check_backup(folder: Path) -> dict[str, Any]:
    """Read a backup's list and compare every file with it; raises as `restore` does."""
    # A backup may come from anywhere: each name must be a plain file inside it, and one that a
    # backup may have.
    try:
        body = (folder / NAME).read_bytes()
    except OSError as error:
        raise UsageError(NO_BACKUP, folder=folder, reason=error.strerror) from error
    document = Document.parse(body, folder / NAME)
    files = {}
    for name, digest_member in document.member("files").members():
        path_in = Document(name, folder / NAME, name="files")
        first, _, remainder = path_in.path().partition("/")
        if first == "graphs":
            may_be_there = GRAPH_FILE.fullmatch(remainder) is not None
        else:
            no_copies = MADE_AGAIN | {NAME} | (FILES - {FILE})
            may_be_there = name == "state.json" or first not in no_copies
        if not may_be_there:
            raise path_in.refusal(OF_BACKUP)
        files[name] = digest_member.text(SHA256)
    root = folder.resolve()
    for name, digest in files.items():
        path = root / name
        if path.resolve() != path or not path.is_file() or sha256(path) != digest:
            raise StoreError("{file} is not what the manifest says", file=path)
    numbers = {"generation": document.member("generation").whole(0, MOST)}
    created = document.member("created").instant().isoformat()
    return {
        **numbers,
        "created": created,
        "graphs": document.member("graphs").whole(),
        "files": files,
    }


def check_copy(copy: Path) -> None:
    # The copy may have been written by a stranger.
    check_chains(copy / FILE)
    Tokens(copy).require_sound()
    People(copy).require_sound([*Role])
    Judgements(copy).require_sound()
    RecallList.read(copy)
    record = GraphRecord(copy)
    record.check()
    for version in (*record.versions().values(), *chain(*record.former_versions().values())):
        # Members that only some versions have may be absent.
        about = Document(dict(version.about), copy / "state.json")
        names = about.table()
        for name in ("since", "issued", "returned", "stale"):
            at = about.member(name)
            at.optional(at.instant)
        if "access" in names and about.member("access").text() not in ACCESS:
            raise about.member("access").refusal(OF_BACKUP)
        if "submission" in names:
            Submission.from_json(Document.parse(names["submission"], "submission").table())
        for _, count in Document.parse(names.get("changes", "{}"), "changes").members():
            count.whole()
        for source in Document.parse(names.get(SOURCES, "[]"), SOURCES).items():
            source.text()
    if (copy / RESTORED).is_dir():
        Feed.of(copy / RESTORED)
        CatalogChanges.read(copy / RESTORED)
    for name in ("sources.json", "harvests.json", "deliveries.json"):
        read_object(copy / name)
