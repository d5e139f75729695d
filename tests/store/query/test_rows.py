"""Count rows in the engine's output, whatever they contain."""

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


def serialize_rows(values: list[str], ending: str) -> bytes:
    """Let the engine write a row for each value, in order."""
    store = Store()
    for number, value in enumerate(values):
        node = NamedNode(f"http://x/{number:03}")
        store.add(Quad(node, NamedNode("http://x/p"), Literal(value)))
    solutions = store.query("SELECT ?o ?s { ?s ?p ?o } ORDER BY ?s")
    assert isinstance(solutions, QuerySolutions)
    return solutions.serialize(format=FORMATS[ending]) or b""


@pytest.mark.parametrize("ending", FORMATS)
@given(values=st.lists(TRICKY, min_size=2, max_size=6), cut=st.integers(1, 9))
def test_the_allowed_number_of_rows_passes_and_one_more_does_not(
    ending: str, values: list[str], cut: int
) -> None:
    """However the answer is cut into pieces."""
    body = serialize_rows(values, ending)
    pieces = [body[at : at + cut] for at in range(0, len(body), cut)]
    count_rows(pieces, RowCount(ending, len(values)))
    count_rows(pieces, RowCount(ending, 0))
    with pytest.raises(AnswerTooLarge, match="more than"):
        count_rows(pieces, RowCount(ending, len(values) - 1))


def count_rows(pieces: list[bytes], count: RowCount) -> None:
    for piece in pieces:
        count.add(piece)
