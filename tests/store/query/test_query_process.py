"""Errors that a query worker reports."""

import json
from pathlib import Path

import pytest

from parvis.errors import QueryError, StoreError
from parvis.sandbox.child import Channel
from parvis.store.query.confinement import Engine
from parvis.store.query.query_process import answer
from parvis.store.query.request import WorkerRequest

FILES = ("000001.sst",)


class FailingEngine(Engine):
    """Fail at every query as the system would."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def run(self, *_: object, **__: object) -> object:  # type: ignore[override]
        raise self._error


class RecordingChannel(Channel):
    """Record the frames that a worker sends."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def send(self, body: bytes, *, now: bool = False) -> None:
        """Record a frame, flushed or not."""
        del now
        self.frames.append(body)

    def end(self) -> None:
        """Record the end."""
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
def test_damage_is_reported_only_for_an_unreadable_store(
    tmp_path: Path, error: Exception, files: tuple[str, ...], kind: type[Exception]
) -> None:
    """A forbidden operation is an error of the query; a store without files is damaged."""
    folder = tmp_path / "store"
    for name in files:
        folder.mkdir()
        (folder / name).write_bytes(b"rows")
    channel = RecordingChannel()
    request = WorkerRequest("ASK {}", None)
    answer(FailingEngine(error), folder, request, {}, channel)
    assert json.loads(channel.frames[0])["kind"] == kind.__name__
    assert channel.frames[-1] == b""
