"""A manipulated backup harms nobody who restores it."""

import gzip
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from parvis.cli import main
from parvis.config import Settings
from parvis.ledger import FILE
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.backup import NAME, backup
from parvis.pooling.stewardship.retention import withdraw

GONE = "theatre-b/reserve"


@pytest.fixture(scope="module")
def saved_folder(published_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Back up a pool from which a dataset was withdrawn."""
    folder = tmp_path_factory.mktemp("saved")
    for name in ("data", "catalog"):
        shutil.copytree(published_folder / name, folder / name)
    with Pool.open(Settings.load(data=folder / "data", catalog=folder / "catalog")) as pool:
        withdraw(pool, GONE, {"fr": "Fin."})
        backup(pool.settings, folder / "saved")
    return folder


class SavedBackup:
    """A backup that can be changed, and the command that restores it on another machine."""

    def __init__(self, folder: Path, source: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Copy the backup, and write a file next to the data folder that must not change."""
        self.folder, self._once, self._capsys = folder / "saved", source, capsys
        shutil.copytree(source / "saved", self.folder)
        (folder / "neighbour" / "inner").mkdir(parents=True)
        (folder / "neighbour" / "inner" / "file").write_text("mine")
        self.data = folder / "machine" / "data"

    def write(self, name: str, body: bytes) -> None:
        """Replace the content of a file, without changing its hard links."""
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).unlink(missing_ok=True)
        (self.folder / name).write_bytes(body)

    def change(self, name: str, change: Callable[[Any], object]) -> None:
        """Change a JSON file in place."""
        data = json.loads((self.folder / name).read_bytes())
        change(data)
        self.write(name, json.dumps(data).encode())

    def update_list(self, **added: str) -> None:
        """Update the list of files, and add some."""
        paths = [path for path in self.folder.rglob("*") if path.is_file() and path.name != NAME]
        files = {
            path.relative_to(self.folder).as_posix(): sha256(path.read_bytes()).hexdigest()
            for path in paths
        }
        self.change(NAME, lambda listing: listing.update(files=files | added))

    def change_ledger(self, script: str) -> None:
        """Change the ledger with an SQL script."""
        with closing(sqlite3.connect(self.folder / FILE)) as connection, connection:
            connection.executescript(script)
        self.update_list()

    def restore(self, lang: str = "en") -> tuple[int, str]:
        """Run the command, and return its exit code and output."""
        folders = ["--data", str(self.data), "--catalog", str(self._once / "catalog")]
        with pytest.raises(SystemExit) as exit_info:
            main(["restore", str(self.folder), *folders, "--lang", lang])
        printed = self._capsys.readouterr()
        return int(exit_info.value.code or 0), printed.out + printed.err

    def expect_refusal(self) -> str:
        """Restore a backup that must be refused without writing, and return the English message."""
        before = self._all()
        (code, message), (_, french) = self.restore(), self.restore("fr")
        assert code in {2, 3}, message
        assert "Traceback" not in message + french
        assert message != french
        assert self._all() == before
        for name in ("state.json", FILE, "current", "graphs"):
            assert not (self.data / name).exists()
        return message

    def _all(self) -> dict[str, bytes]:
        root = self.folder.parent
        return {
            str(path): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file() and not path.is_relative_to(self.data)
        }


@pytest.fixture
def saved(saved_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> SavedBackup:
    """Copy the backup, so that a test may change it."""
    return SavedBackup(tmp_path, saved_folder, capsys)


def test_an_unchanged_backup_is_restored(saved: SavedBackup) -> None:
    """Otherwise the others would be refused for another reason; no file is readable by others."""
    saved.update_list()
    assert saved.restore()[0] == 0
    files = [
        path
        for path in saved.data.rglob("*")
        if path.is_file() and path.name not in {"lock", "current"}
    ]
    assert files
    assert not [path for path in files if path.stat().st_mode & 0o077]


@pytest.mark.parametrize(
    "name",
    [
        "../neighbour/inner/file",
        "graphs/../../neighbour/inner/file",
        "incoming/../../neighbour/inner/file",
        "current",
        "lock",
        "backup.json",
        "generations/1/manifest.json",
        "staging/x",
        "deposits/a/b/c/report.json",
        "graphs/x.nt.gz",
        "ledger.sqlite-wal",
        "a\x00b",
        "x" * 300,
        "",
    ],
)
def test_a_list_with_files_outside_of_a_backup_is_refused(saved: SavedBackup, name: str) -> None:
    """Neither files elsewhere, nor files that are built again."""
    saved.update_list(**{name: sha256(b"mine").hexdigest()})
    saved.expect_refusal()


def test_an_absolute_file_name_is_refused(saved: SavedBackup, tmp_path: Path) -> None:
    """The file would be moved away."""
    file = tmp_path / "neighbour" / "inner" / "file"
    saved.update_list(**{str(file): sha256(b"mine").hexdigest()})
    saved.expect_refusal()


@pytest.mark.parametrize("file_kind", ["link", "pipe", "folder link"])
def test_links_and_pipes_in_a_backup_are_refused(
    saved: SavedBackup, tmp_path: Path, file_kind: str
) -> None:
    """They would be read, or waited for."""
    neighbour = tmp_path / "neighbour" / "inner"
    name = "incoming/x"
    saved.folder.joinpath("incoming").mkdir(exist_ok=True)
    if file_kind == "link":
        (saved.folder / name).symlink_to(neighbour / "file")
    elif file_kind == "folder link":
        (saved.folder / "incoming" / "y").symlink_to(neighbour)
        name = "incoming/y/file"
    else:
        os.mkfifo(saved.folder / name)
    saved.change(NAME, lambda listing: listing["files"].update({name: sha256(b"mine").hexdigest()}))
    saved.expect_refusal()


@pytest.mark.parametrize("value", [[], {}, None, True, "../x", -1, 1.5, 10**30])
@pytest.mark.parametrize("place", ["generation", "graphs", "files"])
def test_a_list_with_values_of_wrong_types_is_refused(
    saved: SavedBackup, place: str, value: object
) -> None:
    """A list instead of a number once became the pointer to the current generation."""
    if (place, value) == ("files", {}):
        return
    saved.change(NAME, lambda listing: listing.update({place: value}))
    assert place in saved.expect_refusal()


def first_version(state: dict[str, Any]) -> dict[str, Any]:
    """Return the first version of a state."""
    version: dict[str, Any] = next(iter(state["graphs"].values()))
    return version


def find_tombstone(state: dict[str, Any]) -> dict[str, Any]:
    """Return the tombstone."""
    tombstone: dict[str, Any] = next(iter(state["withdrawn"].values()))
    return tombstone


STATES: dict[str, Callable[[dict[str, Any]], object]] = {
    "digest that leads out": lambda s: first_version(s).update(digest="../../../../etc/passwd"),
    "digest of a list": lambda s: first_version(s).update(digest=["a"]),
    "digest of another": lambda s: first_version(s).update(digest="a" * 64),
    "bytes less": lambda s: first_version(s).update(bytes=1),
    "bytes true": lambda s: first_version(s).update(bytes=True),
    "triples negative": lambda s: first_version(s).update(triples=-1),
    "no offset": lambda s: first_version(s).update(submitted="2026-01-01T00:00:00"),
    "no instant": lambda s: first_version(s).update(submitted=None),
    "about a list": lambda s: first_version(s).update(about=[]),
    "about a number": lambda s: first_version(s)["about"].update(since=3),
    "since no instant": lambda s: first_version(s)["about"].update(since="hier"),
    "access of nobody": lambda s: first_version(s)["about"].update(access="root"),
    "submission no JSON": lambda s: first_version(s)["about"].update(submission="{"),
    "submission deep": lambda s: first_version(s)["about"].update(submission="[" * 99_999),
    "submission of a key that leads out": lambda s: first_version(s)["about"].update(
        submission=json.dumps(
            json.loads(first_version(s)["about"]["submission"]) | {"key": "../.."}
        )
    ),
    "submission of a file that leads out": lambda s: first_version(s)["about"].update(
        submission=json.dumps(
            json.loads(first_version(s)["about"]["submission"]) | {"file_digest": "../../../x"}
        )
    ),
    "sources no list": lambda s: first_version(s)["about"].update(sources="{}"),
    "changes no numbers": lambda s: first_version(s)["about"].update(changes='{"added": "x"}'),
    "former no list": lambda s: s.update(former={"x": {}}),
    "withdrawn leads out": lambda s: find_tombstone(s).update(key="../../neighbour"),
    "withdrawn never": lambda s: find_tombstone(s).update(withdrawn="x"),
    "title a list": lambda s: find_tombstone(s).update(title=[]),
    "graphs a list": lambda s: s.update(graphs=[]),
}


@pytest.mark.parametrize("change", STATES)
def test_every_value_of_the_state_is_validated(saved: SavedBackup, change: str) -> None:
    """Digests and keys become paths, and dates are compared."""
    saved.change("state.json", STATES[change])
    saved.update_list()
    saved.expect_refusal()


@pytest.mark.parametrize("body", [b"[]", b"{" * 99_999, b"\xff", b'{"graphs": {}, "graphs": {}}'])
@pytest.mark.parametrize("name", ["state.json", "recalled.json", "sources.json", "told/feed.json"])
def test_a_malformed_json_file_is_refused(saved: SavedBackup, name: str, body: bytes) -> None:
    """Before any file is in place."""
    if (name, body) == ("told/feed.json", b"[]"):
        return
    saved.write(name, body)
    saved.update_list()
    saved.expect_refusal()


def test_a_graph_whose_content_differs_from_its_name_is_refused(saved: SavedBackup) -> None:
    """Though the list has its digest; decompression is bounded."""
    graph = next((saved.folder / "graphs").iterdir())
    name = graph.relative_to(saved.folder).as_posix()
    for body in (b"<x:s> <x:p> <x:o> .\n", b"\0" * 50_000_000):
        saved.write(name, gzip.compress(body))
        saved.update_list()
        assert graph.name in saved.expect_refusal()


LEDGERS = {
    "a view": "ALTER TABLE link RENAME TO l; CREATE VIEW link AS SELECT * FROM l",
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON token BEGIN DELETE FROM link; END",
    "another table": "CREATE TABLE x (y)",
    "a lax table": "DROP TABLE token; CREATE TABLE token (id, party, scope, label, purposes,"
    " created, expires, revoked, digest)",
    "a negative version": "PRAGMA user_version = -1",
    "a newer version": "PRAGMA user_version = 9999",
    "a person of no role": "INSERT INTO person VALUES ('p', 'x', 0, 'root', '',"
    " '2026-11-24T12:00:00+00:00', NULL)",
    "a person without offset": "INSERT INTO person VALUES ('p', 'x', 0, 'reader', '',"
    " '2026-11-24T12:00:00', NULL)",
    "a passkey of no form": "INSERT INTO passkey VALUES ('!', 'p', x'00', 0, '',"
    " '2026-11-24T12:00:00+00:00', NULL)",
    "a token without offset": "INSERT INTO token VALUES ('aaaaaaaa', 'p', 'read', '', '',"
    " '2026-01-01', '2099-01-01', NULL, x'00')",
    "a token of no scope": "INSERT INTO token VALUES ('aaaaaaaa', 'p', 'root', '', '',"
    " '2026-01-01T00:00:00+00:00', '2099-01-01T00:00:00+00:00', NULL, zeroblob(32))",
    "a token of no digest": "INSERT INTO token VALUES ('aaaaaaaa', 'p', 'read', '', '',"
    " '2026-01-01T00:00:00+00:00', '2099-01-01T00:00:00+00:00', NULL, x'00')",
    "a judgement of nothing": "INSERT INTO judgement VALUES (1, 'k', 'a', 'b', 'g', 'h', 'maybe',"
    " 'x', NULL, '2026-01-01T00:00:00+00:00', '', NULL, NULL)",
}


@pytest.mark.parametrize("change", LEDGERS)
def test_a_ledger_with_other_tables_or_invalid_rows_is_refused(
    saved: SavedBackup, change: str
) -> None:
    """A view or a trigger would run foreign code."""
    saved.change_ledger(LEDGERS[change])
    assert FILE in saved.expect_refusal()


ENTRIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a dataset that leads out": lambda e: e.update(dataset="../../neighbour"),
    "a dataset that is a list": lambda e: e.update(dataset=["a"]),
    "no end": lambda e: e.update(done="never"),
    "an end without offset": lambda e: e.update(done="2026-01-01T00:00:00"),
    "a title that is a text": lambda e: e.update(title="x"),
    "no graph": lambda e: e.pop("graph"),
    "remains that are a list": lambda e: e["search"].update(remains=[]),
}


@pytest.mark.parametrize("change", ENTRIES)
def test_proofs_of_deletions_are_validated(saved: SavedBackup, change: str) -> None:
    """A restoration repeats the deletions of proofs: ``../..`` was once deleted on the machine."""
    rewrite_proof(saved, ENTRIES[change])
    saved.expect_refusal()


def test_a_proof_in_another_serialisation_is_refused(saved: SavedBackup) -> None:
    """Its copy would have another hash, and break the chain for good."""
    rewrite_proof(saved, lambda _: None, spaces=True)
    assert "broken" in saved.expect_refusal()


def rewrite_proof(
    saved: SavedBackup, change: Callable[[dict[str, Any]], object], *, spaces: bool = False
) -> None:
    """Change the proof of the deletion, and its hash accordingly."""
    with closing(sqlite3.connect(saved.folder / FILE)) as connection, connection:
        number, previous, text = connection.execute(
            "SELECT number, previous, entry FROM link WHERE chain = 'deletions'"
        ).fetchone()
        entry = json.loads(text)
        change(entry)
        separators = (", ", ": ") if spaces else (",", ":")
        text = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=separators)
        digest = sha256(f"{number}\n{previous}\n{text}".encode()).hexdigest()
        connection.execute(
            "UPDATE link SET entry = ?, hash = ? WHERE chain = 'deletions'", (text, digest)
        )
    saved.update_list()


def test_files_missing_from_the_list_are_not_restored(saved: SavedBackup) -> None:
    """A ledger that was not compared could bring its own tokens."""
    files = json.loads((saved.folder / NAME).read_bytes())["files"]
    saved.change_ledger("DELETE FROM token")
    saved.change(
        NAME,
        lambda listing: listing.update(
            files={name: digest for name, digest in files.items() if name != FILE}
        ),
    )
    (saved.folder / "secrets").write_text("00" * 32)
    assert saved.restore()[0] == 0
    assert not (saved.data / "secrets").exists() or (saved.data / "secrets").read_text() != "00"
