"""Split quads into a file for each graph, in bounded memory."""

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from parvis.errors import SourceError
from parvis.store.record import content as splitting
from parvis.store.record.content import Splitter


def read_quads(text: str) -> Iterator[ox.Quad]:
    return ox.parse(text, ox.RdfFormat.N_QUADS)


def split(folder: Path, text: str, graph: str | None = None) -> dict[str, str]:
    """Split N-Quads, and return the text of each graph."""
    paths = Splitter(folder, Path("a.nq"), "z", graph).split(read_quads(text))
    return {name: path.read_text(encoding="utf-8") for name, path in paths.items()}


def test_each_graph_has_its_file(tmp_path: Path) -> None:
    """Triples of the default graph go to the given graph; terms stay as they are."""
    text = '<x:s> <x:p> "é\\n\\"1\\"."@fr <x:g> .\n<x:s> <x:p> "01"^^<x:d> .\n'
    assert split(tmp_path, text, "x:rest") == {
        "x:g": '<x:s> <x:p> "é\\n\\"1\\"."@fr .\n',
        "x:rest": '<x:s> <x:p> "01"^^<x:d> .\n',
    }


def test_blank_nodes_get_a_prefix(tmp_path: Path) -> None:
    """Text that looks like a blank node does not."""
    texts = split(tmp_path, '_:a <x:p> _:b <x:g> .\n<x:s> <x:p> "_:a" <x:g> .\n')
    assert texts["x:g"] == '_:za <x:p> _:zb .\n<x:s> <x:p> "_:a" .\n'


def test_blank_nodes_within_statements_about_statements_get_it_too(tmp_path: Path) -> None:
    """So that they are those outside of them."""
    texts = split(tmp_path, "_:a <x:p> <<( _:a <x:p> <<( <x:s> <x:p> _:b )>> )>> <x:g> .\n")
    assert texts["x:g"] == "_:za <x:p> <<( _:za <x:p> <<( <x:s> <x:p> _:zb )>> )>> .\n"


def test_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines beyond the bound are stored on the disk, in order."""
    monkeypatch.setattr(splitting, "HELD", 20)
    text = "".join(f"<x:{number}> <x:p> <x:o> <x:g{number % 3}> .\n" for number in range(30))
    texts = split(tmp_path, text)
    assert texts["x:g1"] == "".join(f"<x:{number}> <x:p> <x:o> .\n" for number in range(1, 30, 3))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<x:s> <x:p> <x:o> .", "without a graph"),
        ("<x:s> <x:p> <x:o> _:g .", "only a blank node names"),
    ],
)
def test_quads_that_cannot_be_stored_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        split(tmp_path, text)
