"""The record stores a file per graph and version, and survives any interruption."""

import gzip
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.errors import StoreError
from parvis.store.record.graph_record import GraphRecord

GRAPH = "http://pool.example/graph/musee/visites"


def write_triples(path: Path, *values: str) -> Path:
    """Write a triple for each value."""
    path.write_text("".join(f'<http://x/s> <http://x/p> "{value}" .\n' for value in values))
    return path


def test_a_graphs_file_is_named_by_the_digest_of_its_sorted_triples(tmp_path: Path) -> None:
    """Order, duplicates, comments and blank lines of the source do not matter."""
    record = GraphRecord(tmp_path / "data")
    source = tmp_path / "a.nt"
    source.write_text('<x:b> <x:p> "2" .\n\n# no triple\n<x:a> <x:p> "é" .\n<x:b> <x:p> "2" .\n')
    version = record.put(GRAPH, source, {"submission": "http://x/1"})
    text = '<x:a> <x:p> "é" .\n<x:b> <x:p> "2" .\n'.encode()
    assert version.digest == hashlib.sha256(text).hexdigest()
    assert gzip.decompress(record.path(version).read_bytes()) == text
    assert (version.triples, version.bytes) == (2, len(text))
    assert b"".join(record.read_lines(version)) == text
    assert GraphRecord(tmp_path / "data").versions() == {GRAPH: version}
    assert version.submitted.tzinfo is not None


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from("abcdef"), min_size=1), st.randoms(use_true_random=False))
def test_a_version_depends_only_on_the_set_of_triples(values: list[str], random: object) -> None:
    """Down to the bytes of the file."""
    with TemporaryDirectory() as folder:
        record = GraphRecord(Path(folder) / "data")
        first = record.put(GRAPH, write_triples(Path(folder) / "a.nt", *values))
        before = record.path(first).read_bytes()
        random.shuffle(values)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
        second = record.put(GRAPH, write_triples(Path(folder) / "b.nt", *values, *values))
        assert (first.digest, first.triples) == (second.digest, second.triples)
        other = GraphRecord(Path(folder) / "other")
        assert other.path(other.put(GRAPH, Path(folder) / "b.nt")).read_bytes() == before


def test_equal_content_is_the_same_file_with_a_new_submission_date(tmp_path: Path) -> None:
    record = GraphRecord(tmp_path / "data")
    first = record.put(GRAPH, write_triples(tmp_path / "a.nt", "1"))
    second = record.put(GRAPH, write_triples(tmp_path / "a.nt", "1"))
    assert second.submitted > first.submitted
    assert len(list((tmp_path / "data" / "graphs").iterdir())) == 1


def test_a_file_of_the_record_can_be_a_source(tmp_path: Path) -> None:
    """So a record can be copied."""
    record, copy = GraphRecord(tmp_path / "data"), GraphRecord(tmp_path / "copy")
    version = record.put(GRAPH, write_triples(tmp_path / "a.nt", "1", "2"))
    assert copy.put(GRAPH, record.path(version)).digest == version.digest


def test_removing_and_pruning_delete_all_unneeded_files(tmp_path: Path) -> None:
    record = GraphRecord(tmp_path / "data")
    old = record.put(GRAPH, write_triples(tmp_path / "a.nt", "old"))
    new = record.put(GRAPH, write_triples(tmp_path / "a.nt", "new"))
    assert record.prune(keep={old.digest}) == set()
    assert record.prune() == {old.digest}
    assert record.remove(GRAPH) == new
    assert record.remove(GRAPH) is None
    assert record.prune() == {new.digest}
    assert list((tmp_path / "data" / "graphs").iterdir()) == []


HOLD = """
import pathlib, sys, time
from parvis.store.files import writing
with writing(pathlib.Path(sys.argv[1])):
    print(flush=True)
    time.sleep(60)
"""


def test_a_second_writer_is_refused_at_once(tmp_path: Path) -> None:
    """Writers do not wait for each other."""
    data = tmp_path / "data"
    source = write_triples(tmp_path / "a.nt", "1")
    with subprocess.Popen([sys.executable, "-c", HOLD, str(data)], stdout=subprocess.PIPE) as owner:  # noqa: S603
        assert owner.stdout is not None
        owner.stdout.readline()
        with pytest.raises(StoreError, match="another command is writing"):
            GraphRecord(data).put(GRAPH, source)
        owner.kill()
    GraphRecord(data).put(GRAPH, source)


def test_a_damaged_state_is_reported(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(StoreError, match=r"state\.json is damaged"):
        GraphRecord(tmp_path).versions()


LOOP = """
import sys, pathlib
from parvis.store.record.graph_record import GraphRecord
record = GraphRecord(pathlib.Path(sys.argv[1]))
for name in ("a", "b") * 10_000:
    version = record.put("http://x/g", pathlib.Path(sys.argv[2]) / f"{name}.nt")
    record.prune()
    print(version.digest, flush=True)
"""


@pytest.mark.parametrize("cycle", range(5))
def test_a_killed_writer_leaves_the_former_or_the_new_version(tmp_path: Path, cycle: int) -> None:
    """At any moment the state stays readable and its files complete."""
    for name in "ab":
        write_triples(tmp_path / f"{name}.nt", *(f"{name}{number}" for number in range(2_000)))
    data = tmp_path / "data"
    command = [sys.executable, "-c", LOOP, str(data), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:  # noqa: S603
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.03 + 0.017 * cycle)
        os.kill(writer.pid, signal.SIGKILL)
    record = GraphRecord(data)
    (version,) = record.versions().values()
    text = b"".join(record.read_lines(version))
    assert hashlib.sha256(text).hexdigest() == version.digest
    record.put("http://x/g", tmp_path / "a.nt")
    record.prune()
    assert len(list((data / "graphs").iterdir())) == 1
