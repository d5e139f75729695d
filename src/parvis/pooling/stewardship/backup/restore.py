"""Restore a backup, whole or not at all, and confirm what a restored pool may bring back."""

from pathlib import Path
from typing import Any

from parvis.config import Settings, clock
from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.ledger import (
    FILE,
    FILES,
    Act,
    Deletions,
    Judgements,
    People,
    Tokens,
    check_chains,
    merge_chains,
)
from parvis.pooling.audit import UNCONFIRMED, record_act
from parvis.pooling.stewardship.backup.copies import check_backup, check_copy, list_files
from parvis.pooling.stewardship.erasure import delete_again
from parvis.store.files import (
    copy_private,
    move,
    replace,
    settle_tree,
    workplace,
    writing,
)
from parvis.store.generation.generation import needed_digests, numbers
from parvis.store.generation.state_files import RecallList
from parvis.store.record.graph_record import GraphRecord

HAS_LEDGER = N_("{folder} has a ledger of its own, which counts; --ledger is for a new place")
NO_LEDGER = N_("there is no ledger {file}")
NOTHING = N_("nothing waits to be confirmed")
NOT_EMPTY = N_("{folder} holds a pool already; --replace puts the backup in its place")


def restore(
    settings: Settings, folder: Path, *, replacing: bool = False, ledger: Path | None = None
) -> dict[str, Any]:
    """Replace the data folder's content with a backup, which is checked completely first.

    The record changes in one step; what was received after the backup is lost. Generations stay
    until the next one is published. Tokens are the backup's, but none that has ended since becomes
    valid again, nor does recalled or deleted data return (`deleted_again` names the latter): so
    says the ledger of the data folder or, in a new place, `ledger`, the newest one that there is.
    With neither, nothing is published or served until `confirm_restored`.
    Raises `StoreError` for a damaged backup, and `UsageError` for a folder that is none, or when
    the data folder has a pool and not `replacing`.
    """
    manifest = check_backup(folder)
    with writing(settings.data), workplace(settings.data) as place:
        if not replacing and any(list_files(settings.data)):
            raise UsageError(NOT_EMPTY, folder=settings.data)
        if ledger is not None:
            _adopt_ledger(settings, ledger)
        is_known = (settings.data / FILE).is_file() and not _is_unconfirmed(settings, ledger)
        copy = place / "copy"
        # A file that is not in the list was not compared, and is not restored.
        for name in manifest["files"]:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            copy_private(folder / name, copy / name)
        settle_tree(place)
        check_copy(copy)
        again = _take_over(settings, copy)
        names = sorted(name for name in manifest["files"] if (copy / name).is_file())
        recalled_files = RecallList.read(settings.data).take_over(copy)
        _move_into_place(copy, settings.data, [*names, *recalled_files])
        # The numbers of the next generations continue those of the backup.
        if not numbers(settings.data):
            replace(settings.data / "current", f"{manifest['generation']}\n".encode())
        record = GraphRecord(settings.data)
        # Nothing that was recalled since the backup becomes current again.
        RecallList.read(settings.data).remove_from(record)
        record.prune(needed_digests(settings.data) | Deletions(settings.data).digests())
        if is_known:
            (settings.data / UNCONFIRMED).unlink(missing_ok=True)
        else:
            replace(settings.data / UNCONFIRMED, manifest["created"].encode())
            (settings.data / UNCONFIRMED).chmod(0o600)
        facts = {"graphs": manifest["graphs"], "deleted": len(again)}
        record_act(settings.data, Act.RESTORE, clock.machine_time(), facts)
    return {
        "folder": str(folder),
        "graphs": manifest["graphs"],
        "files": len(names),
        "deleted_again": again,
        "unconfirmed": None if is_known else manifest["created"],
    }


def _take_over(settings: Settings, copy: Path) -> list[str]:
    """Bring into a copy what the pool decided since; return what is deleted from it again."""
    Tokens(settings.data).take_over(copy / FILE)
    People(settings.data).take_over(copy / FILE)
    merge_chains(settings.data, copy / FILE)
    again = delete_again(settings, copy)
    Judgements(settings.data).take_over(copy)
    return again


def _adopt_ledger(settings: Settings, ledger: Path) -> None:
    """Make a ledger of another place that of a data folder which has none, or a backup's."""
    if (settings.data / FILE).is_file() and not _is_unconfirmed(settings):
        raise UsageError(HAS_LEDGER, folder=settings.data)
    if not ledger.is_file():
        raise UsageError(NO_LEDGER, file=ledger)
    check_chains(ledger)
    for name in FILES:
        (settings.data / name).unlink(missing_ok=True)
    copy_private(ledger, settings.data / FILE)


def _is_unconfirmed(settings: Settings, ledger: Path | None = None) -> bool:
    """Return whether only a backup's ledger is there, and no newer one was given."""
    return ledger is None and (settings.data / UNCONFIRMED).is_file()


def confirm_restored(settings: Settings) -> None:
    """Confirm that what was withdrawn or revoked since the backup was looked for by hand."""
    if not (settings.data / UNCONFIRMED).is_file():
        raise UsageError(NOTHING)
    with writing(settings.data):
        since = (settings.data / UNCONFIRMED).read_text(encoding="utf-8")
        facts = {"confirmed": since}
        record_act(settings.data, Act.RESTORE, clock.machine_time(), facts)
        (settings.data / UNCONFIRMED).unlink()


def _move_into_place(copy: Path, data: Path, names: list[str]) -> None:
    # The ledger is left out: it may be in use, and has taken over its copy by itself.
    old = {str(path.relative_to(data)) for path in list_files(data)} - {FILE}
    for name in sorted(set(names) - FILES, key=lambda name: name == "state.json"):
        target = data / name
        target.parent.mkdir(parents=True, exist_ok=True)
        move(copy / name, target)
    for name in old - set(names):
        if not name.startswith("graphs/"):
            (data / name).unlink()
