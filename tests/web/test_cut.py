"""A body that could not be finished does not look whole."""

import csv
from collections.abc import Iterator

import pytest

from parvis.errors import AnswerTooLarge
from parvis.web.cut import Body


class Failing(Iterator[bytes]):
    """Pieces that end in a failure, again and again."""

    def __init__(self) -> None:
        """Begin with one piece."""
        self.pieces = [b"x,y\r\n1,2\r\n"]
        self.closed = False

    def __next__(self) -> bytes:
        """Give a piece, or fail."""
        if self.pieces:
            return self.pieces.pop()
        raise AnswerTooLarge("the answer has more than {limit} rows", limit=1)

    def close(self) -> None:
        """Note it."""
        self.closed = True


def test_a_table_ends_with_the_reason_in_both_languages() -> None:
    """A strict reader refuses it, a person sees why."""
    text = b"".join(Body(Failing(), "text/csv")).decode()
    assert "<<< la réponse a plus de 1 lignes\n<<< the answer has more than 1 rows" in text
    with pytest.raises(csv.Error):
        list(csv.reader(text.splitlines(keepends=True), strict=True))


def test_a_document_ends_where_it_fails() -> None:
    """Nothing is added to JSON or XML, which are broken already; a body can be closed."""
    pieces = Failing()
    body = Body(pieces, "application/sparql-results+json")
    assert b"".join(body) == b"x,y\r\n1,2\r\n"
    body.close()
    assert pieces.closed
