"""Faults of a machine (full and read-only disks, damage, wrong clocks) lose nothing."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.errors import StoreError
from parvis.governance import ANONYMOUS
from parvis.i18n import LANGUAGES, explain
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.pooling.stewardship.generations import ensure_sound_generation, verify
from parvis.store.generation.generation import SMALL, current, numbers
from parvis.store.generation.generation import verify as look

BENCH = Path(__file__).parents[1] / "bench"
NUMBERS = re.compile(r"[0-9a-f]{64}-\d|\d{5,}")
EVERYTHING = QueryRequest("SELECT * { ?s ?p ?o }", results_format="csv")


@contextmanager
def flip_bytes(file: Path, count: int = 64) -> Iterator[None]:
    """Flip some bytes in the middle of a file, and restore them afterwards."""
    before = file.read_bytes()
    start = max(len(before) - count, 0) // 2
    flipped = bytes(byte ^ 0xFF for byte in before[start : start + count])
    file.write_bytes(before[:start] + flipped + before[start + count :])
    try:
        yield
    finally:
        file.write_bytes(before)


def list_file_kinds(folder: Path) -> dict[str, Path]:
    """Return a file of each kind in a generation, without empty files, the largest if several."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]
    files.sort(key=lambda path: path.stat().st_size)
    return {NUMBERS.sub("N", str(path.relative_to(folder))): path for path in files}


def test_a_full_or_read_only_disk_loses_nothing(published_folder: Path, tmp_path: Path) -> None:
    """Each command reports it in both languages or succeeds, and the site stays served."""
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-rm", "true"], check=False).returncode:  # noqa: S603 - a program of the system
        pytest.skip("no disk of one's own may be mounted here")
    for name in ("data", "catalog"):
        shutil.copytree(published_folder / name, tmp_path / name)
    script = [sys.executable, str(BENCH / "filling.py")]
    places = [str(tmp_path / name) for name in ("data", "catalog", "mounted")]
    run = subprocess.run([unshare, "-rm", *script, *places], capture_output=True, check=True)  # noqa: S603 - ours
    assert run.stderr == b""
    results = json.loads(run.stdout)
    read_only = results.pop("read-only")
    assert set(read_only["pages"].values()) == {200}
    for name, tries in results.items():
        *failed, done = tries
        assert (name, done["code"]) == (name, 0)
        assert failed, name
        assert all((attempt["code"], attempt["same"]) == (3, True) for attempt in failed), name
        for attempt in failed:
            error = json.loads(attempt["wrong"])["error"]
            assert "disk is full" in error["en"] or "No space left" in error["en"], error
            assert "disque est plein" in error["fr"] or "No space left" in error["fr"], error
    for code, output in read_only["commands"].values():
        assert code == 3
        assert "le disque ne peut qu’être lu" in json.loads(output)["error"]["fr"]


def test_flipped_bytes_are_detected_in_each_kind_of_file(published: Pool) -> None:
    """Both languages name the file; those in small files are detected before serving."""
    generation = current(published.settings.data)
    files = list_file_kinds(generation.folder)
    assert len(files) > 30
    for kind, file in files.items():
        if kind == "manifest.json":
            continue
        with flip_bytes(file):
            with pytest.raises(StoreError) as raised:
                look(generation)
            assert all(file.name in explain(raised.value, lang) for lang in LANGUAGES), kind
            if file.stat().st_size <= SMALL:
                with pytest.raises(StoreError):
                    look(generation, wholly=False)
    verify(published.settings)


def test_a_query_on_a_damaged_table_gets_an_error(published: Pool) -> None:
    """It is the machine's error, never an incomplete answer."""
    generation = current(published.settings.data)
    tables = sorted(generation.open_store.glob("*.sst"), key=lambda path: path.stat().st_size)
    for table in tables:  # the members' store shares these files
        body = bytes(byte ^ 0xFF for byte in table.read_bytes()[: table.stat().st_size // 2])
        with table.open("r+b") as file:
            file.write(body)
    with (
        closing(PoolService(published.settings)) as service,
        pytest.raises(StoreError, match="what is served is damaged"),
    ):
        b"".join(service.ask(ANONYMOUS, EVERYTHING).chunks)


@pytest.mark.parametrize("damage", ["missing", "flipped", "cut"])
def test_without_a_valid_manifest_the_former_generation_is_served(
    published: Pool, damage: str
) -> None:
    """A missing, malformed or truncated manifest."""
    publish(published)
    manifest = published.settings.data / "generations" / "2" / "manifest.json"
    body = manifest.read_bytes()
    if damage == "missing":
        manifest.unlink()
    else:
        manifest.write_bytes(
            body[:-100] if damage == "cut" else body[:99] + b"\xff" * 64 + body[163:]
        )
    assert ensure_sound_generation(published.settings) == (2, 1)
    with pytest.raises(StoreError, match=r"manifest\.json|generation"):
        verify(published.settings)


def test_a_generation_that_cannot_become_current_is_deleted(
    published: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk is full, it would fill it even more."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("parvis.store.generation.pointer.replace", fail)
    with pytest.raises(OSError, match="No space"):
        publish(published)
    assert numbers(published.settings.data) == [1]
    verify(published.settings)


def test_publishing_with_a_clock_set_back_opens_nothing(published: Pool) -> None:
    """Decisions are those at the date of the newest generation, not of the clock."""
    settings = published.settings
    law = settings.catalog / "theatre-b" / "agreement.ttl"
    text = law.read_text(encoding="utf-8")
    rule = "odrl:assignee parvis:everyone ; odrl:action odrl:read , parvis:discover"
    until = (
        "; odrl:constraint [ odrl:leftOperand odrl:dateTime ; odrl:operator odrl:lt ;"
        ' odrl:rightOperand "2040-01-01T00:00:00Z"^^xsd:dateTime ]'
    )
    assert rule in text
    law.write_text(text.replace(rule, rule + until), encoding="utf-8")
    manifest = current(settings.data).folder / "manifest.json"
    manifest_data = json.loads(manifest.read_bytes())
    manifest_data["created"] = datetime(2041, 1, 1, tzinfo=UTC).isoformat()
    manifest.write_text(json.dumps(manifest_data), encoding="utf-8")
    with Pool.open(Settings.load(settings.data, settings.catalog)) as pool:
        publish(pool)
    built = current(settings.data).manifest
    assert built.created.year == 2041
    assert "http://pool.test/graph/theatre-b/spectacles" not in built.open.graphs
    assert "http://pool.test/graph/theatre-b/spectacles" in manifest_data["open"]["graphs"]
