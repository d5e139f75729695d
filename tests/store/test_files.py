"""One writer at a time."""

import threading
from pathlib import Path

import pytest

from parvis.errors import StoreError
from parvis.store.files import writing


def test_the_thread_that_holds_the_lock_enters_again(tmp_path: Path) -> None:
    """Steps that lock by themselves can be tied together under one lock."""
    with writing(tmp_path), writing(tmp_path):
        assert (tmp_path / "lock").exists()
    with writing(tmp_path):
        pass


def test_another_thread_is_refused(tmp_path: Path) -> None:
    """Two threads of one server cannot write at once either."""
    refused = []

    def write() -> None:
        try:
            with writing(tmp_path):
                pass
        except StoreError as error:
            refused.append(error)

    with writing(tmp_path):
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert len(refused) == 1


def test_the_lock_is_given_back_after_a_failure(tmp_path: Path) -> None:
    """An exception inside leaves no lock."""
    with pytest.raises(KeyError), writing(tmp_path):
        raise KeyError
    with writing(tmp_path):
        pass
