"""Pieces that wait for their reader."""

from hypothesis import given
from hypothesis import strategies as st

from parvis.store.query.answer import MEMORY, Spool


@given(st.lists(st.none() | st.integers(1, MEMORY), max_size=8))
def test_what_goes_in_comes_out_in_its_order(steps: list[int | None]) -> None:
    """However puts and takes follow one another, in memory or on disk."""
    spool, given_in, taken = Spool(), bytearray(), bytearray()
    for number, size in enumerate(steps):
        if size is not None:
            piece = bytes([number]) * size
            spool.put(piece)
            given_in += piece
        elif spool:
            taken += spool.take()
    while spool:
        taken += spool.take()
    assert taken == given_in
    spool.clear()
    assert not spool
