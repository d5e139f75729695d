"""Generations are complete and verified, and the pool can return to an earlier one."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyoxigraph import Store

from parvis.errors import NothingPublished, StoreError, UnknownThing
from parvis.store.generation import builder as building
from parvis.store.generation import graph_file
from parvis.store.generation.generation import (
    Generation,
    GenerationContent,
    build,
    current,
    generations,
    rollback,
    verify,
)
from parvis.store.generation.graph_file import GraphFile
from parvis.store.generation.manifest import Manifest
from parvis.store.record.graph_record import GraphRecord

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
GRAPHS = {name: f"http://pool.example/graph/{name}" for name in ("open", "other", "hidden")}


def test_a_generation_has_an_open_and_a_members_store(generation: Generation) -> None:
    """The open store holds open graphs only; the members' store holds all."""
    manifest = generation.manifest
    assert manifest.open.graphs == {GRAPHS["open"]: 1, GRAPHS["other"]: 1}
    assert manifest.members.graphs == dict.fromkeys(sorted(GRAPHS.values()), 1)
    graphs = Store.read_only(str(generation.open_store)).named_graphs()
    assert {graph.value for graph in graphs} == set(manifest.open.graphs)
    assert not any(b"hidden" in path.read_bytes() for path in generation.open_store.glob("*.sst"))
    assert (generation.site / "a/b.txt").read_bytes() == b"c"


def test_the_manifest_lists_every_file(generation: Generation) -> None:
    """The files are those that were built, and the manifest is read as written."""
    verify(generation)
    paths = (path for path in generation.folder.rglob("*") if path.is_file())
    names = {str(path.relative_to(generation.folder)) for path in paths}
    assert names == {*generation.manifest.files, "manifest.json"}
    assert Manifest.read(generation.folder) == generation.manifest
    assert current(generation.folder.parents[1]) == generation


def test_reading_a_generation_changes_none_of_its_files(generation: Generation) -> None:
    """A store that was opened read-only still matches the manifest."""
    assert len(Store.read_only(str(generation.members_store))) == 3
    verify(generation)


def test_a_changed_file_is_reported_by_name(generation: Generation) -> None:
    table = next(generation.open_store.glob("*.sst"))
    table.write_bytes(table.read_bytes()[:-1] + b"?")
    with pytest.raises(StoreError, match=table.name):
        verify(generation)


def test_a_rollback_serves_an_earlier_generation_and_numbers_continue(
    tmp_path: Path, generation: Generation
) -> None:
    data = tmp_path / "data"
    build(data, GenerationContent({}))
    assert rollback(data, 1) == generation == current(data)
    assert build(data, GenerationContent({})).number == 3
    with pytest.raises(UnknownThing, match="no generation 9"):
        rollback(data, 9)


def test_only_the_newest_generations_are_preserved(tmp_path: Path, generation: Generation) -> None:
    for _ in range(3):
        build(tmp_path / "data", GenerationContent({}), keep=2)
    assert [newest.number for newest in generations(tmp_path / "data")] == [3, 4]
    assert not generation.folder.exists()


def test_a_failed_build_leaves_the_current_generation(
    tmp_path: Path, generation: Generation
) -> None:
    """The error names the graph that is not N-Triples, and the attempt leaves no file."""
    bad = tmp_path / "bad.nt"
    bad.write_text("<http://x/a> nonsense")
    with pytest.raises(StoreError, match="graph/bad cannot be loaded"):
        build(tmp_path / "data", GenerationContent({"http://pool.example/graph/bad": bad}))
    assert current(tmp_path / "data") == generation
    assert [path.name for path in (tmp_path / "data" / "generations").iterdir()] == ["1"]


def test_an_empty_data_folder_has_no_generation(tmp_path: Path) -> None:
    with pytest.raises(NothingPublished):
        current(tmp_path)
    assert generations(tmp_path) == []


def test_decisions_hold_until_good_until(tmp_path: Path) -> None:
    """From then on even the open store must be confined."""
    generation = build(tmp_path, GenerationContent({}, good_until=NOON))
    assert not generation.must_confine(NOON - timedelta(seconds=1))
    assert generation.must_confine(NOON)
    assert not build(tmp_path, GenerationContent({})).must_confine(NOON)


def test_a_stores_digest_depends_on_its_content_only(tmp_path: Path) -> None:
    """The open store's digest stays the same when only members' graphs change."""
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


def write_triples(path: Path, *names: str) -> Path:
    """Write a triple for each name."""
    path.write_text("".join(f'<http://x/{name}> <http://x/p> "{name}" .\n' for name in names))
    return path


def put_graphs(record: GraphRecord, folder: Path, **graphs: list[str]) -> dict[str, Path]:
    """Put contents into the record, and return the file of each graph."""
    files = {}
    for graph, names in graphs.items():
        version = record.put(GRAPHS[graph], write_triples(folder / f"{graph}.nt", *names))
        files[GRAPHS[graph]] = record.path(version)
    return files


MANY = [f"n{number}" for number in range(200)]


def find_shared_tables(first: Path, second: Path) -> set[str]:
    """Return the names of the table files that two stores share on the disk."""
    inodes = {path.stat().st_ino for path in first.glob("*.sst")}
    return {path.name for path in second.glob("*.sst") if path.stat().st_ino in inodes}


@pytest.fixture
def copy_small_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small stores be copied too."""
    monkeypatch.setattr(building, "WORTH", 1)


@pytest.mark.usefixtures("copy_small_stores")
def test_a_small_change_starts_from_a_copy(tmp_path: Path) -> None:
    """Only the changed graph is loaded; the generation before keeps every byte."""
    record, data = GraphRecord(tmp_path / "data"), tmp_path / "data"
    before = put_graphs(record, tmp_path, open=MANY, other=["old"], hidden=["secret"])
    hidden = {GRAPHS["hidden"]: before.pop(GRAPHS["hidden"])}
    first = build(data, GenerationContent(before, hidden))
    after = before | put_graphs(record, tmp_path, other=["new", "newer"])
    second = build(data, GenerationContent(after, hidden))
    assert find_shared_tables(first.open_store, second.open_store)
    assert find_shared_tables(first.members_store, second.members_store)
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


@pytest.mark.usefixtures("copy_small_stores")
def test_accumulated_changes_are_merged(tmp_path: Path) -> None:
    """A query would search the tables of each copy: after a few copies a store is merged."""
    record, data = GraphRecord(tmp_path / "data"), tmp_path / "data"
    graphs = put_graphs(record, tmp_path, open=MANY, other=MANY[:20])
    built = [build(data, GenerationContent(graphs), keep=9)]
    for number in range(1, building.LAYERS + 1):
        graphs |= put_graphs(
            record, tmp_path, other=[f"{number}-{generation}" for generation in MANY[:20]]
        )
        built.append(build(data, GenerationContent(graphs), keep=9))
    layers = [generation.manifest.open.layers for generation in built]
    assert layers == [*range(building.LAYERS), 0]
    tables = [len([*generation.open_store.glob("*.sst")]) for generation in built]
    assert tables[-1] < min(tables[1:-1])
    assert len(Store.read_only(str(built[-1].open_store))) == len(MANY) + 20
    for generation in built:
        verify(generation)


@pytest.mark.usefixtures("copy_small_stores")
def test_a_graph_that_leaves_a_store_stays_on_no_disk(tmp_path: Path) -> None:
    """A graph that is closed or deleted has its stores rebuilt."""
    record, data = GraphRecord(tmp_path / "data"), tmp_path / "data"
    graphs = put_graphs(record, tmp_path, open=MANY, other=["private"])
    first = build(data, GenerationContent(graphs))
    assert contains_text(first.open_store, b"private")
    other = {GRAPHS["other"]: graphs.pop(GRAPHS["other"])}
    closed = build(data, GenerationContent(graphs, other))
    assert not find_shared_tables(first.open_store, closed.open_store)
    assert not contains_text(closed.open_store, b"private")
    assert find_shared_tables(first.members_store, closed.members_store)
    deleted = build(data, GenerationContent(graphs))
    assert not contains_text(deleted.folder, b"private")


@pytest.mark.usefixtures("copy_small_stores")
def test_stores_that_were_begun_ahead_are_those_that_are_built_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where most is to be loaded; of the load itself, nothing is left."""
    monkeypatch.setattr(graph_file, "AHEAD", 1)
    record, data, folder = GraphRecord(tmp_path / "data"), tmp_path / "data", tmp_path / "ahead"
    graphs = put_graphs(record, tmp_path, open=MANY, other=["old"])
    hidden = put_graphs(record, tmp_path, hidden=["secret"])
    own = tmp_path / "own.nt"
    own.write_text('_:b <http://schema.org/name> "catalogue" .\n', encoding="utf-8")
    content = GenerationContent(graphs | {f"{GRAPHS['open']}/own": own}, hidden)
    at_once = build(data, content)
    begun: list[bool] = []

    class Recorded(building.Builder):
        def begin(
            self, *arguments: object, ahead: bool = False
        ) -> Callable[[], building.BuiltStore]:
            begun.append(ahead)
            return super().begin(*arguments, ahead=ahead)  # type: ignore[arg-type]

    def build_ahead(graphs: dict[str, Path], before: Generation | None) -> Generation:
        begun.clear()
        files = {graph: GraphFile.of(path) for graph, path in graphs.items()}
        known = {*before.manifest.members.sources.values()} if before else set()
        indexes = tmp_path / f"indexes-{before and before.number}-{len(graphs)}"
        with building.LocalStores() as maker:
            maker.begin(folder, graphs, before.stores()["open"] if before else None)
            maker.indexer.begin(indexes, {"open": files, "members": files}, known, "UTC")
            return build(data, content, anew=before is None, maker=maker)

    monkeypatch.setattr(building, "Builder", Recorded)
    generation = build_ahead(graphs, None)
    assert begun == [True, False, False]
    assert not folder.exists()
    verify(generation)
    for before, after in zip(at_once.stores().values(), generation.stores().values(), strict=True):
        assert before.facts == after.facts
        assert count_triples(before.folder) == count_triples(after.folder)
    assert index_digests(generation) == index_digests(at_once) != {}
    assert [*tmp_path.glob("indexes-None-*/search/open/*.sqlite")]
    build_ahead(graphs, generation)
    assert begun == [False, False]
    build_ahead({GRAPHS["open"]: graphs[GRAPHS["open"]]}, generation)  # a graph was closed
    assert begun[0]


def index_digests(generation: Generation) -> dict[str, str]:
    """Return the digest of each file of the indexes."""
    files = generation.manifest.files.items()
    return {name: digest for name, digest in files if name.startswith(("search/", "events/"))}


def count_triples(store: Path) -> Counter[str]:
    """Count the texts of the quads of each graph."""
    return Counter(f"{quad.graph_name} {quad.object}" for quad in Store.read_only(str(store)))


@pytest.mark.usefixtures("copy_small_stores")
def test_a_store_is_rebuilt_on_demand(tmp_path: Path) -> None:
    """After an erasure inside a graph the former text must not stay in a copy."""
    record, data = GraphRecord(tmp_path / "data"), tmp_path / "data"
    graphs = put_graphs(record, tmp_path, open=MANY, other=["private"])
    build(data, GenerationContent(graphs))
    graphs |= put_graphs(record, tmp_path, other=["public"])
    assert not contains_text(build(data, GenerationContent(graphs), anew=True).folder, b"private")


def contains_text(folder: Path, text: bytes) -> bool:
    """Return whether any file contains a text."""
    return any(text in path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.usefixtures("copy_small_stores")
def test_a_large_change_is_rebuilt(tmp_path: Path) -> None:
    """Replacing most of a store costs more than building it."""
    record, data = GraphRecord(tmp_path / "data"), tmp_path / "data"
    first = build(data, GenerationContent(put_graphs(record, tmp_path, open=MANY)))
    second = build(data, GenerationContent(put_graphs(record, tmp_path, open=MANY[1:])))
    assert not find_shared_tables(first.open_store, second.open_store)
    assert second.manifest.open.replaced == 0


@pytest.mark.usefixtures("copy_small_stores")
def test_the_members_store_shares_the_tables_of_the_open_store(tmp_path: Path) -> None:
    """Open graphs are on the disk once, and the open store holds nothing else."""
    graphs = put_graphs(GraphRecord(tmp_path / "data"), tmp_path, open=MANY, hidden=["secret"])
    hidden = {GRAPHS["hidden"]: graphs.pop(GRAPHS["hidden"])}
    generation = build(tmp_path / "data", GenerationContent(graphs, hidden))
    assert find_shared_tables(generation.open_store, generation.members_store)
    assert contains_text(generation.members_store, b"secret")
    assert not contains_text(generation.open_store, b"secret")


@pytest.mark.usefixtures("copy_small_stores")
def test_what_is_added_to_both_stores_is_loaded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The members' store starts from the new open store where its own former one lacks more."""
    monkeypatch.setattr(building, "QUICK", 0)
    record, data = GraphRecord(tmp_path / "data"), tmp_path / "data"
    graphs = put_graphs(record, tmp_path, open=MANY, hidden=["secret"])
    hidden = {GRAPHS["hidden"]: graphs.pop(GRAPHS["hidden"])}
    first = build(data, GenerationContent(graphs, hidden))
    graphs |= put_graphs(record, tmp_path, other=[f"more-{name}" for name in MANY])
    second = build(data, GenerationContent(graphs, hidden))
    added = {path.name for path in second.open_store.glob("*.sst")} - find_shared_tables(
        first.open_store, second.open_store
    )
    assert added & find_shared_tables(second.open_store, second.members_store)
    assert len(Store.read_only(str(second.members_store))) == 2 * len(MANY) + 1


def test_blank_nodes_of_different_graphs_stay_apart(tmp_path: Path) -> None:
    """Equal names in parvis's own graphs do not mean the same entity."""
    paths = {}
    for name in ("open", "other"):
        paths[GRAPHS[name]] = tmp_path / f"{name}.nt"
        paths[GRAPHS[name]].write_text(f'_:b0 <http://x/p> "{name}" .')
    store = Store.read_only(str(build(tmp_path / "data", GenerationContent(paths)).open_store))
    assert len({quad.subject for quad in store}) == 2


def test_a_malformed_file_of_the_record_is_named(tmp_path: Path) -> None:
    """Graphs are loaded together, but the error names the right one."""
    record = GraphRecord(tmp_path / "data")
    graphs = put_graphs(record, tmp_path, open=["a"])
    (tmp_path / "bad.nt").write_text("<http://x/s> <http://x/p> nonsense .\n")
    graphs[GRAPHS["other"]] = record.path(record.put(GRAPHS["other"], tmp_path / "bad.nt"))
    with pytest.raises(StoreError, match="graph/other cannot be loaded"):
        build(tmp_path / "data", GenerationContent(graphs))


@pytest.mark.parametrize("name", ["open", "other"])
def test_a_damaged_file_of_the_record_is_named(tmp_path: Path, name: str) -> None:
    """By its graph, whether bytes have changed or it is no longer compressed."""
    graphs = put_graphs(
        GraphRecord(tmp_path / "data"),
        tmp_path,
        open=["a"],
        other=[str(number) for number in range(99)],
    )
    body = bytearray(graphs[GRAPHS[name]].read_bytes())
    body[len(body) // 2 : len(body) // 2 + 8] = b"\xff" * 8
    for damaged in (bytes(body), b"nothing"):
        graphs[GRAPHS[name]].write_bytes(damaged)
        with pytest.raises(StoreError, match=GRAPHS[name]):
            build(tmp_path / "data", GenerationContent(graphs))


def test_the_quick_verification_detects_truncated_and_missing_files(generation: Generation) -> None:
    """At start, sizes and small files are compared."""
    verify(generation, wholly=False)
    table = next(generation.open_store.glob("*.sst"))
    content = table.read_bytes()
    table.write_bytes(content[:-1])
    with pytest.raises(StoreError, match=table.name):
        verify(generation, wholly=False)
    table.unlink()
    with pytest.raises(StoreError, match=table.name):
        verify(generation, wholly=False)


@pytest.mark.usefixtures("copy_small_stores")
def test_a_damaged_generation_is_not_copied(tmp_path: Path) -> None:
    """The next one is rebuilt and served."""
    graphs = put_graphs(GraphRecord(tmp_path / "data"), tmp_path, open=MANY)
    first = build(tmp_path / "data", GenerationContent(graphs))
    next(first.open_store.glob("*.sst")).unlink()
    second = build(tmp_path / "data", GenerationContent(graphs))
    verify(second)
    assert second.manifest.open.quads == 200
