"""Quads go to a file for each graph, whatever their number."""

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from parvis.errors import SourceError
from parvis.store.record import content as splitting
from parvis.store.record.content import Splitter


def quads(text: str) -> Iterator[ox.Quad]:
    """Read N-Quads."""
    return ox.parse(text, ox.RdfFormat.N_QUADS)


def split(folder: Path, text: str, graph: str | None = None) -> dict[str, str]:
    """Split N-Quads; gives the text of each graph."""
    paths = Splitter(folder, Path("a.nq"), "z", graph).split(quads(text))
    return {name: path.read_text(encoding="utf-8") for name, path in paths.items()}


def test_each_graph_has_its_file(tmp_path: Path) -> None:
    """What stands in no graph goes to the one that is named; terms stay as they are."""
    text = '<x:s> <x:p> "é\\n\\"1\\"."@fr <x:g> .\n<x:s> <x:p> "01"^^<x:d> .\n'
    assert split(tmp_path, text, "x:rest") == {
        "x:g": '<x:s> <x:p> "é\\n\\"1\\"."@fr .\n',
        "x:rest": '<x:s> <x:p> "01"^^<x:d> .\n',
    }


def test_blank_nodes_are_those_of_the_file(tmp_path: Path) -> None:
    """Their names get a prefix; a text that looks like one does not."""
    found = split(tmp_path, '_:a <x:p> _:b <x:g> .\n<x:s> <x:p> "_:a" <x:g> .\n')
    assert found["x:g"] == '_:za <x:p> _:zb .\n<x:s> <x:p> "_:a" .\n'


def test_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond the bound waits on the disk, in order."""
    monkeypatch.setattr(splitting, "HELD", 20)
    text = "".join(f"<x:{n}> <x:p> <x:o> <x:g{n % 3}> .\n" for n in range(30))
    found = split(tmp_path, text)
    assert found["x:g1"] == "".join(f"<x:{n}> <x:p> <x:o> .\n" for n in range(1, 30, 3))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<x:s> <x:p> <x:o> .", "without a graph"),
        ("<x:s> <x:p> <x:o> _:g .", "only a blank node names"),
        ("<x:s> <x:p> <<( <x:s> <x:p> <x:o> )>> <x:g> .", "triple term"),
    ],
)
def test_what_cannot_be_kept_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """One sentence each."""
    with pytest.raises(SourceError, match=said):
        split(tmp_path, text)
