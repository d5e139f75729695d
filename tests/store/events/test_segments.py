"""What graphs say of events is read once, and copied from generation to generation."""

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from parvis.errors import StoreError
from parvis.rdf import streams
from parvis.store.events.choice import EventChoice
from parvis.store.events.event_list import EventList
from parvis.store.events.facts import read_facts
from parvis.store.events.index_process import build
from parvis.store.events.segment import EventSegments
from tests.pooling.serving.events.invented import IRIS, STATEMENTS, ZONE, write_graphs

GRAPH = "https://pool.example/graph/a/un"
EVENT = """<urn:{at}> <http://schema.org/location> _:p .
<urn:{at}> <http://schema.org/startDate> "2027-01-0{at}" .
<urn:{at}> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://schema.org/Event> .
_:p <http://schema.org/name> "Salle {at}" .
_:p <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://schema.org/Place> .
"""


def index(folder: Path, sources: dict[str, Path], former: str = "former") -> Path:
    graphs = [[graph, str(path), path.name, "open"] for graph, path in sources.items()]
    build(folder / "events", [folder.parent / former / "events"], graphs, ZONE.key)
    return folder


def read_tables(folder: Path) -> list[list[tuple[object, ...]]]:
    """Return all rows of all segments."""
    tables = ("graph", "entity", "lines", "event", "profile", "part")
    rows = []
    for path in sorted(folder.glob("events/*/*.sqlite")):
        with closing(sqlite3.connect(path)) as file:
            rows += [file.execute(f"SELECT * FROM {table}").fetchall() for table in tables]  # noqa: S608 - names of here
    return rows


def test_a_graph_that_is_copied_is_as_it_would_be_read(tmp_path: Path) -> None:
    graphs = write_graphs(tmp_path, STATEMENTS)
    index(tmp_path / "former", graphs)
    added = tmp_path / "added.nt.gz"
    added.write_bytes(gzip.compress(EVENT.format(at=1).encode()))
    changed = {GRAPH: added, **graphs}
    fresh = read_tables(index(tmp_path / "fresh", changed, "nothing"))
    # Only what is new is read: the other files are not there any more.
    for path in graphs.values():
        size = path.stat().st_size
        path.write_bytes(bytes(size))
    assert read_tables(index(tmp_path / "latter", changed)) == fresh


def test_a_graph_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    damaged = tmp_path / "a.nt.gz"
    damaged.write_bytes(b"x")
    with pytest.raises(StoreError, match="graph/a/un cannot be read"):
        index(tmp_path / "latter", {GRAPH: damaged})


@pytest.mark.parametrize("size", [1, 40, 150, 1_000])
def test_blocks_of_any_size_give_the_same_entities(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(streams, "BUFFER", size)
    for path in write_graphs(tmp_path, STATEMENTS).values():
        plain = path.with_suffix("")
        plain.write_bytes(b"\n".join(reversed(gzip.decompress(path.read_bytes()).splitlines())))
        entities = [*read_facts(path, GRAPH, ZONE)]
        others = [*read_facts(plain, GRAPH, ZONE)]
        assert [e.iri for e in entities] == [e.iri for e in others]
        assert [(e.kind, e.keys, e.wholes) for e in entities] == [
            (e.kind, e.keys, e.wholes) for e in others
        ]


def test_a_blank_node_is_of_one_graph_alone(tmp_path: Path) -> None:
    sources = {}
    for at in (1, 2):
        sources[f"https://pool.example/graph/a/{at}"] = path = tmp_path / f"{at}.nt.gz"
        path.write_bytes(gzip.compress(EVENT.format(at=at).encode()))
    events = EventList(EventSegments(index(tmp_path / "latter", sources)), None, IRIS.links_graph)
    assert [*events.unsettled(10)] == []
    assert events.count(EventChoice()) == 2
    names = {
        value
        for _, _, step, value, _ in events.describe(["urn:1"], [["http://schema.org/location"]])
        if step.endswith("name")
    }
    assert names == {"Salle 1"}


def test_a_list_has_nothing_of_another_graph(tmp_path: Path) -> None:
    """Not even where all graphs are in one segment."""
    graphs = write_graphs(tmp_path, STATEMENTS)
    segments = EventSegments(index(tmp_path / "latter", graphs))
    graph = "https://pool.example/graph/b/musee"
    events = EventList(segments, [graph], IRIS.links_graph)
    assert events.list_graphs() == [graph]
    names = [iri for _, iri in events.page(EventChoice(), None, 100)]
    assert len(names) == 3
    assert {statement[0] for statement in events.describe(names, [])} == {graph}
    assert events.count(EventChoice(iris=["https://pool.example/id/event/a/1"])) == 0
