"""What a machine does to a pool: full and read-only disks, damage, clocks; nothing is lost."""

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
def flipped(file: Path, count: int = 64) -> Iterator[None]:
    """Flip some bytes in the middle of a file; they are put back."""
    before = file.read_bytes()
    start = max(len(before) - count, 0) // 2
    wrong = bytes(byte ^ 0xFF for byte in before[start : start + count])
    file.write_bytes(before[:start] + wrong + before[start + count :])
    try:
        yield
    finally:
        file.write_bytes(before)


def kinds(folder: Path) -> dict[str, Path]:
    """Give one file of each kind that a generation has, all but empty ones, the largest first."""
    files = [one for one in folder.rglob("*") if one.is_file() and one.stat().st_size]
    files.sort(key=lambda one: one.stat().st_size)
    return {NUMBERS.sub("N", str(one.relative_to(folder))): one for one in files}


def test_a_disk_that_is_full_or_read_only_loses_nothing(made_once: Path, tmp_path: Path) -> None:
    """Each command says so in both languages or succeeds, and what is served stays served."""
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-rm", "true"], check=False).returncode:  # noqa: S603 - the system's
        pytest.skip("no disk of one's own may be mounted here")
    for name in ("data", "catalog"):
        shutil.copytree(made_once / name, tmp_path / name)
    script = [sys.executable, str(BENCH / "filling.py")]
    places = [str(tmp_path / name) for name in ("data", "catalog", "mounted")]
    found = subprocess.run([unshare, "-rm", *script, *places], capture_output=True, check=True)  # noqa: S603 - ours
    assert found.stderr == b""
    told = json.loads(found.stdout)
    last = told.pop("read-only")
    assert set(last["pages"].values()) == {200}
    for name, tries in told.items():
        *failed, done = tries
        assert (name, done["code"]) == (name, 0)
        assert failed, name
        assert all((one["code"], one["same"]) == (3, True) for one in failed), name
        for one in failed:
            said = json.loads(one["wrong"])["error"]
            assert "disk is full" in said["en"] or "No space left" in said["en"], said
            assert "disque est plein" in said["fr"] or "No space left" in said["fr"], said
    for code, wrong in last["commands"].values():
        assert code == 3
        assert "le disque ne peut qu’être lu" in json.loads(wrong)["error"]["fr"]


def test_flipped_bytes_are_found_in_each_kind_of_file(published: Pool) -> None:
    """The file is named in both languages; a look at the small ones finds it before serving."""
    generation = current(published.settings.data)
    found = kinds(generation.folder)
    assert len(found) > 30
    for kind, file in found.items():
        if kind == "manifest.json":
            continue
        with flipped(file):
            with pytest.raises(StoreError) as wrong:
                look(generation)
            assert all(file.name in explain(wrong.value, lang) for lang in LANGUAGES), kind
            if file.stat().st_size <= SMALL:
                with pytest.raises(StoreError):
                    look(generation, wholly=False)
    verify(published.settings)


def test_a_query_that_meets_a_damaged_table_gets_no_answer(published: Pool) -> None:
    """An error that is the machine's, never a part of the rows that looks whole."""
    generation = current(published.settings.data)
    tables = sorted(generation.open_store.glob("*.sst"), key=lambda one: one.stat().st_size)
    for table in tables:  # the members' store has the same ones by other names
        body = bytes(byte ^ 0xFF for byte in table.read_bytes()[: table.stat().st_size // 2])
        with table.open("r+b") as file:
            file.write(body)
    with (
        closing(PoolService(published.settings)) as host,
        pytest.raises(StoreError, match="what is served is damaged"),
    ):
        b"".join(host.ask(ANONYMOUS, EVERYTHING).chunks)


@pytest.mark.parametrize("harm", ["missing", "flipped", "cut"])
def test_without_a_sound_manifest_the_former_generation_is_served(
    published: Pool, harm: str
) -> None:
    """A missing manifest, one that is no JSON any more, one that was cut."""
    publish(published)
    manifest = published.settings.data / "generations" / "2" / "manifest.json"
    body = manifest.read_bytes()
    if harm == "missing":
        manifest.unlink()
    else:
        manifest.write_bytes(
            body[:-100] if harm == "cut" else body[:99] + b"\xff" * 64 + body[163:]
        )
    assert ensure_sound_generation(published.settings) == (2, 1)
    with pytest.raises(StoreError, match=r"manifest\.json|generation"):
        verify(published.settings)


def test_a_generation_that_cannot_be_pointed_to_leaves_nothing(
    published: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the disk is full at the last step: it would fill it still more."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("parvis.store.generation.generation.replace", full)
    with pytest.raises(OSError, match="No space"):
        publish(published)
    assert numbers(published.settings.data) == [1]
    verify(published.settings)


def test_a_clock_that_was_set_back_opens_nothing_by_publishing(published: Pool) -> None:
    """It decides as at the instant of the newest generation, not of the clock."""
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
    told = json.loads(manifest.read_bytes())
    told["created"] = datetime(2041, 1, 1, tzinfo=UTC).isoformat()
    manifest.write_text(json.dumps(told), encoding="utf-8")
    with Pool.open(Settings.load(settings.data, settings.catalog)) as pool:
        publish(pool)
    built = current(settings.data).manifest
    assert built.created.year == 2041
    assert "http://pool.test/graph/theatre-b/spectacles" not in built.open.graphs
    assert "http://pool.test/graph/theatre-b/spectacles" in told["open"]["graphs"]
