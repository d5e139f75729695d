"""Two concurrent loads build the same store as a single load."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, NamedNode, Store

from parvis.rdf.streams import BUFFER, read_quad_lines
from parvis.store.generation import builder_process
from parvis.store.generation.builder_process import BLANK, MOST, TwoStreams, divide, read_pieces
from parvis.store.generation.generation import GenerationContent, build
from parvis.store.record.graph_record import GraphRecord

GRAPH = "http://pool.example/graph/{}"
LINES = st.lists(st.sampled_from([b"<x:a> <x:b> <x:c> .", b"_:a <x:b> _:c ."]), max_size=40)


@given(LINES, st.lists(st.booleans()))
def test_each_piece_is_loaded_once_and_blank_nodes_by_the_first_stream(
    lines: list[bytes], turns: list[bool]
) -> None:
    """In any order of turns no piece is lost or repeated, and blank nodes stay in one stream."""
    pieces = [line + b" #%d" % number for number, line in enumerate(lines)]
    taken = _take_in_turns(TwoStreams(iter(pieces)), turns)
    assert sorted(chain(*taken)) == sorted(pieces)
    assert not any(BLANK in piece for piece in taken[1])


def test_the_second_stream_reads_ahead_a_limited_number_of_pieces() -> None:
    """If all pieces have blank nodes, it leaves all to the first, and few wait in memory."""
    numbers = iter(range(10 * MOST))
    streams = TwoStreams(b"_:%d <x:b> <x:c> ." % number for number in numbers)
    assert list(streams.second()) == []
    assert next(numbers) == MOST
    assert len([*streams.first()]) == 10 * MOST - 1


@given(LINES)
def test_a_stream_is_divided_into_loads_of_bounded_size_that_keep_blank_nodes_together(
    lines: list[bytes],
) -> None:
    """Nothing is lost or repeated; only the last load may be larger than that size."""
    pieces = [line + b" #%d" % number for number, line in enumerate(lines)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builder_process, "LOAD", 100)
        loads = [list(load) for load in divide(iter(pieces))]
    assert list(chain(*loads)) == pieces
    with_blank_nodes = [any(BLANK in piece for piece in load) for load in loads]
    assert sum(with_blank_nodes) <= 1
    assert not any(with_blank_nodes[:-1])
    assert all(len(b"".join(load[:-1])) < 100 for load in loads[:-1])


def test_what_follows_a_blank_node_in_its_file_is_read_last(tmp_path: Path) -> None:
    """A graph with blank nodes makes no single load of all graphs that are read after it."""
    graphs = []
    for number, has_blank_nodes in enumerate((True, False, True, False)):
        triples = [f'<http://x/{number}/{t}> <http://x/p> "{t}" .\n' for t in range(9_000)]
        middle = [f"_:b{number} <http://x/p> <http://x/o> .\n"] * has_blank_nodes
        path = tmp_path / f"{number}.nt"
        path.write_text("".join([*triples[:4_000], *middle, *triples[4_000:]]))
        graphs.append((GRAPH.format(number), str(path)))
    pieces = list(read_pieces(graphs))
    expected = chain.from_iterable(read_quad_lines(Path(path), graph) for graph, path in graphs)
    assert sorted(b"".join(pieces).splitlines()) == sorted(b"".join(expected).splitlines())
    first = next(number for number, piece in enumerate(pieces) if BLANK in piece)
    whole = [GRAPH.format(number).encode() for number in (1, 3)]
    assert not any(graph in piece for piece in pieces[first:] for graph in whole)


def _take_in_turns(streams: TwoStreams, turns: list[bool]) -> tuple[list[bytes], list[bytes]]:
    """Take pieces from both streams by turns, then the remainder, the first stream last."""
    two_streams = streams.first(), streams.second()
    taken: tuple[list[bytes], list[bytes]] = [], []
    for turn in turns:
        taken[turn].extend(_take_piece(two_streams[turn]))
    taken[1].extend(two_streams[1])
    taken[0].extend(streams.first())
    return taken


def _take_piece(stream: Iterator[bytes]) -> list[bytes]:
    """Take a piece, if there is one left."""
    return [piece for piece in [next(stream, b"")] if piece]


def test_a_blank_node_shared_by_graphs_of_the_record_stays_the_same(tmp_path: Path) -> None:
    """Both streams are long, and neither splits it."""
    record, paths = GraphRecord(tmp_path / "data"), {}
    for number in range(6):
        source = tmp_path / f"{number}.nt"
        lines = [
            f'<http://x/{number}/{triple}> <http://x/p> "{triple}" .'
            for triple in range(BUFFER // 20)
        ]
        lines.insert(len(lines) // 2, f"_:shared <http://x/p> <http://x/{number}> .")
        source.write_text("\n".join([*lines, ""]))
        graph = GRAPH.format(number)
        paths[graph] = record.path(record.put(graph, source))
    store = Store.read_only(str(build(tmp_path / "data", GenerationContent(paths)).open_store))
    assert len(store) == 6 * (BUFFER // 20 + 1)
    shared = {quad.subject for quad in store if isinstance(quad.subject, BlankNode)}
    assert len(shared) == 1
    assert len({*store.quads_for_pattern(shared.pop(), NamedNode("http://x/p"), None)}) == 6


def test_the_tables_of_several_loads_are_merged(tmp_path: Path) -> None:
    """A query never searches many tables for a single entity.

    The engine has a list of graphs and three orders of quads that begin with the graph, in
    which loads of different graphs follow one another; all other tables are merged.
    """
    loads, beginning_with_graphs, other_tables = 12, 4, 5
    paths = {GRAPH.format(number): _write_graph(tmp_path, number) for number in range(loads)}
    store = build(tmp_path / "data", GenerationContent(paths)).open_store
    assert len([*store.glob("*.sst")]) <= loads * beginning_with_graphs + other_tables


def _write_graph(folder: Path, number: int) -> Path:
    """Write a graph with blank nodes, which is loaded separately."""
    path = folder / f"{number}.nt"
    lines = (
        f'_:{value} <http://x/{value}> "a text that many have, {value}" .\n' for value in range(50)
    )
    path.write_text("".join(lines))
    return path
