"""A query worker: ``python -I -m parvis.store.query.query_process STORE [SOCKET…]``, in frames.

With sockets it is the child of a `parvis.sandbox.lane.Lane`.

The first frame applies to all queries: ``{"memory": bytes, "prefixes": {…}}``. Each later frame is
a `WorkerRequest`, and is answered by

* a head in JSON, ``{"kind": "bindings" | "boolean" | "graph", "media": …}``, then pieces of the
  result as the engine writes them, then the empty frame; or
* ``{"error": TEMPLATE, "fields": {…}, "kind": CLASS}`` and the empty frame, for a query that cannot
  be answered: a `QueryError`, an `AnswerTooLarge` for its rows, or a `StoreError`, which is not the
  query's fault.

A failure after the first piece ends the process, so that a cut answer never looks whole. The head
waits for the first piece, so that most failures come before it.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast, get_args

from pyoxigraph import NamedNode, QueryBoolean, QuerySolutions, Store, serialize

from parvis.errors import AnswerTooLarge, MachineError, QueryError, SheetError, StoreError
from parvis.i18n import N_
from parvis.rdf.formats import (
    BOOLEANS,
    GRAPH_TYPES,
    GRAPHS,
    NO_JSON_LD,
    NOT_WRITTEN,
    RESULT_TYPES,
    RESULTS,
)
from parvis.sandbox.child import PIECE, Channel, channel_of, end_after, limit_memory
from parvis.sandbox.walls import raise_walls
from parvis.store.query.confinement import EmbeddedEngine, Engine, QueryResults, narrow_dataset
from parvis.store.query.request import NO_FORM, TOO_MANY_ROWS, QueryText, WorkerRequest
from parvis.store.query.rows import RowCount
from parvis.store.query.search_pattern import expand_searches

if TYPE_CHECKING:
    from parvis.store.search.search import TextIndex

CORRUPT = "Corruption"
"""The beginning of the engine's own message for damaged files."""
Refusal = QueryError | MachineError | AnswerTooLarge | SheetError
"""The errors that an answer may be."""
DAMAGED = N_("what is served is damaged, or its disk cannot be read: parvis verify tells where")


class Enough(Exception):  # noqa: N818 - it ends an answer, as StopIteration ends a loop
    """The answer has the bytes that its reader asked for."""


class Pieces:
    """What the engine takes for a file: its bytes leave as frames of up to 64 kB, after the head.

    It is no `io.IOBase`, which takes a tenth of a look-up to make and to end. `enough` is the
    number of bytes after which writing raises `Enough`; 0 for no such number.
    """

    def __init__(
        self, channel: Channel, head: bytes, rows: RowCount | None, enough: int = 0
    ) -> None:
        self._enough, self._size = enough, 0
        self._channel = channel
        self._head: bytes | None = head
        self._buffer = bytearray()
        self._rows = rows

    @property
    def has_begun(self) -> bool:
        return self._head is None

    def write(self, body: bytes, /) -> int:
        """Buffer a piece of the result. Raises `Enough` at the last byte that is asked for."""
        # One value may be as long as the memory: a piece is cut, not only what comes after it.
        if self._enough:
            body = body[: self._enough - self._size]
        self._size += len(body)
        if len(self._buffer) + len(body) > PIECE:
            self._flush()
        self._buffer += body
        if self._enough and self._size >= self._enough:
            raise Enough
        return len(body)

    def flush(self) -> None:
        """Do nothing: the engine calls it at the end, before `finish`."""

    def finish(self) -> None:
        """Send what is buffered, and the end."""
        self._flush()
        self._channel.end()

    def _flush(self) -> None:
        """Send what is buffered. Raises `AnswerTooLarge`."""
        body = bytes(self._buffer)
        self._buffer.clear()
        if self._rows is not None:
            self._rows.add(body)
        if self._head is not None:
            self._channel.send(self._head)
            self._head = None
        if body:
            self._channel.send(body, now=len(body) > PIECE // 2)


def answer(
    engine: Engine,
    folder: Path,
    request: WorkerRequest,
    prefixes: Mapping[str, str],
    channel: Channel,
) -> None:
    """Answer one request over the pipe; `folder` is the store's, its text index next to it."""
    pieces: Pieces | None = None
    try:
        query = QueryText.read(request.query, request.base, prefixes)
        # Searches are answered first, over the same graphs as the query.
        scope = narrow_dataset(query, request.allowed, request.asked)
        results = engine.run(
            expand_searches(query, scope, partial(_text_index, folder)),
            allowed=request.allowed,
            requested=request.asked,
            values={name: NamedNode(iri) for name, iri in request.values.items()},
            seconds=request.seconds or 0,
        )
        is_table = isinstance(results, QuerySolutions)
        rows = RowCount(request.results, request.rows) if is_table else None
        head, write = _form_of(results, request, prefixes)
        pieces = Pieces(channel, head, rows, request.enough)
        # Its end comes as that of any answer: killing this worker would cost more.
        with suppress(Enough):
            write(cast("BinaryIO", pieces))
        pieces.finish()
    except (*get_args(Refusal), OSError, RuntimeError, ValueError, SyntaxError) as error:
        if pieces is not None and pieces.has_begun:
            # So that the cut answer does not look whole.
            has_form = not str(error).startswith(NOT_WRITTEN)
            code = 1 if has_form else NO_FORM
            os._exit(TOO_MANY_ROWS if isinstance(error, AnswerTooLarge) else code)
        _refuse(channel, _explain(error, folder))


def _explain(error: Exception, folder: Path) -> Refusal:
    """Return the error of an answer for what the engine, or what comes before it, has raised."""
    if str(error).startswith(NOT_WRITTEN):
        return SheetError(NO_JSON_LD)
    if isinstance(error, Refusal):
        return error
    # An error of the system alone proves no damage: a query may request what this process may not
    # do.
    is_corrupt = str(error).startswith(CORRUPT)
    if is_corrupt or (isinstance(error, OSError) and not _is_readable(folder)):
        return StoreError(DAMAGED)
    return QueryError("the query cannot be evaluated: {reason}", reason=error)


@cache
def _text_index(folder: Path) -> "TextIndex":
    from parvis.store.search.search import TextIndex  # noqa: PLC0415 - numpy, which few queries need

    return TextIndex.of(folder)


def _is_readable(folder: Path) -> bool:
    """Return whether every file of a store can be read to its end."""
    try:
        for path in folder.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    while file.read(PIECE):
                        pass
    except OSError:
        return False
    return folder.is_dir()


def _form_of(
    results: QueryResults, request: WorkerRequest, prefixes: Mapping[str, str]
) -> tuple[bytes, Callable[[BinaryIO], object]]:
    """Return the head of an answer, and what lets the engine evaluate and write it."""
    ending = request.results
    match results:
        case QuerySolutions():
            head = _write_head("bindings", RESULT_TYPES[ending])
            return head, lambda output: results.serialize(output, RESULTS[ending])
        case QueryBoolean():
            # CSV and TSV define no booleans, so JSON stands in for them.
            ending = ending if ending in BOOLEANS else "json"
            head = _write_head("boolean", RESULT_TYPES[ending])
            return head, lambda output: results.serialize(output, RESULTS[ending])
    head, graph_format = _write_head("graph", GRAPH_TYPES[request.graph]), GRAPHS[request.graph]
    return head, lambda output: serialize(results, output, graph_format, prefixes=dict(prefixes))


@cache  # there are not many heads
def _write_head(kind: str, media_type: str) -> bytes:
    return json.dumps({"kind": kind, "media": media_type}).encode()


def _refuse(channel: Channel, error: Refusal) -> None:
    """Answer with an error, in a form that can be translated."""
    report = {"error": error.template, "fields": error.plain, "kind": type(error).__name__}
    channel.send(json.dumps(report).encode())
    channel.end()


def answer_all(channel: Channel, engine: Engine, folder: Path, prefixes: Mapping[str, str]) -> None:
    """Answer requests over a store until the parent ends."""
    while (body := channel.receive()) is not None:
        request = WorkerRequest.from_frame(body)
        end_after((request.seconds or 0) + 1)  # in case the parent does not enforce its limit
        answer(engine, folder, request, prefixes, channel)
        end_after(0)


def main() -> None:
    """Open the store named on the command line, and answer until the parent ends."""
    channel = channel_of(sys.argv[2:])
    opening = json.loads(channel.receive() or b"{}")
    if not opening:
        return
    limit_memory(opening["memory"])
    raise_walls(writable=())
    folder = Path(sys.argv[1])
    try:
        store = Store.read_only(str(folder))
    except (OSError, RuntimeError):
        if channel.receive() is not None:
            _refuse(channel, StoreError(DAMAGED))
        return
    answer_all(channel, EmbeddedEngine(store), folder, opening["prefixes"])


if __name__ == "__main__":
    main()
