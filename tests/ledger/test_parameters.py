"""The secret parameters of disclosure control are drawn once, and kept from others."""

from pathlib import Path

import pytest

from parvis.errors import StoreError
from parvis.ledger import parameters


def test_they_are_drawn_once_for_a_pool(tmp_path: Path) -> None:
    """Whoever asks gets the same, of a file that its owner alone may read."""
    found = parameters(tmp_path)
    assert 15 <= found.p <= 25
    assert parameters(tmp_path) == found
    assert (tmp_path / "disclosure").stat().st_mode & 0o777 == 0o600


def test_two_pools_have_different_ones(tmp_path: Path) -> None:
    """What is known of one says nothing of another; a name tells them apart and tells no more."""
    one, other = parameters(tmp_path / "one"), parameters(tmp_path / "other")
    assert one.key != other.key
    assert one.identifier != other.identifier
    assert one.key.hex() not in one.identifier


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """Parameters that may be known protect nobody."""
    parameters(tmp_path)
    (tmp_path / "disclosure").chmod(0o644)
    with pytest.raises(StoreError, match="0600"):
        parameters(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", '{"p": 5, "key": "00"}', '{"p": 20, "key": "zz"}'])
def test_a_damaged_file_is_said(tmp_path: Path, text: str) -> None:
    """New ones are never drawn in its place: figures would be rounded otherwise."""
    parameters(tmp_path)
    (tmp_path / "disclosure").write_text(text, encoding="ascii")
    with pytest.raises(StoreError, match="damaged"):
        parameters(tmp_path)
