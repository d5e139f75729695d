"""Pieces of an answer wait for their reader."""

from hypothesis import given
from hypothesis import strategies as st

from parvis.store.query.spool import MEMORY, Spool


@given(st.lists(st.none() | st.integers(1, MEMORY), max_size=8))
def test_pieces_are_read_in_the_order_in_which_they_were_written(steps: list[int | None]) -> None:
    """In any sequence of writing and reading, in memory or on disk."""
    spool, written, taken = Spool(), bytearray(), bytearray()
    for number, size in enumerate(steps):
        if size is not None:
            piece = bytes([number]) * size
            spool.put(piece)
            written += piece
        elif spool:
            taken += spool.take()
    while spool:
        taken += spool.take()
    assert taken == written
    spool.clear()
    assert not spool
