"""A copy of all that the pool cannot make again, and the pool made again from it."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from parvis.config import Settings
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
    take_over,
)
from parvis.pooling.changes import CHANGES, RESTORED, last_told
from parvis.pooling.feed import BODIES, LOG
from parvis.pooling.replay import delete_again
from parvis.pooling.trail import recorded
from parvis.store.durable import move, replace, settle_tree
from parvis.store.generation import kept_digests, numbers, pointer
from parvis.store.lock import writing
from parvis.store.manifest import sha256
from parvis.store.recalled import Recalled
from parvis.store.record import Record
from parvis.store.workplace import workplace

NAME = "backup.json"
MADE_AGAIN = frozenset(
    {"generations", "current", "staging", "deposits", "lock", "graphs", "state.json"}
)
"""What is not copied as it is: generations are built again; of the record, what is current.

Files that wait to be decided about are their partners' to give again."""
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
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    with writing(settings.data):
        temporary = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.absolute().parent))
        try:
            found = _copied(settings, temporary)
            settle_tree(temporary)
            move(temporary, folder.absolute())
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        graphs = sorted(Record(settings.data).versions())
        Backups(settings.data).made(folder.absolute(), datetime.now(UTC), graphs)
    return {"folder": str(folder), **found}


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
    with writing(settings.data), workplace(settings.data) as place:
        if not replacing and any(_kept(settings.data)):
            raise UsageError(NOT_EMPTY, folder=settings.data)
        shutil.copytree(folder, place / "copy")
        settle_tree(place / "copy")
        Tokens(settings.data).take_over(place / "copy" / FILE)
        take_over(settings.data, place / "copy" / FILE)
        again = delete_again(settings, place / "copy")
        Judgements(settings.data).take_over(place / "copy")
        names = [name for name in told["files"] if (place / "copy" / name).is_file()]
        kept = Recalled.read(settings.data).take_over(place / "copy")
        _put(place / "copy", settings.data, [*names, *kept])
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
            shutil.copy2(file, target)
    _copy_told(settings.data, temporary)
    names = sorted(path for path in temporary.rglob("*") if path.is_file())
    files = {str(path.relative_to(temporary)): sha256(path) for path in names}
    told = {
        "created": datetime.now(UTC).isoformat(),
        "generation": pointer(settings.data),
        "graphs": graphs,
        "files": files,
    }
    (temporary / NAME).write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    return {"graphs": graphs, "files": len(files)}


def _copy_told(data: Path, temporary: Path) -> None:
    """Copy what harvesters were told: without it, nobody would learn that a dataset is gone."""
    target = temporary / RESTORED
    for name in (CHANGES, LOG, BODIES):
        file = last_told(data) / name
        if file.is_file():
            target.mkdir(exist_ok=True)
            shutil.copy2(file, target / name)


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
    """Read a backup's list, and compare every file with it; raises as `restore` does."""
    try:
        told: dict[str, Any] = json.loads((folder / NAME).read_bytes())
        files: dict[str, str] = told["files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(NO_BACKUP, folder=folder, reason=error) from error
    for name, digest in files.items():
        path = folder / name
        if not path.is_file() or sha256(path) != digest:
            raise StoreError("{file} is not what the manifest says", file=path)
    return told


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
