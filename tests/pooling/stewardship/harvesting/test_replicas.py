"""A malicious origin changes nothing on the machine that pulls from it."""

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
    "search/open/segments.json": b'{"segments": []}',
    "search/members/segments.json": b'{"segments": []}',
}
"""The files of a generation that a site needs."""


def describe_files(**bodies: bytes) -> dict[str, dict[str, object]]:
    """Describe files as in a manifest."""
    files = SITE | bodies
    return {
        name: {"sha256": sha256(body).hexdigest(), "bytes": len(body)}
        for name, body in files.items()
    }


VALID: dict[str, Any] = {
    "generation": 2,
    "created": "2026-11-01T00:00:00+00:00",
    "good_until": None,
    "open": FACTS,
    "members": FACTS,
    "files": describe_files(**{"site/a.txt": BODY}),
}
FILE = VALID["files"]["site/a.txt"]
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
"""Valid values at these places."""
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
"""Names of files outside of a generation's folder, or not allowed in it."""


class Machine:
    """A machine that pulls from an origin on loopback."""

    def __init__(self, folder: Path, origin: Server, capsys: pytest.CaptureFixture[str]) -> None:
        """Write a token, and a file next to the data folder that must not change."""
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
        """Run the command, and return its exit code and output."""
        command = ["pull", self.origin.address("/"), "--token-file", f"{self._folder / 'token'}"]
        with pytest.raises(SystemExit) as exit_info:
            main([*command, "--data", str(self.data), "--lang", lang])
        printed = self._capsys.readouterr()
        return int(exit_info.value.code or 0), printed.out + printed.err

    def snapshot(self) -> dict[str, str]:
        """Describe all files on this machine except those that an attempt keeps for the next."""
        return {
            str(path): sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
            for path in sorted(self._folder.rglob("*"))
            if ".pulled" not in str(path) and path.name != "lock"
        }

    def expect_refusal(self, manifest: object, **bodies: bytes) -> str:
        """Pull a manifest that must be refused, and return the message in English."""
        before = self.snapshot()
        self.serve(manifest, **bodies)
        code, message = self.pull()
        french = self.pull("fr")[1]
        assert (code, "Traceback" in message + french, self.snapshot() == before) == (
            3,
            False,
            True,
        )
        assert message != french
        return message


@pytest.fixture
def machine(tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]) -> Machine:
    """Return a machine that serves generation 1 of an origin."""
    machine = Machine(tmp_path, server, capsys)
    machine.serve(VALID | {"generation": 1, "files": describe_files(**{"site/a.txt": b"former"})})
    for name, body in (SITE | {"site/a.txt": b"former"}).items():
        server.gives(f"/replica/1/{name}", body)
    assert machine.pull()[0] == 0
    return machine


def change_manifest(place: tuple[str, ...], value: object) -> dict[str, Any]:
    """Return a manifest with another value in one place."""
    manifest = copy.deepcopy(VALID)
    parent = manifest
    for step in place[:-1]:
        parent = parent[step]
    parent[place[-1]] = value
    return manifest


def test_a_valid_manifest_is_pulled(machine: Machine) -> None:
    """Otherwise the others would be refused for another reason."""
    machine.serve(VALID)
    assert machine.pull()[0] == 0
    assert (machine.data / "current").read_text() == "2\n"
    assert [path.name for path in (machine.data / "generations").iterdir()] == ["2"]


@pytest.mark.parametrize("number", ["../../X", "../2", "2", 0, -1, True, 2.0, 10**12, [2], None])
def test_a_generation_number_must_be_an_integer(machine: Machine, number: object) -> None:
    """``../../X`` once led out of the data folder, and every generation was deleted."""
    assert "generation" in machine.expect_refusal(change_manifest(("generation",), number))


@pytest.mark.parametrize("place", PLACES, ids="/".join)
def test_a_value_of_a_wrong_type_is_refused(machine: Machine, place: tuple[str, ...]) -> None:
    """At every place of the manifest; the message names the place."""
    for value in WRONG_TYPES:
        if value not in ALLOWED.get(place, []) and change_manifest(place, value) != VALID:
            is_a_count = place[-1] in {"quads", "replaced"} and value == 1
            if not is_a_count:
                message = machine.expect_refusal(change_manifest(place, value))
                assert place[-1][:10] in message


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_no_file_name_leads_out_of_a_generation(machine: Machine, name: str) -> None:
    """Nor is a name accepted that the file system cannot hold, or that is another file's folder."""
    machine.expect_refusal(change_manifest(("files",), {name: FILE, **VALID["files"]}))


def test_a_file_cannot_be_the_folder_of_another(machine: Machine) -> None:
    machine.expect_refusal(change_manifest(("files",), {"site": FILE, **VALID["files"]}))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"generation":' * 50_000,
        json.dumps(VALID).encode().replace(b'"open"', b'"generation": 3, "open"', 1),
        json.dumps(VALID).encode().replace(b'"bytes": 22', b'"bytes": NaN'),
        json.dumps(VALID).encode().replace(b'"bytes": 22', b'"bytes": ' + b"9" * 5000),
        b"<html>not found</html>",
    ],
    ids=lambda raw: ascii(raw[:20]),
)
def test_a_malformed_manifest_is_refused(machine: Machine, raw: bytes) -> None:
    """Empty, deeply nested, with repeated names, or with numbers outside of JSON."""
    machine.expect_refusal(raw)


def test_a_content_that_differs_from_its_digest_is_refused(machine: Machine) -> None:
    """The received bytes are deleted."""
    assert "site/a.txt" in machine.expect_refusal(VALID, **{"site/a.txt": BODY[::-1]})
    assert not list(machine.data.rglob("*.part"))


def test_no_more_bytes_are_read_than_the_manifest_states(machine: Machine) -> None:
    """An endless body does not fill the disk; nor does an endless manifest."""
    sent: list[int] = []

    def send_endlessly(to: BaseHTTPRequestHandler) -> None:
        to.send_response(200)
        to.end_headers()
        while len(sent) < 100_000:  # the test must end, whatever the code does
            to.wfile.write(b"x" * 65_536)
            sent.append(65_536)

    machine.serve(VALID)
    machine.origin.answers["/replica/2/site/a.txt"] = send_endlessly
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
        ("search/open/segments.json", b'{"segments": ["../../../../etc/passwd"]}'),
        ("search/members/segments.json", b"[]"),
    ],
)
def test_a_replica_that_could_not_be_served_is_refused(
    machine: Machine, name: str, body: bytes
) -> None:
    """The files match their digests but are invalid: the current generation stays."""
    files = describe_files(**{"site/a.txt": BODY, name: body})
    machine.expect_refusal(change_manifest(("files",), files), **{name: body})


def test_a_replica_larger_than_the_disk_is_refused_beforehand(machine: Machine) -> None:
    """The message says how much space is needed; no file is requested."""
    machine.origin.asked.clear()
    message = machine.expect_refusal(change_manifest(("files", "site/a.txt", "bytes"), 2**50))
    assert str(2**50) in message
    assert {path for path, _ in machine.origin.asked} == {"/replica/manifest.json"}


def answer_with_headers(**headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Return a handler that answers 206 with given headers."""

    def answer(to: BaseHTTPRequestHandler) -> None:
        to.send_response(206)
        for name, value in headers.items():
            to.send_header(name.replace("_", "-"), value)
        to.end_headers()
        to.wfile.write(BODY)

    return answer


@pytest.mark.parametrize("part", ["bytes 5-26/27", "", "lines 0-", "bytes -1-2/3"])
def test_a_wrong_content_range_is_refused(machine: Machine, part: str) -> None:
    """It is the origin's claim, too."""
    machine.serve(VALID)
    machine.origin.answers["/replica/2/site/a.txt"] = answer_with_headers(Content_Range=part)
    before = machine.snapshot()
    assert machine.pull()[0] == 3
    assert machine.snapshot() == before


def test_a_long_retry_after_is_ignored(machine: Machine) -> None:
    """It could be a hundred years."""
    machine.origin.gives("/replica/manifest.json", status=503, Retry_After="3000000000")
    began = time.monotonic()
    assert machine.pull()[0] == 3
    assert time.monotonic() - began < 30


def test_links_and_devices_of_an_origin_folder_are_not_followed(
    machine: Machine, tmp_path: Path
) -> None:
    """A copy made by `rsync` may contain a link to any file, or to an endless device."""
    origin = tmp_path / "origin"
    site = origin / "generations" / "2" / "site"
    site.mkdir(parents=True)
    (origin / "current").write_text("2\n")
    (site.parent / "manifest.json").write_text(json.dumps(VALID))
    for name, body in SITE.items():
        (site.parent / name).parent.mkdir(parents=True, exist_ok=True)
        (site.parent / name).write_bytes(body)
    for target in ("/dev/full", tmp_path / "token", tmp_path / "neighbour"):
        (site / "a.txt").symlink_to(target)
        with pytest.raises(SystemExit) as exit_info:
            main(["pull", str(origin), "--data", str(machine.data), "--lang", "en"])
        assert exit_info.value.code == 3
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
def test_any_manifest_is_refused_or_read_exactly(place: tuple[str, ...], value: object) -> None:
    """It is written again as it was read: no value is misread."""
    try:
        manifest = Manifest.from_bytes(json.dumps(change_manifest(place, value)).encode())
    except StoreError:
        return
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest
    assert type(manifest.generation) is int
    assert all(not name.startswith("/") and ".." not in name for name in manifest.files)
