"""Rows are counted in what the engine writes, whatever stands in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, QueryResultsFormat, QuerySolutions, Store

from parvis.errors import AnswerTooLarge
from parvis.store.query.rows import RowCount

FORMATS = {
    "json": QueryResultsFormat.JSON,
    "xml": QueryResultsFormat.XML,
    "csv": QueryResultsFormat.CSV,
    "tsv": QueryResultsFormat.TSV,
}
TRICKY = st.text(alphabet='a"\\,{}[]\n\r\t<>/é', max_size=8) | st.sampled_from(
    ["}},{", "a}},{", '"}},{"', "</result>", "\\", "\\\\", "},{", "\n"]
)


def written(values: list[str], ending: str) -> bytes:
    """Let the engine write a row for each value, in their order."""
    store = Store()
    for number, value in enumerate(values):
        node = NamedNode(f"http://x/{number:03}")
        store.add(Quad(node, NamedNode("http://x/p"), Literal(value)))
    found = store.query("SELECT ?o ?s { ?s ?p ?o } ORDER BY ?s")
    assert isinstance(found, QuerySolutions)
    return found.serialize(format=FORMATS[ending]) or b""


@pytest.mark.parametrize("ending", FORMATS)
@given(values=st.lists(TRICKY, min_size=2, max_size=6), cut=st.integers(1, 9))
def test_as_many_rows_as_may_be_pass_and_one_more_does_not(
    ending: str, values: list[str], cut: int
) -> None:
    """However the answer is cut into pieces."""
    body = written(values, ending)
    pieces = [body[at : at + cut] for at in range(0, len(body), cut)]
    see(pieces, RowCount(ending, len(values)))
    see(pieces, RowCount(ending, 0))
    with pytest.raises(AnswerTooLarge, match="more than"):
        see(pieces, RowCount(ending, len(values) - 1))


def see(pieces: list[bytes], count: RowCount) -> None:
    """Show all pieces."""
    for piece in pieces:
        count.see(piece)
