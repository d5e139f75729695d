"""A copy of all that the pool cannot make again, and the pool made again from it."""

import json
import platform
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256 as sha256_of
from itertools import chain
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from parvis.catalog import Submission
from parvis.config import Settings
from parvis.config.documents import SHA256, Document
from parvis.errors import StoreError, UsageError
from parvis.i18n import N_
from parvis.ledger import (
    FILE,
    FILES,
    Act,
    Backups,
    Database,
    Deletions,
    Judgements,
    Tokens,
    check_chains,
    take_over,
)
from parvis.pooling.agreements import ACCESS, SOURCES
from parvis.pooling.audit import recorded
from parvis.pooling.publication.feed import BODIES, CHANGES, LOG, RESTORED, Changes, Feed, last_told
from parvis.pooling.stewardship.erasure import delete_again
from parvis.store.files import (
    copy_private,
    move,
    read_object,
    replace,
    settle_tree,
    workplace,
    writing,
)
from parvis.store.generation.generation import kept_digests, numbers, pointer
from parvis.store.generation.manifest import MOST, sha256
from parvis.store.generation.recalled import Recalled
from parvis.store.record.record import Record

NAME = "backup.json"
MADE_AGAIN = frozenset(
    {"generations", "current", "staging", "deposits", "lock", "graphs", "state.json"}
)
"""What is not copied as it is: generations are built again; of the record, what is current.

Files that wait to be decided about are their partners' to give again."""
GRAPH_FILE = re.compile(r"[0-9a-f]{64}\.nt\.gz")
OF_BACKUP = N_("what a backup holds")
EXISTS = N_("{folder} is there already; a backup goes to a new folder")
INSIDE = N_("{folder} is inside the data folder; a backup goes elsewhere")
NO_BACKUP = N_("{folder} is no backup: {reason}")
NOT_EMPTY = N_("{folder} holds a pool already; --replace puts the backup in its place")


def backup(settings: Settings, folder: Path) -> dict[str, Any]:
    """Copy the record, the files received and the small files into a new folder.

    A server may go on serving; no command may write meanwhile. The folder appears when it is
    whole. Of generations only what harvesters were told is copied: `publish` builds them again.
    Raises `UsageError` for a folder that exists, `StoreError` for a record that is damaged.
    """
    _refuse_place(settings, folder)
    target = folder.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    backups = Backups(settings.data)
    with writing(settings.data):
        sweep_backups(settings)
        graphs = sorted(Record(settings.data).versions())
        # The ledger knows of a backup before it is there: one that is killed half-way can be
        # found, and one that is whole is named when something of it must be deleted.
        backups.begin(target, datetime.now(UTC), graphs)
        temporary = Path(mkdtemp(prefix=_prefix(settings), dir=target.parent))
        try:
            found = _copied(settings, temporary)
            settle_tree(temporary)
            move(temporary, target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        backups.made(target, datetime.now(UTC), graphs)
    return {"folder": str(folder), **found}


def _prefix(settings: Settings) -> str:
    """Return how the unfinished backups of this very pool are named, on this very machine.

    Others may keep theirs in the same place, and be making one.
    """
    pool = f"{platform.node()}\n{settings.data}".encode()
    return f".parvis-backup-{sha256_of(pool).hexdigest()[:12]}-"


def sweep_backups(settings: Settings) -> None:
    """Delete what backups of this pool that were killed left beside where they were to be.

    Only who holds the lock makes any, so that none of them is being made.
    """
    with writing(settings.data):
        for place in Backups(settings.data).places():
            for leftover in place.glob(f"{_prefix(settings)}*"):
                shutil.rmtree(leftover, ignore_errors=True)


def restore(settings: Settings, folder: Path, *, replacing: bool = False) -> dict[str, Any]:
    """Make the data folder's content that of a backup, which is checked whole first.

    The record changes in one step; what was received after the backup goes. Generations that are
    there stay until the next is published. Tokens are the backup's, but none that has ended since
    lives again, nor does what was recalled; what was deleted since does not come back
    (`deleted_again` names it). Raises
    `StoreError` for a backup that is damaged, and `UsageError` for one that is none, or when the
    data folder holds a pool and not `replacing`.
    """
    told = check_backup(folder)
    names = sorted(told["files"])
    with writing(settings.data), workplace(settings.data) as place:
        if not replacing and any(_kept(settings.data)):
            raise UsageError(NOT_EMPTY, folder=settings.data)
        copy = place / "copy"
        for name in names:  # what the list does not name was not compared, and stays behind
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            copy_private(folder / name, copy / name)
        settle_tree(place)
        _check_copy(copy)
        Tokens(settings.data).take_over(copy / FILE)
        take_over(settings.data, copy / FILE)
        again = delete_again(settings, copy)
        Judgements(settings.data).take_over(copy)
        names = [name for name in names if (copy / name).is_file()]
        kept = Recalled.read(settings.data).take_over(copy)
        _put(copy, settings.data, [*names, *kept])
        if not numbers(settings.data):  # those of the next ones then go on from the backup's
            replace(settings.data / "current", f"{told['generation']}\n".encode())
        record = Record(settings.data)
        _forget_recalled(record, Recalled.read(settings.data))
        record.prune(kept_digests(settings.data) | Deletions(settings.data).digests())
        facts = {"graphs": told["graphs"], "deleted": len(again)}
        recorded(settings.data, Act.RESTORE, datetime.now(UTC), facts)
    return {
        "folder": str(folder),
        "graphs": told["graphs"],
        "files": len(names),
        "deleted_again": again,
    }


def _forget_recalled(record: Record, recalled: Recalled) -> None:
    """Take out of the record what was recalled since the backup: nothing of that lives again."""
    for graph, version in record.versions().items():
        if recalled.why(graph, version.digest) is not None:
            record.remove(graph)


def _refuse_place(settings: Settings, folder: Path) -> None:
    """Refuse a folder that exists, or that the next backup would copy."""
    if folder.exists():
        raise UsageError(EXISTS, folder=folder)
    if folder.resolve().is_relative_to(settings.data):
        raise UsageError(INSIDE, folder=folder)


def _copied(settings: Settings, temporary: Path) -> dict[str, Any]:
    """Copy everything, with a list of it."""
    record = Record(settings.data)
    graphs = record.verify()
    for file in _kept(settings.data):
        target = temporary / file.relative_to(settings.data)
        target.parent.mkdir(parents=True, exist_ok=True)
        if file == settings.data / FILE:  # a server, or `parvis token`, may be writing to it
            Database(file).copy(target)
        else:
            copy_private(file, target)
    _copy_told(settings.data, temporary)
    names = sorted(path for path in temporary.rglob("*") if path.is_file())
    files = {str(path.relative_to(temporary)): sha256(path) for path in names}
    told = {
        "created": datetime.now(UTC).isoformat(),
        "generation": pointer(settings.data),
        "graphs": graphs,
        "files": files,
    }
    (temporary / NAME).touch(mode=0o600)
    (temporary / NAME).write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    return {"graphs": graphs, "files": len(files)}


def _copy_told(data: Path, temporary: Path) -> None:
    """Copy what harvesters were told: without it, nobody would learn that a dataset is gone."""
    target = temporary / RESTORED
    for name in (CHANGES, LOG, BODIES):
        file = last_told(data) / name
        if file.is_file():
            target.mkdir(exist_ok=True)
            copy_private(file, target / name)


def _kept(data: Path) -> Iterator[Path]:
    """List the files of a data folder that a backup holds; the state is the last of them."""
    for inside in sorted(data.glob("*")):
        if inside.name not in MADE_AGAIN | (FILES - {FILE}) and inside.suffix != ".tmp":
            yield from (path for path in [inside, *inside.rglob("*")] if path.is_file())
    record = Record(data)
    versions = record.versions().values()
    yield from sorted({record.path(version) for version in versions})
    if (data / "state.json").is_file():
        yield data / "state.json"


def check_backup(folder: Path) -> dict[str, Any]:
    """Read a backup's list, and compare every file with it; raises as `restore` does.

    A backup may have lain anywhere: each name must be a plain file inside it, and one that a
    backup holds.
    """
    try:
        body = (folder / NAME).read_bytes()
    except OSError as error:
        raise UsageError(NO_BACKUP, folder=folder, reason=error.strerror) from error
    found = Document.parse(body, folder / NAME)
    files = {}
    for name, told in found.member("files").members():
        path_in = Document(name, folder / NAME, name="files")
        if not _is_of_backup(path_in.path()):
            raise path_in.refusal(OF_BACKUP)
        files[name] = told.text(SHA256)
    whole = folder.resolve()
    for name, digest in files.items():
        path = whole / name
        if path.resolve() != path or not path.is_file() or sha256(path) != digest:
            raise StoreError("{file} is not what the manifest says", file=path)
    numbers = {"generation": found.member("generation").whole(0, MOST)}
    return {**numbers, "graphs": found.member("graphs").whole(), "files": files}


def _is_of_backup(name: str) -> bool:
    """Say whether a name may be a backup's: not of what is made again, nor of a lock."""
    first, _, rest = name.partition("/")
    if first == "graphs":
        return GRAPH_FILE.fullmatch(rest) is not None
    return name == "state.json" or first not in MADE_AGAIN | {NAME} | (FILES - {FILE})


def _check_copy(copy: Path) -> None:
    """Check what a copied data folder says, as a stranger might have written it."""
    check_chains(copy / FILE)
    Tokens(copy).require_sound()
    Judgements(copy).require_sound()
    Recalled.read(copy)
    record = Record(copy)
    record.check()
    for version in (*record.versions().values(), *chain(*record.former().values())):
        _check_about(Document(dict(version.about), copy / "state.json"))
    if (copy / RESTORED).is_dir():
        Feed.of(copy / RESTORED)
        Changes.read(copy / RESTORED)
    for name in ("sources.json", "harvests.json", "deliveries.json"):
        read_object(copy / name)


def _check_about(about: Document) -> None:
    """Check what a record says of a version; what only some versions have may be absent."""
    names = about.table()
    for name in ("since", "issued", "returned", "stale"):
        at = about.member(name)
        at.optional(at.instant)
    if "access" in names and about.member("access").text() not in ACCESS:
        raise about.member("access").refusal(OF_BACKUP)
    if "submission" in names:
        Submission.from_json(Document.parse(names["submission"], "submission").table())
    if "changes" in names:
        for _, count in Document.parse(names["changes"], "changes").members():
            count.whole()
    if SOURCES in names:
        for source in Document.parse(names[SOURCES], SOURCES).items():
            source.text()


def _put(copy: Path, data: Path, names: list[str]) -> None:
    """Move a copy's files to their places, the state last; then what is not among them goes.

    The ledger is not among them: it may be in use, and has taken over its copy by itself.
    """
    old = {str(path.relative_to(data)) for path in _kept(data)} - {FILE}
    for name in sorted(set(names) - FILES, key=lambda name: name == "state.json"):
        target = data / name
        target.parent.mkdir(parents=True, exist_ok=True)
        move(copy / name, target)
    for name in old - set(names):
        if not name.startswith("graphs/"):
            (data / name).unlink()
