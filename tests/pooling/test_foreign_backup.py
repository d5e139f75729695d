"""A backup may have lain anywhere: what somebody has put into it harms nobody who restores it."""

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
def saved_once(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a backup of a pool of which a dataset was withdrawn."""
    folder = tmp_path_factory.mktemp("saved")
    for name in ("data", "catalog"):
        shutil.copytree(made_once / name, folder / name)
    with Pool.open(Settings.load(data=folder / "data", catalog=folder / "catalog")) as pool:
        withdraw(pool, GONE, {"fr": "Fin."})
        backup(pool.settings, folder / "saved")
    return folder


class Saved:
    """A backup that can be changed, and the command that restores it on another machine."""

    def __init__(self, folder: Path, once: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Copy the backup; beside the data folder stands what is nobody's business."""
        self.folder, self._once, self._capsys = folder / "saved", once, capsys
        shutil.copytree(once / "saved", self.folder)
        (folder / "neighbour" / "inner").mkdir(parents=True)
        (folder / "neighbour" / "inner" / "file").write_text("mine")
        self.data = folder / "machine" / "data"

    def write(self, name: str, body: bytes) -> None:
        """Give a file another content, its own in all of its names."""
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).unlink(missing_ok=True)
        (self.folder / name).write_bytes(body)

    def change(self, name: str, change: Callable[[Any], object]) -> None:
        """Change a file of JSON in place."""
        found = json.loads((self.folder / name).read_bytes())
        change(found)
        self.write(name, json.dumps(found).encode())

    def list_again(self, **more: str) -> None:
        """Make the list tell the files as they are now, and some more."""
        paths = [path for path in self.folder.rglob("*") if path.is_file() and path.name != NAME]
        files = {
            path.relative_to(self.folder).as_posix(): sha256(path.read_bytes()).hexdigest()
            for path in paths
        }
        self.change(NAME, lambda told: told.update(files=files | more))

    def sql(self, script: str) -> None:
        """Change the ledger."""
        with closing(sqlite3.connect(self.folder / FILE)) as connection, connection:
            connection.executescript(script)
        self.list_again()

    def restore(self, lang: str = "en") -> tuple[int, str]:
        """Run the command; return its exit code and what it printed."""
        to = ["--data", str(self.data), "--catalog", str(self._once / "catalog")]
        with pytest.raises(SystemExit) as ended:
            main(["restore", str(self.folder), *to, "--lang", lang])
        printed = self._capsys.readouterr()
        return int(ended.value.code or 0), printed.out + printed.err

    def refused(self) -> str:
        """Restore what is to be refused: nothing is written, and it is said in two languages."""
        before = self._all()
        (code, said), (_, french) = self.restore(), self.restore("fr")
        assert code in {2, 3}, said
        assert "Traceback" not in said + french
        assert said != french
        assert self._all() == before
        for name in ("state.json", FILE, "current", "graphs"):
            assert not (self.data / name).exists()
        return said

    def _all(self) -> dict[str, bytes]:
        root = self.folder.parent
        return {
            str(path): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file() and not path.is_relative_to(self.data)
        }


@pytest.fixture
def saved(saved_once: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Saved:
    """Give the backup, to be changed."""
    return Saved(tmp_path, saved_once, capsys)


def test_what_was_not_changed_is_restored(saved: Saved) -> None:
    """Else the others would be refused for nothing; no file may be read by others."""
    saved.list_again()
    assert saved.restore()[0] == 0
    given = [
        path
        for path in saved.data.rglob("*")
        if path.is_file() and path.name not in {"lock", "current"}
    ]
    assert given
    assert not [path for path in given if path.stat().st_mode & 0o077]


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
def test_a_list_names_files_of_a_backup_alone(saved: Saved, name: str) -> None:
    """Not what stands elsewhere, nor what is made again."""
    saved.list_again(**{name: sha256(b"mine").hexdigest()})
    saved.refused()


def test_an_absolute_name_is_refused(saved: Saved, tmp_path: Path) -> None:
    """It would be moved away from where it stands."""
    file = tmp_path / "neighbour" / "inner" / "file"
    saved.list_again(**{str(file): sha256(b"mine").hexdigest()})
    saved.refused()


@pytest.mark.parametrize("make", ["link", "pipe", "folder link"])
def test_links_and_pipes_are_no_files_of_a_backup(saved: Saved, tmp_path: Path, make: str) -> None:
    """They would be read, or waited for."""
    neighbour = tmp_path / "neighbour" / "inner"
    name = "incoming/x"
    saved.folder.joinpath("incoming").mkdir(exist_ok=True)
    if make == "link":
        (saved.folder / name).symlink_to(neighbour / "file")
    elif make == "folder link":
        (saved.folder / "incoming" / "y").symlink_to(neighbour)
        name = "incoming/y/file"
    else:
        os.mkfifo(saved.folder / name)
    saved.change(NAME, lambda told: told["files"].update({name: sha256(b"mine").hexdigest()}))
    saved.refused()


@pytest.mark.parametrize("value", [[], {}, None, True, "../x", -1, 1.5, 10**30])
@pytest.mark.parametrize("place", ["generation", "graphs", "files"])
def test_a_list_says_numbers_where_numbers_are(saved: Saved, place: str, value: object) -> None:
    """A list in the place of a number once became the pointer to what is served."""
    if (place, value) == ("files", {}):
        return
    saved.change(NAME, lambda told: told.update({place: value}))
    assert place in saved.refused()


def first(state: dict[str, Any]) -> dict[str, Any]:
    """Give the first version of a state."""
    version: dict[str, Any] = next(iter(state["graphs"].values()))
    return version


def tombstone(state: dict[str, Any]) -> dict[str, Any]:
    """Give the tombstone."""
    found: dict[str, Any] = next(iter(state["withdrawn"].values()))
    return found


STATES: dict[str, Callable[[dict[str, Any]], object]] = {
    "digest that leads out": lambda s: first(s).update(digest="../../../../etc/passwd"),
    "digest of a list": lambda s: first(s).update(digest=["a"]),
    "digest of another": lambda s: first(s).update(digest="a" * 64),
    "bytes less": lambda s: first(s).update(bytes=1),
    "bytes true": lambda s: first(s).update(bytes=True),
    "triples negative": lambda s: first(s).update(triples=-1),
    "no offset": lambda s: first(s).update(submitted="2026-01-01T00:00:00"),
    "no instant": lambda s: first(s).update(submitted=None),
    "about a list": lambda s: first(s).update(about=[]),
    "about a number": lambda s: first(s)["about"].update(since=3),
    "since no instant": lambda s: first(s)["about"].update(since="hier"),
    "access of nobody": lambda s: first(s)["about"].update(access="root"),
    "submission no JSON": lambda s: first(s)["about"].update(submission="{"),
    "submission deep": lambda s: first(s)["about"].update(submission="[" * 99_999),
    "submission of a key that leads out": lambda s: first(s)["about"].update(
        submission=json.dumps(json.loads(first(s)["about"]["submission"]) | {"key": "../.."})
    ),
    "submission of a file that leads out": lambda s: first(s)["about"].update(
        submission=json.dumps(
            json.loads(first(s)["about"]["submission"]) | {"file_digest": "../../../x"}
        )
    ),
    "sources no list": lambda s: first(s)["about"].update(sources="{}"),
    "changes no numbers": lambda s: first(s)["about"].update(changes='{"added": "x"}'),
    "former no list": lambda s: s.update(former={"x": {}}),
    "withdrawn leads out": lambda s: tombstone(s).update(key="../../neighbour"),
    "withdrawn never": lambda s: tombstone(s).update(withdrawn="x"),
    "title a list": lambda s: tombstone(s).update(title=[]),
    "graphs a list": lambda s: s.update(graphs=[]),
}


@pytest.mark.parametrize("change", STATES)
def test_a_state_is_read_value_by_value(saved: Saved, change: str) -> None:
    """Its digests and keys become paths, its instants are compared."""
    saved.change("state.json", STATES[change])
    saved.list_again()
    saved.refused()


@pytest.mark.parametrize("body", [b"[]", b"{" * 99_999, b"\xff", b'{"graphs": {}, "graphs": {}}'])
@pytest.mark.parametrize("name", ["state.json", "recalled.json", "sources.json", "told/feed.json"])
def test_a_file_of_json_that_is_none_is_refused(saved: Saved, name: str, body: bytes) -> None:
    """Before anything is in its place."""
    if (name, body) == ("told/feed.json", b"[]"):
        return
    saved.write(name, body)
    saved.list_again()
    saved.refused()


def test_a_graph_of_another_content_than_its_name_is_refused(saved: Saved) -> None:
    """Though the list tells the digest of what is there; one that unfolds without end is left."""
    graph = next((saved.folder / "graphs").iterdir())
    name = graph.relative_to(saved.folder).as_posix()
    for body in (b"<x:s> <x:p> <x:o> .\n", b"\0" * 50_000_000):
        saved.write(name, gzip.compress(body))
        saved.list_again()
        assert graph.name in saved.refused()


LEDGERS = {
    "a view": "ALTER TABLE link RENAME TO l; CREATE VIEW link AS SELECT * FROM l",
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON token BEGIN DELETE FROM link; END",
    "another table": "CREATE TABLE x (y)",
    "a lax table": "DROP TABLE token; CREATE TABLE token (id, party, scope, label, purposes,"
    " created, expires, revoked, digest)",
    "a negative version": "PRAGMA user_version = -1",
    "a newer version": "PRAGMA user_version = 9999",
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
def test_a_ledger_has_our_tables_and_what_they_hold(saved: Saved, change: str) -> None:
    """A view or a trigger would run what somebody else wrote."""
    saved.sql(LEDGERS[change])
    assert FILE in saved.refused()


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
def test_a_proof_of_another_ledger_is_checked(saved: Saved, change: str) -> None:
    """A restoration deletes again what proofs name: ``../..`` was deleted on this machine once."""
    rewrite(saved, ENTRIES[change])
    saved.refused()


def test_a_proof_that_is_written_otherwise_is_refused(saved: Saved) -> None:
    """Copied, it would not have its hash any more, and the chain be broken for good."""
    rewrite(saved, lambda _: None, spaces=True)
    assert "broken" in saved.refused()


def rewrite(
    saved: Saved, change: Callable[[dict[str, Any]], object], *, spaces: bool = False
) -> None:
    """Change the proof of the deletion, and its hash with it."""
    with closing(sqlite3.connect(saved.folder / FILE)) as connection, connection:
        number, previous, text = connection.execute(
            "SELECT number, previous, entry FROM link WHERE chain = 'deletions'"
        ).fetchone()
        entry = json.loads(text)
        change(entry)
        apart = (", ", ": ") if spaces else (",", ":")
        text = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=apart)
        digest = sha256(f"{number}\n{previous}\n{text}".encode()).hexdigest()
        connection.execute(
            "UPDATE link SET entry = ?, hash = ? WHERE chain = 'deletions'", (text, digest)
        )
    saved.list_again()


def test_what_the_list_does_not_name_is_not_taken(saved: Saved) -> None:
    """A ledger that nobody compared would bring its own tokens."""
    files = json.loads((saved.folder / NAME).read_bytes())["files"]
    saved.sql("DELETE FROM token")
    saved.change(
        NAME, lambda told: told.update(files={k: v for k, v in files.items() if k != FILE})
    )
    (saved.folder / "secrets").write_text("00" * 32)
    assert saved.restore()[0] == 0
    assert not (saved.data / "secrets").exists() or (saved.data / "secrets").read_text() != "00"
