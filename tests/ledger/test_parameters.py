"""The secret parameters of disclosure control are drawn once and stay secret."""

from pathlib import Path

import pytest

from parvis.errors import StoreError
from parvis.ledger import parameters


def test_parameters_are_drawn_once_per_pool(tmp_path: Path) -> None:
    """Later calls read them from a file that only its owner may read."""
    secret = parameters(tmp_path)
    assert 15 <= secret.p <= 25
    assert parameters(tmp_path) == secret
    assert (tmp_path / "disclosure").stat().st_mode & 0o777 == 0o600


def test_each_pool_has_its_own_parameters(tmp_path: Path) -> None:
    """A pool's parameters reveal nothing of another's; the identifier does not contain the key."""
    first, second = parameters(tmp_path / "one"), parameters(tmp_path / "other")
    assert first.key != second.key
    assert first.identifier != second.identifier
    assert first.key.hex() not in first.identifier


def test_a_file_readable_by_others_is_refused(tmp_path: Path) -> None:
    """Known parameters protect nobody."""
    parameters(tmp_path)
    (tmp_path / "disclosure").chmod(0o644)
    with pytest.raises(StoreError, match="0600"):
        parameters(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", '{"p": 5, "key": "00"}', '{"p": 20, "key": "zz"}'])
def test_a_damaged_file_is_reported(tmp_path: Path, text: str) -> None:
    """It is never replaced by new parameters: figures would be rounded differently."""
    parameters(tmp_path)
    (tmp_path / "disclosure").write_text(text, encoding="ascii")
    with pytest.raises(StoreError, match="damaged"):
        parameters(tmp_path)
