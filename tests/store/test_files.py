"""Only one process or thread writes at a time."""

import threading
from pathlib import Path

import pytest

from parvis.errors import StoreError
from parvis.store.files import writing


def test_the_thread_that_holds_the_lock_may_enter_again(tmp_path: Path) -> None:
    """Steps that lock by themselves can be combined under one lock."""
    with writing(tmp_path), writing(tmp_path):
        assert (tmp_path / "lock").exists()
    with writing(tmp_path):
        pass


def test_another_thread_is_refused(tmp_path: Path) -> None:
    refused = []

    def try_to_write() -> None:
        try:
            with writing(tmp_path):
                pass
        except StoreError as error:
            refused.append(error)

    with writing(tmp_path):
        thread = threading.Thread(target=try_to_write)
        thread.start()
        thread.join()
    assert len(refused) == 1


def test_the_lock_is_released_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(KeyError), writing(tmp_path):
        raise KeyError
    with writing(tmp_path):
        pass
