"""Two loads side by side make the store that one would make."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, NamedNode, Store

from parvis.rdf.opening import BUFFER
from parvis.store.generation.builder_worker import BLANK, MOST, TwoStreams
from parvis.store.generation.generation import GenerationContent, build
from parvis.store.record.record import GraphRecord

GRAPH = "http://pool.example/graph/{}"
LINES = st.lists(st.sampled_from([b"<x:a> <x:b> <x:c> .", b"_:a <x:b> _:c ."]), max_size=40)


@given(LINES, st.lists(st.booleans()))
def test_each_piece_is_taken_once_and_blank_nodes_by_the_first(
    lines: list[bytes], turns: list[bool]
) -> None:
    """Whoever takes when: nothing is lost, nothing comes twice, nothing blank is parted."""
    pieces = [line + b" #%d" % number for number, line in enumerate(lines)]
    taken = _in_turns(TwoStreams(iter(pieces)), turns)
    assert sorted(chain(*taken)) == sorted(pieces)
    assert not any(BLANK in piece for piece in taken[1])


def test_the_second_stream_runs_no_further_ahead_than_there_is_room() -> None:
    """Where all is blank, it leaves all to the first, and little of it waits in memory."""
    taken = iter(range(10 * MOST))
    streams = TwoStreams(b"_:%d <x:b> <x:c> ." % number for number in taken)
    assert list(streams.second()) == []
    assert next(taken) == MOST
    assert len([*streams.first()]) == 10 * MOST - 1


def _in_turns(streams: TwoStreams, turns: list[bool]) -> tuple[list[bytes], list[bytes]]:
    """Take from both as told, then all that is left, the first stream last."""
    both = streams.first(), streams.second()
    taken: tuple[list[bytes], list[bytes]] = [], []
    for turn in turns:
        taken[turn].extend(_one(both[turn]))
    taken[1].extend(both[1])
    taken[0].extend(streams.first())
    return taken


def _one(stream: Iterator[bytes]) -> list[bytes]:
    """Take one piece, if there is one."""
    return [piece for piece in [next(stream, b"")] if piece]


def test_a_blank_node_of_the_record_is_one_however_long_the_record_is(tmp_path: Path) -> None:
    """Graphs of the record may share blank nodes: both streams are long, and neither parts them."""
    record, paths = GraphRecord(tmp_path / "data"), {}
    for number in range(6):
        source = tmp_path / f"{number}.nt"
        lines = [f'<http://x/{number}/{one}> <http://x/p> "{one}" .' for one in range(BUFFER // 20)]
        lines.insert(len(lines) // 2, f"_:shared <http://x/p> <http://x/{number}> .")
        source.write_text("\n".join([*lines, ""]))
        graph = GRAPH.format(number)
        paths[graph] = record.path(record.put(graph, source))
    store = Store.read_only(str(build(tmp_path / "data", GenerationContent(paths)).open_store))
    assert len(store) == 6 * (BUFFER // 20 + 1)
    shared = {quad.subject for quad in store if isinstance(quad.subject, BlankNode)}
    assert len(shared) == 1
    assert len({*store.quads_for_pattern(shared.pop(), NamedNode("http://x/p"), None)}) == 6


def test_what_several_loads_left_is_merged(tmp_path: Path) -> None:
    """Of many loads, no two tables are left in which a query would have to look for one thing.

    The engine has a list of graphs and three orders of quads that begin with the graph, in which
    loads of different graphs lie one after another; all else is merged.
    """
    loads, beginning_with_graphs, others = 12, 4, 5
    paths = {GRAPH.format(number): _own(tmp_path, number) for number in range(loads)}
    store = build(tmp_path / "data", GenerationContent(paths)).open_store
    assert len([*store.glob("*.sst")]) <= loads * beginning_with_graphs + others


def _own(folder: Path, number: int) -> Path:
    """Write a graph with blank nodes, which is loaded by itself."""
    path = folder / f"{number}.nt"
    lines = (f'_:{one} <http://x/{one}> "a text that many have, {one}" .\n' for one in range(50))
    path.write_text("".join(lines))
    return path
