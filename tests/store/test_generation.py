"""Generations are whole, verified, and can be gone back to."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyoxigraph import Store

from parvis.errors import NothingPublished, StoreError, UnknownThing
from parvis.store.generation import (
    Content,
    Generation,
    build,
    current,
    generations,
    rollback,
    verify,
)
from parvis.store.manifest import Manifest
from parvis.store.record import Record

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
GRAPHS = {name: f"http://pool.example/graph/{name}" for name in ("open", "other", "hidden")}


def test_a_generation_has_an_open_and_a_members_store(generation: Generation) -> None:
    """The open store holds the open graphs and nothing else; the members' holds all."""
    facts = generation.manifest
    assert facts.open.graphs == {GRAPHS["open"]: 1, GRAPHS["other"]: 1}
    assert facts.members.graphs == dict.fromkeys(sorted(GRAPHS.values()), 1)
    graphs = Store.read_only(str(generation.open_store)).named_graphs()
    assert {graph.value for graph in graphs} == set(facts.open.graphs)
    assert not any(b"hidden" in path.read_bytes() for path in generation.open_store.glob("*.sst"))
    assert (generation.site / "a/b.txt").read_bytes() == b"c"


def test_the_manifest_lists_every_file(generation: Generation) -> None:
    """What is on disk is what was built, and the manifest survives a reading."""
    verify(generation)
    paths = (path for path in generation.folder.rglob("*") if path.is_file())
    names = {str(path.relative_to(generation.folder)) for path in paths}
    assert names == {*generation.manifest.files, "manifest.json"}
    assert Manifest.read(generation.folder) == generation.manifest
    assert current(generation.folder.parents[1]) == generation


def test_reading_a_generation_changes_none_of_its_files(generation: Generation) -> None:
    """A store opened read-only stays as the manifest says."""
    assert len(Store.read_only(str(generation.members_store))) == 3
    verify(generation)


def test_a_changed_file_is_found(generation: Generation) -> None:
    """Damage is named."""
    victim = next(generation.open_store.glob("*.sst"))
    victim.write_bytes(victim.read_bytes()[:-1] + b"?")
    with pytest.raises(StoreError, match=victim.name):
        verify(generation)


def test_the_pointer_goes_back_and_numbers_go_on(tmp_path: Path, generation: Generation) -> None:
    """Rolling back serves an earlier generation; the next one still gets a new number."""
    data = tmp_path / "data"
    build(data, Content({}))
    assert rollback(data, 1) == generation == current(data)
    assert build(data, Content({})).number == 3
    with pytest.raises(UnknownThing, match="no generation 9"):
        rollback(data, 9)


def test_only_the_newest_generations_are_kept(tmp_path: Path, generation: Generation) -> None:
    """Older ones are deleted."""
    for _ in range(3):
        build(tmp_path / "data", Content({}), keep=2)
    assert [kept.number for kept in generations(tmp_path / "data")] == [3, 4]
    assert not generation.folder.exists()


def test_a_failing_build_leaves_what_is_served(tmp_path: Path, generation: Generation) -> None:
    """A graph that is not N-Triples is named, and nothing of the attempt stays."""
    bad = tmp_path / "bad.nt"
    bad.write_text("<http://x/a> nonsense")
    with pytest.raises(StoreError, match="graph/bad cannot be loaded"):
        build(tmp_path / "data", Content({"http://pool.example/graph/bad": bad}))
    assert current(tmp_path / "data") == generation
    assert [path.name for path in (tmp_path / "data" / "generations").iterdir()] == ["1"]


def test_nothing_is_published_at_first(tmp_path: Path) -> None:
    """An empty data folder says so."""
    with pytest.raises(NothingPublished):
        current(tmp_path)
    assert generations(tmp_path) == []


def test_decisions_hold_until_an_instant(tmp_path: Path) -> None:
    """From good_until on even the open store must be confined."""
    generation = build(tmp_path, Content({}, good_until=NOON))
    assert not generation.confined(NOON - timedelta(seconds=1))
    assert generation.confined(NOON)
    assert not build(tmp_path, Content({})).confined(NOON)


def test_a_store_s_digest_is_that_of_its_content(tmp_path: Path) -> None:
    """An unchanged open part keeps its digest, whatever changes among the members."""
    record = Record(tmp_path / "data")
    source = tmp_path / "a.nt"
    source.write_text('<http://x/s> <http://x/p> "1" .\n')
    version = record.put(GRAPHS["open"], source)
    graphs = {GRAPHS["open"]: record.path(version)}
    first = build(tmp_path / "data", Content(graphs))
    second = build(tmp_path / "data", Content(graphs, members={GRAPHS["hidden"]: source}))
    assert first.manifest.open.digest == second.manifest.open.digest
    assert first.manifest.members.digest != second.manifest.members.digest
    assert version.digest in second.digests()
