"""The session key and the parameters of disclosure control are drawn once and stay secret."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from parvis.errors import StoreError
from parvis.ledger import parameters, signing_key


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


def test_the_key_is_created_once_and_private(tmp_path: Path) -> None:
    """The same for every process, readable by its owner only."""
    first = signing_key(tmp_path)
    assert signing_key(tmp_path) == first
    assert len(bytes.fromhex(first.decode())) * 8 == 256
    (file,) = tmp_path.iterdir()
    assert file.name == "secrets"
    assert file.stat().st_mode & 0o777 == 0o600


def test_concurrent_processes_get_the_same_key(tmp_path: Path) -> None:
    """Nobody gets a key that is replaced a moment later."""
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(signing_key, [tmp_path] * 8))
    assert len(set(keys)) == 1
