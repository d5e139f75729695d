"""An origin that lies, or was taken over, changes nothing on the machine that pulls."""

import copy
import json
import time
from collections.abc import Callable
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parvis.cli import main
from parvis.errors import StoreError
from parvis.store.generation.manifest import Manifest
from tests.conftest import Server

BODY = b"what the origin serves"
FACTS = {
    "quads": 1,
    "digest": "b" * 64,
    "replaced": 0,
    "layers": 0,
    "graphs": {"http://pool.test/graph/a/b": {"quads": 1, "source": f"{'c' * 64}.nt.gz"}},
}
SITE = {
    "site/datasets.json": b"[]",
    "site/partners.json": b"[]",
    "site/queries.json": b"[]",
    "site/agreements.nt": b"",
    "search/open/graphs.json": b"{}",
    "search/members/graphs.json": b"{}",
}
"""The files of a generation without which no site can be served."""


def told_of(**bodies: bytes) -> dict[str, dict[str, object]]:
    """Tell files as a manifest does."""
    files = SITE | bodies
    return {
        name: {"sha256": sha256(body).hexdigest(), "bytes": len(body)}
        for name, body in files.items()
    }


SOUND: dict[str, Any] = {
    "generation": 2,
    "created": "2026-11-01T00:00:00+00:00",
    "good_until": None,
    "open": FACTS,
    "members": FACTS,
    "files": told_of(**{"site/a.txt": BODY}),
}
FILE = SOUND["files"]["site/a.txt"]
WRONG_TYPES = [[], {}, None, True, "x", "", -1, 1.5, 10**30, [1], {"a": 1}, "\ud800"]
PLACES = [
    ("generation",),
    ("created",),
    ("open",),
    ("members", "graphs"),
    ("open", "digest"),
    ("open", "replaced"),
    ("open", "graphs", "http://pool.test/graph/a/b"),
    ("open", "graphs", "http://pool.test/graph/a/b", "quads"),
    ("open", "graphs", "http://pool.test/graph/a/b", "source"),
    ("files",),
    ("files", "site/a.txt"),
    ("files", "site/a.txt", "sha256"),
    ("files", "site/a.txt", "bytes"),
]
ALLOWED: dict[tuple[str, ...], list[object]] = {("members", "graphs"): [{}], ("files",): [{}]}
"""What a manifest may well say there."""
NAMES = [
    "../../X",
    "../2/site/a.txt",
    "/etc/parvis-evil",
    "site/../../../X",
    "site/./a",
    "site//a",
    "site/a/",
    "",
    ".",
    "..",
    "site\\..\\..\\X",
    "site/a\x00.txt",
    "site/a\n",
    "site/\x85",
    "s" * 256,
    "é" * 128,
    "d/" * 600 + "f",
    "site/\ud800",
    "manifest.json",
]
"""Names of files that are none below a generation's folder, or have no place there."""


class Machine:
    """A machine that pulls from an origin on loopback."""

    def __init__(self, folder: Path, origin: Server, capsys: pytest.CaptureFixture[str]) -> None:
        """Have a token, and a neighbour of the data folder that is nobody's business."""
        self.data, self.origin, self._capsys = folder / "data", origin, capsys
        (folder / "neighbour").write_text("mine")
        (folder / "token").write_text("parvis_x\n")
        self._folder = folder

    def serve(self, manifest: object, **bodies: bytes) -> None:
        """Let the origin serve a manifest, as it is or as JSON, and files of generation 2."""
        raw = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
        self.origin.gives("/replica/manifest.json", raw)
        for name, body in ({"site/a.txt": BODY} | SITE | bodies).items():
            self.origin.gives(f"/replica/2/{name}", body)

    def pull(self, lang: str = "en") -> tuple[int, str]:
        """Run the command; return its exit code and all that it printed."""
        words = ["pull", self.origin.address("/"), "--token-file", f"{self._folder / 'token'}"]
        with pytest.raises(SystemExit) as ended:
            main([*words, "--data", str(self.data), "--lang", lang])
        printed = self._capsys.readouterr()
        return int(ended.value.code or 0), printed.out + printed.err

    def snapshot(self) -> dict[str, str]:
        """Tell all that is on this machine but for what an attempt may keep for the next."""
        return {
            str(path): sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
            for path in sorted(self._folder.rglob("*"))
            if ".pulled" not in str(path) and path.name != "lock"
        }

    def refuses(self, manifest: object, **bodies: bytes) -> str:
        """Pull what is to be refused; return what was said of it in English."""
        before = self.snapshot()
        self.serve(manifest, **bodies)
        code, said = self.pull()
        french = self.pull("fr")[1]
        assert (code, "Traceback" in said + french, self.snapshot() == before) == (3, False, True)
        assert said != french
        return said


@pytest.fixture
def machine(tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]) -> Machine:
    """Give a machine that serves generation 1 of an origin."""
    found = Machine(tmp_path, server, capsys)
    found.serve(SOUND | {"generation": 1, "files": told_of(**{"site/a.txt": b"former"})})
    for name, body in (SITE | {"site/a.txt": b"former"}).items():
        server.gives(f"/replica/1/{name}", body)
    assert found.pull()[0] == 0
    return found


def changed(place: tuple[str, ...], value: object) -> dict[str, Any]:
    """Return a manifest that says something else in one place."""
    found = copy.deepcopy(SOUND)
    inner = found
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return found


def test_a_sound_manifest_is_pulled(machine: Machine) -> None:
    """Else the others would be refused for nothing."""
    machine.serve(SOUND)
    assert machine.pull()[0] == 0
    assert (machine.data / "current").read_text() == "2\n"
    assert [path.name for path in (machine.data / "generations").iterdir()] == ["2"]


@pytest.mark.parametrize("number", ["../../X", "../2", "2", 0, -1, True, 2.0, 10**12, [2], None])
def test_a_number_of_a_generation_is_a_number(machine: Machine, number: object) -> None:
    """``../../X`` once led out of the data folder, and every generation was deleted for it."""
    assert "generation" in machine.refuses(changed(("generation",), number))


@pytest.mark.parametrize("place", PLACES, ids="/".join)
def test_no_value_of_another_type_is_taken(machine: Machine, place: tuple[str, ...]) -> None:
    """At no place of the manifest; the message names the place."""
    for value in WRONG_TYPES:
        if value not in ALLOWED.get(place, []) and changed(place, value) != SOUND:
            says_zero = place[-1] in {"quads", "replaced"} and value == 1
            if not says_zero:
                said = machine.refuses(changed(place, value))
                assert place[-1][:10] in said


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_no_name_leads_out_of_a_generation(machine: Machine, name: str) -> None:
    """Nor is one taken that the file system could not hold, or that names another file's folder."""
    machine.refuses(changed(("files",), {name: FILE, **SOUND["files"]}))


def test_a_file_is_no_folder_of_another(machine: Machine) -> None:
    """One of the two could not be written."""
    machine.refuses(changed(("files",), {"site": FILE, **SOUND["files"]}))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"generation":' * 50_000,
        json.dumps(SOUND).encode().replace(b'"open"', b'"generation": 3, "open"', 1),
        json.dumps(SOUND).encode().replace(b'"bytes": 22', b'"bytes": NaN'),
        json.dumps(SOUND).encode().replace(b'"bytes": 22', b'"bytes": ' + b"9" * 5000),
        b"<html>not found</html>",
    ],
    ids=lambda raw: ascii(raw[:20]),
)
def test_what_is_no_manifest_is_refused(machine: Machine, raw: bytes) -> None:
    """Of any kind: nothing, deep nesting, a name that comes twice, numbers that JSON has not."""
    machine.refuses(raw)


def test_another_content_than_the_digest_is_refused(machine: Machine) -> None:
    """What came is thrown away."""
    assert "site/a.txt" in machine.refuses(SOUND, **{"site/a.txt": BODY[::-1]})
    assert not list(machine.data.rglob("*.part"))


def test_no_more_is_taken_than_the_manifest_says(machine: Machine) -> None:
    """A body without end does not fill the disk; nor does a manifest of any length."""
    sent: list[int] = []

    def endless(to: BaseHTTPRequestHandler) -> None:
        to.send_response(200)
        to.end_headers()
        while len(sent) < 100_000:  # a test ends, whatever the code does
            to.wfile.write(b"x" * 65_536)
            sent.append(65_536)

    machine.serve(SOUND)
    machine.origin.answers["/replica/2/site/a.txt"] = endless
    before = machine.snapshot()
    assert machine.pull()[0] == 3
    assert machine.snapshot() == before
    assert sum(sent) < 50_000_000


CARD = {"key": "../../etc", "modified": None}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("site/datasets.json", b"{}[]"),
        ("site/datasets.json", b'{"a": 1}'),
        ("site/datasets.json", json.dumps([CARD]).encode()),
        ("site/partners.json", b"[1]"),
        ("site/queries.json", b"[" * 99_999),
        ("site/tombstones.json", json.dumps([{"key": "../..", "withdrawn": "x"}]).encode()),
        ("site/agreements.nt", b"no triple"),
        ("search/open/graphs.json", b'{"http://pool.test/graph/a/b": "../../../../etc/passwd"}'),
        ("search/members/graphs.json", b"[]"),
    ],
)
def test_a_copy_that_could_not_be_served_is_not(machine: Machine, name: str, body: bytes) -> None:
    """The files are as the manifest says, and the origin lies in them: what is served stays."""
    files = told_of(**{"site/a.txt": BODY, name: body})
    machine.refuses(changed(("files",), files), **{name: body})


def test_a_copy_that_the_disk_cannot_hold_is_not_begun(machine: Machine) -> None:
    """It says how much room is needed; no byte is asked for."""
    machine.origin.asked.clear()
    said = machine.refuses(changed(("files", "site/a.txt", "bytes"), 2**50))
    assert str(2**50) in said
    assert {path for path, _ in machine.origin.asked} == {"/replica/manifest.json"}


def answering(**headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Return what answers 206 with headers of its own."""

    def answer(to: BaseHTTPRequestHandler) -> None:
        to.send_response(206)
        for name, value in headers.items():
            to.send_header(name.replace("_", "-"), value)
        to.end_headers()
        to.wfile.write(BODY)

    return answer


@pytest.mark.parametrize("part", ["bytes 5-26/27", "", "lines 0-", "bytes -1-2/3"])
def test_another_part_than_was_asked_for_is_refused(machine: Machine, part: str) -> None:
    """``Content-Range`` is what the origin says, too."""
    machine.serve(SOUND)
    machine.origin.answers["/replica/2/site/a.txt"] = answering(Content_Range=part)
    before = machine.snapshot()
    assert machine.pull()[0] == 3
    assert machine.snapshot() == before


def test_an_origin_does_not_say_how_long_to_wait(machine: Machine) -> None:
    """``Retry-After`` could be a hundred years."""
    machine.origin.gives("/replica/manifest.json", status=503, Retry_After="3000000000")
    began = time.monotonic()
    assert machine.pull()[0] == 3
    assert time.monotonic() - began < 30


def test_links_and_devices_of_a_folder_are_not_followed(machine: Machine, tmp_path: Path) -> None:
    """A copy that `rsync` made may hold a link to anything, or to what has no end."""
    there = tmp_path / "origin"
    site = there / "generations" / "2" / "site"
    site.mkdir(parents=True)
    (there / "current").write_text("2\n")
    (site.parent / "manifest.json").write_text(json.dumps(SOUND))
    for name, body in SITE.items():
        (site.parent / name).parent.mkdir(parents=True, exist_ok=True)
        (site.parent / name).write_bytes(body)
    for target in ("/dev/full", tmp_path / "token", tmp_path / "neighbour"):
        (site / "a.txt").symlink_to(target)
        with pytest.raises(SystemExit) as ended:
            main(["pull", str(there), "--data", str(machine.data), "--lang", "en"])
        assert ended.value.code == 3
        assert (machine.data / "current").read_text() == "1\n"
        assert not list(machine.data.rglob("*.part"))
        (site / "a.txt").unlink()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner),
    max_leaves=8,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(PLACES), value=JSON)
def test_any_manifest_is_refused_or_is_what_it_says(place: tuple[str, ...], value: object) -> None:
    """Whatever is read is written back as the same: no value is taken for another."""
    try:
        found = Manifest.unpacked(json.dumps(changed(place, value)).encode())
    except StoreError:
        return
    assert Manifest.unpacked(found.packed()) == found
    assert type(found.generation) is int
    assert all(not name.startswith("/") and ".." not in name for name in found.files)
