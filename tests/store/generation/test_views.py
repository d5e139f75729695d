"""A view answers a class of readers as the members' store does within their list of graphs."""

import shutil
import threading
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from confinement import run
from pyoxigraph import Store

from parvis.config import Limits
from parvis.errors import StoreError
from parvis.store.generation import views
from parvis.store.generation.erasure import Traces, search
from parvis.store.generation.generation import (
    VIEWS,
    Generation,
    GenerationContent,
    build,
    forget_former,
)
from parvis.store.generation.views import Graphs, ReaderViews, make_view
from parvis.store.query.confinement import EmbeddedEngine
from parvis.store.query.pool import QueryPool
from parvis.store.query.request import QueryDataset, WorkerRequest
from parvis.store.search.index import MEMBERS
from tests.remote.conftest import FILLERS, HIDDEN, LINES, MANY, OPEN, OTHER, write_content
from tests.remote.test_contract import QUERIES, run_query

FEW = dict(islice(FILLERS.items(), 2 * views.FEW))


def wait_for_makers() -> None:
    """Wait until what was begun has ended."""
    for thread in threading.enumerate():
        if thread.name == views.MAKER:
            thread.join()


def wait_for_view(found: ReaderViews, generation: Generation, graphs: Graphs) -> Path | None:
    """Ask until it is made, as a reader does without knowing."""
    found.find(generation, graphs)
    wait_for_makers()
    return found.find(generation, graphs)


@pytest.fixture
def generation(tmp_path: Path) -> Generation:
    """Build a generation of open graphs and two for members, one of them with a blank node."""
    return build(tmp_path / "data", write_content(tmp_path, LINES | FEW))


BLANK = {HIDDEN: [*LINES[HIDDEN], '_:b <http://schema.org/name> "blank" .']}


@pytest.mark.parametrize("lines", [LINES, LINES | BLANK], ids=["without", "with blank nodes"])
@pytest.mark.parametrize("closed", [MANY, OPEN], ids=["hidden", "open to others"])
def test_every_query_has_the_answer_that_a_list_gives(
    tmp_path: Path, lines: dict[str, list[str]], closed: str
) -> None:
    """Whether it starts as a copy of the open store or has to be copied whole."""
    generation = build(tmp_path / "data", write_content(tmp_path, lines | FEW))
    graphs = frozenset((lines | FEW).keys() - {closed})
    view, _ = make_view(tmp_path / "data", generation, graphs)
    assert view is not None
    listed = EmbeddedEngine(Store.read_only(str(generation.members_store)))
    whole = EmbeddedEngine(Store.read_only(str(view)))
    for query in QUERIES.values():
        expected = run_query(listed, query, QueryDataset.of(sorted(graphs)))
        assert Counter(run_query(whole, query, None)) == Counter(expected), query


def test_a_search_is_of_the_graphs_of_the_view(tmp_path: Path, generation: Generation) -> None:
    graphs = frozenset((LINES | FEW).keys() - {OTHER})
    view, _ = make_view(tmp_path / "data", generation, graphs)
    assert view is not None
    places = ((generation.members_store, QueryDataset.of(sorted(graphs))), (view, None))
    with QueryPool(Limits(seconds=60)) as pool:
        for words in ("cid", "salle", "hidden", "filler"):
            text = (
                f'SELECT ?g ?s ?score {{ GRAPH ?g {{ ?s parvis:search ("{words}" ?score 99) }} }}'
            )
            listed, whole = (
                sorted(b"".join(pool.ask(store, request).chunks).splitlines())
                for store, allowed in places
                for request in [WorkerRequest(text, allowed=allowed, results="csv")]
            )
            assert whole == listed
            assert len(whole) > 1 or words == "salle"  # of the graph that is left out


def test_a_view_is_made_once_and_ends_with_its_generation(
    tmp_path: Path, generation: Generation
) -> None:
    data, graphs = tmp_path / "data", frozenset((LINES | FEW).keys() - {MANY})
    found = ReaderViews(data)
    assert found.find(generation, frozenset({OPEN})) is None
    view = wait_for_view(found, generation, graphs)
    assert view is not None
    assert found.find(generation, graphs) == view
    shutil.rmtree(view.parent)
    assert wait_for_view(found, generation, graphs) == view
    assert view.is_dir()
    build(data, GenerationContent(open={}))
    assert view.is_dir()  # an earlier generation may still be asked
    forget_former(data)
    assert [*(data / VIEWS).iterdir()] == []
    assert wait_for_view(found, generation, graphs | {MANY}) is None


def test_what_is_left_in_a_view_is_found_after_an_erasure(
    tmp_path: Path, generation: Generation
) -> None:
    """Its files are compressed, so that it is read by quad; one that is being made is not."""
    data, graphs = tmp_path / "data", frozenset(LINES | FEW)
    view, _ = make_view(data, generation, graphs)
    assert view is not None
    (view.parent.with_suffix(".123") / MEMBERS).mkdir(parents=True)
    shutil.rmtree(generation.folder)
    remains = search(data, {HIDDEN}, Traces(), ()).remains
    assert remains == {view.relative_to(data).as_posix(): len(LINES[HIDDEN])}


def test_a_view_of_a_deleted_generation_leaves_nothing(
    tmp_path: Path, generation: Generation
) -> None:
    data = tmp_path / "data"
    shutil.rmtree(generation.folder)
    with pytest.raises((StoreError, OSError)):
        make_view(data, generation, frozenset({OPEN, HIDDEN}))
    assert [path for path in (data / VIEWS).rglob("*") if path.is_file()] == []


def test_not_more_is_copied_than_there_is_room_for(
    tmp_path: Path, generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In all the views of a generation together; open graphs are linked, and cost nothing."""
    sizes, everything = generation.manifest.members.graphs, frozenset(LINES | FEW)
    monkeypatch.setattr(views, "MOST", sizes[MANY] + sizes[HIDDEN])
    found = ReaderViews(tmp_path / "data")
    assert wait_for_view(found, generation, everything) is not None
    assert wait_for_view(found, generation, everything - {MANY}) is None


def test_random_readers_get_from_views_what_they_may_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As the differential test of confinement, with a view for every list."""
    made = Counter[bool]()

    def make_at_once(self: ReaderViews, generation: Generation, graphs: Graphs) -> Path | None:
        view, _ = make_view(self._data, generation, graphs)
        made[view is not None] += 1
        return view

    monkeypatch.setattr(ReaderViews, "find", make_at_once)
    tally = run("embedded", 200, seed=7)
    assert not tally.disagreements, "\n".join(tally.disagreements)
    assert made[True] > 40
