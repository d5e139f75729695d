"""The key that signs sessions."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from parvis.ledger import signing_key


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
