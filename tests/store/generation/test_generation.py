"""Generations are whole, verified, and can be gone back to."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyoxigraph import Store

from parvis.errors import NothingPublished, StoreError, UnknownThing
from parvis.store.generation import builder as building
from parvis.store.generation.generation import (
    Generation,
    GenerationContent,
    build,
    current,
    generations,
    rollback,
    verify,
)
from parvis.store.generation.manifest import Manifest
from parvis.store.record.record import GraphRecord

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
    build(data, GenerationContent({}))
    assert rollback(data, 1) == generation == current(data)
    assert build(data, GenerationContent({})).number == 3
    with pytest.raises(UnknownThing, match="no generation 9"):
        rollback(data, 9)


def test_only_the_newest_generations_are_kept(tmp_path: Path, generation: Generation) -> None:
    """Older ones are deleted."""
    for _ in range(3):
        build(tmp_path / "data", GenerationContent({}), keep=2)
    assert [kept.number for kept in generations(tmp_path / "data")] == [3, 4]
    assert not generation.folder.exists()


def test_a_failing_build_leaves_what_is_served(tmp_path: Path, generation: Generation) -> None:
    """A graph that is not N-Triples is named, and nothing of the attempt stays."""
    bad = tmp_path / "bad.nt"
    bad.write_text("<http://x/a> nonsense")
    with pytest.raises(StoreError, match="graph/bad cannot be loaded"):
        build(tmp_path / "data", GenerationContent({"http://pool.example/graph/bad": bad}))
    assert current(tmp_path / "data") == generation
    assert [path.name for path in (tmp_path / "data" / "generations").iterdir()] == ["1"]


def test_nothing_is_published_at_first(tmp_path: Path) -> None:
    """An empty data folder says so."""
    with pytest.raises(NothingPublished):
        current(tmp_path)
    assert generations(tmp_path) == []


def test_decisions_hold_until_an_instant(tmp_path: Path) -> None:
    """From good_until on even the open store must be confined."""
    generation = build(tmp_path, GenerationContent({}, good_until=NOON))
    assert not generation.confined(NOON - timedelta(seconds=1))
    assert generation.confined(NOON)
    assert not build(tmp_path, GenerationContent({})).confined(NOON)


def test_a_store_s_digest_is_that_of_its_content(tmp_path: Path) -> None:
    """An unchanged open part keeps its digest, whatever changes among the members."""
    record = GraphRecord(tmp_path / "data")
    source = tmp_path / "a.nt"
    source.write_text('<http://x/s> <http://x/p> "1" .\n')
    version = record.put(GRAPHS["open"], source)
    graphs = {GRAPHS["open"]: record.path(version)}
    first = build(tmp_path / "data", GenerationContent(graphs))
    second = build(tmp_path / "data", GenerationContent(graphs, members={GRAPHS["hidden"]: source}))
    assert first.manifest.open.digest == second.manifest.open.digest
    assert first.manifest.members.digest != second.manifest.members.digest
    assert version.digest in second.digests()


def facts(path: Path, *names: str) -> Path:
    """Write a fact for each name."""
    path.write_text("".join(f'<http://x/{name}> <http://x/p> "{name}" .\n' for name in names))
    return path


def put(record: GraphRecord, folder: Path, **graphs: list[str]) -> dict[str, Path]:
    """Put contents into the record; gives the file of each graph."""
    found = {}
    for graph, names in graphs.items():
        version = record.put(GRAPHS[graph], facts(folder / f"{graph}.nt", *names))
        found[GRAPHS[graph]] = record.path(version)
    return found


MANY = [f"n{number}" for number in range(200)]


def linked(first: Path, second: Path) -> set[str]:
    """Give the names of the tables that two stores share on the disk."""
    inodes = {path.stat().st_ino for path in first.glob("*.sst")}
    return {path.name for path in second.glob("*.sst") if path.stat().st_ino in inodes}


@pytest.fixture
def copying(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small stores be copied too."""
    monkeypatch.setattr(building, "WORTH", 1)


@pytest.mark.usefixtures("copying")
def test_a_little_change_begins_with_a_copy(tmp_path: Path) -> None:
    """Only the changed graph is loaded; the generation before keeps every byte."""
    record, data = GraphRecord(tmp_path / "data"), tmp_path / "data"
    before = put(record, tmp_path, open=MANY, other=["old"], hidden=["secret"])
    hidden = {GRAPHS["hidden"]: before.pop(GRAPHS["hidden"])}
    first = build(data, GenerationContent(before, hidden))
    after = before | put(record, tmp_path, other=["new", "newer"])
    second = build(data, GenerationContent(after, hidden))
    assert linked(first.open_store, second.open_store)
    assert linked(first.members_store, second.members_store)
    assert second.manifest.open.graphs == {GRAPHS["open"]: 200, GRAPHS["other"]: 2}
    assert second.manifest.members.quads == 203
    assert (second.manifest.open.replaced, first.manifest.open.replaced) == (1, 0)
    assert (
        second.manifest.open.digest
        == build(data, GenerationContent(after), anew=True).manifest.open.digest
    )
    for generation in (first, second):
        verify(generation)
    store = Store.read_only(str(second.members_store))
    assert len(store) == 203
    assert not any("old" in str(quad) for quad in store)


@pytest.mark.usefixtures("copying")
def test_changes_that_lie_on_one_another_are_merged(tmp_path: Path) -> None:
    """A query would look into the tables of each: the last copy of a few has none of before."""
    record, data = GraphRecord(tmp_path / "data"), tmp_path / "data"
    graphs = put(record, tmp_path, open=MANY, other=MANY[:20])
    built = [build(data, GenerationContent(graphs), keep=9)]
    for number in range(1, building.LAYERS + 1):
        graphs |= put(record, tmp_path, other=[f"{number}-{one}" for one in MANY[:20]])
        built.append(build(data, GenerationContent(graphs), keep=9))
    layers = [one.manifest.open.layers for one in built]
    assert layers == [*range(building.LAYERS), 0]
    tables = [len([*one.open_store.glob("*.sst")]) for one in built]
    assert tables[-1] < min(tables[1:-1])
    assert len(Store.read_only(str(built[-1].open_store))) == len(MANY) + 20
    for one in built:
        verify(one)


@pytest.mark.usefixtures("copying")
def test_what_leaves_a_store_stays_on_no_disk(tmp_path: Path) -> None:
    """A graph that closes, or goes, makes its stores be built anew."""
    record, data = GraphRecord(tmp_path / "data"), tmp_path / "data"
    graphs = put(record, tmp_path, open=MANY, other=["private"])
    first = build(data, GenerationContent(graphs))
    assert mentions(first.open_store, b"private")
    other = {GRAPHS["other"]: graphs.pop(GRAPHS["other"])}
    closed = build(data, GenerationContent(graphs, other))
    assert not linked(first.open_store, closed.open_store)
    assert not mentions(closed.open_store, b"private")
    assert linked(first.members_store, closed.members_store)
    gone = build(data, GenerationContent(graphs))
    assert not mentions(gone.folder, b"private")


@pytest.mark.usefixtures("copying")
def test_a_store_is_built_anew_when_it_is_told_to(tmp_path: Path) -> None:
    """After an erasure inside a graph nothing of the old text may stay in a copy."""
    record, data = GraphRecord(tmp_path / "data"), tmp_path / "data"
    graphs = put(record, tmp_path, open=MANY, other=["private"])
    build(data, GenerationContent(graphs))
    graphs |= put(record, tmp_path, other=["public"])
    assert not mentions(build(data, GenerationContent(graphs), anew=True).folder, b"private")


def mentions(folder: Path, text: bytes) -> bool:
    """Say whether a text stands in any file."""
    return any(text in path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.usefixtures("copying")
def test_too_much_change_is_built_anew(tmp_path: Path) -> None:
    """Replacing most of a store costs more than building it."""
    record, data = GraphRecord(tmp_path / "data"), tmp_path / "data"
    first = build(data, GenerationContent(put(record, tmp_path, open=MANY)))
    second = build(data, GenerationContent(put(record, tmp_path, open=MANY[1:])))
    assert not linked(first.open_store, second.open_store)
    assert second.manifest.open.replaced == 0


@pytest.mark.usefixtures("copying")
def test_the_members_store_shares_the_open_one_s_tables(tmp_path: Path) -> None:
    """What is open is on the disk once, and the open store holds nothing else."""
    graphs = put(GraphRecord(tmp_path / "data"), tmp_path, open=MANY, hidden=["secret"])
    hidden = {GRAPHS["hidden"]: graphs.pop(GRAPHS["hidden"])}
    built = build(tmp_path / "data", GenerationContent(graphs, hidden))
    assert linked(built.open_store, built.members_store)
    assert mentions(built.members_store, b"secret")
    assert not mentions(built.open_store, b"secret")


def test_blank_nodes_of_several_graphs_stay_apart(tmp_path: Path) -> None:
    """What two of parvis's own graphs call by the same name is not the same thing."""
    paths = {}
    for name in ("open", "other"):
        paths[GRAPHS[name]] = tmp_path / f"{name}.nt"
        paths[GRAPHS[name]].write_text(f'_:b0 <http://x/p> "{name}" .')
    store = Store.read_only(str(build(tmp_path / "data", GenerationContent(paths)).open_store))
    assert len({quad.subject for quad in store}) == 2


def test_a_bad_file_of_the_record_is_named(tmp_path: Path) -> None:
    """Graphs are loaded together, and yet the error names the one that is wrong."""
    record = GraphRecord(tmp_path / "data")
    graphs = put(record, tmp_path, open=["a"])
    (tmp_path / "bad.nt").write_text("<http://x/s> <http://x/p> nonsense .\n")
    graphs[GRAPHS["other"]] = record.path(record.put(GRAPHS["other"], tmp_path / "bad.nt"))
    with pytest.raises(StoreError, match="graph/other cannot be loaded"):
        build(tmp_path / "data", GenerationContent(graphs))


@pytest.mark.parametrize("name", ["open", "other"])
def test_a_damaged_file_of_the_record_is_named(tmp_path: Path, name: str) -> None:
    """By its graph, whether bytes of it have changed or it is no longer compressed at all."""
    graphs = put(
        GraphRecord(tmp_path / "data"), tmp_path, open=["a"], other=[str(n) for n in range(99)]
    )
    body = bytearray(graphs[GRAPHS[name]].read_bytes())
    body[len(body) // 2 : len(body) // 2 + 8] = b"\xff" * 8
    for damaged in (bytes(body), b"nothing"):
        graphs[GRAPHS[name]].write_bytes(damaged)
        with pytest.raises(StoreError, match=GRAPHS[name]):
            build(tmp_path / "data", GenerationContent(graphs))


def test_a_quick_look_finds_what_is_cut_or_missing(generation: Generation) -> None:
    """Sizes and small files are compared even by the check at start."""
    verify(generation, wholly=False)
    table = next(generation.open_store.glob("*.sst"))
    whole = table.read_bytes()
    table.write_bytes(whole[:-1])
    with pytest.raises(StoreError, match=table.name):
        verify(generation, wholly=False)
    table.unlink()
    with pytest.raises(StoreError, match=table.name):
        verify(generation, wholly=False)


@pytest.mark.usefixtures("copying")
def test_a_damaged_generation_is_no_base(tmp_path: Path) -> None:
    """The next one is then built anew, and served."""
    graphs = put(GraphRecord(tmp_path / "data"), tmp_path, open=MANY)
    first = build(tmp_path / "data", GenerationContent(graphs))
    next(first.open_store.glob("*.sst")).unlink()
    second = build(tmp_path / "data", GenerationContent(graphs))
    verify(second)
    assert second.manifest.open.quads == 200
