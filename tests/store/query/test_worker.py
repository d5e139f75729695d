"""What a query worker says of an error is what it is."""

import json
from pathlib import Path

import pytest

from parvis.errors import QueryError, StoreError
from parvis.sandbox.child import Channel
from parvis.store.query.confinement import Engine
from parvis.store.query.request import WorkerRequest
from parvis.store.query.worker import answer

FILES = ("000001.sst",)


class Failing(Engine):
    """Fails at every query as the system would."""

    def __init__(self, error: Exception) -> None:
        """Fail with one error."""
        self._error = error

    def run(self, *_: object, **__: object) -> object:  # type: ignore[override]
        """Fail."""
        raise self._error


class Heard(Channel):
    """Holds what a worker sends."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.frames: list[bytes] = []

    def send(self, body: bytes, *, now: bool = False) -> None:
        """Hold a frame, whenever it leaves."""
        del now
        self.frames.append(body)

    def end(self) -> None:
        """Hold the end."""
        self.frames.append(b"")


@pytest.mark.parametrize(
    ("error", "files", "kind"),
    [
        (PermissionError(1, "Operation not permitted"), FILES, QueryError),
        (PermissionError(1, "Operation not permitted"), (), StoreError),
        (RuntimeError("Corruption: block checksum mismatch"), FILES, StoreError),
        (RuntimeError("the custom function is not supported"), (), QueryError),
    ],
)
def test_damage_is_told_only_of_a_store_that_cannot_be_read(
    tmp_path: Path, error: Exception, files: tuple[str, ...], kind: type[Exception]
) -> None:
    """What a query may not do is the query's fault; a store without files is damaged."""
    folder = tmp_path / "store"
    for name in files:
        folder.mkdir()
        (folder / name).write_bytes(b"rows")
    channel = Heard()
    request = WorkerRequest("ASK {}", None)
    answer(Failing(error), folder, request, {}, channel)
    assert json.loads(channel.frames[0])["kind"] == kind.__name__
    assert channel.frames[-1] == b""
