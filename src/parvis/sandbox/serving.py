"""The child's end of a `parvis.sandbox.client.ProcessClient`: a loop over requests in JSON.

The first frame holds what applies to all requests; the fields of each later one are added to it. An
answer is any number of ``{"part": …}``, then one object: what the request asked for, or an error
for `parvis.errors.raise_reported`, as ``{"error": CLASS, "template": …, "fields": {…}}`` or, for a
disk that is full, ``{"machine": [ERRNO, TEXT, FILE]}``.
"""

# Query workers (`parvis.store.query.query_process`) have a loop of their own, since they answer
# with pieces of a document in any format, to a `Worker` or a `Lane`, and may end in mid-answer.

import gc
import json
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from parvis.errors import ParvisError, SourceError
from parvis.sandbox.child import Channel, end_after, limit_memory
from parvis.sandbox.walls import raise_walls

GARBAGE = 10_000
"""New objects that trigger a garbage collection."""
Handler = Callable[[dict[str, Any]], dict[str, Any] | None]


def serve(
    handle: Handler,
    channel: Channel | None = None,
    *,
    about: str | None = None,
    walled: bool = True,
) -> None:
    """Answer requests until the parent ends, within the limits that the first frame sets.

    `about` names the field of a request that names a partner's file: an error that nobody foresaw
    is reported as that file's, where otherwise it ends the process. `walled` removes the network
    and programs first.
    """
    channel = channel or Channel()
    if (body := channel.receive()) is None:
        return
    opening = json.loads(body)
    if "memory" in opening:
        limit_memory(opening["memory"])
    if walled:
        raise_walls()
    gc.freeze()  # what is loaded by now lives as long as the process: never look through it again
    gc.set_threshold(GARBAGE)
    try:
        while (body := channel.receive()) is not None:
            # In case the parent does not enforce its limit.
            end_after(opening.get("alarm", 0))
            channel.send(_answer(handle, opening | json.loads(body), about))
            channel.end()
            end_after(0)
    except MemoryError:
        sys.exit(1)  # the parent reports it in words; a traceback would help nobody


def send_part(channel: Channel, part: object) -> None:
    """Send a part of an answer at once."""
    channel.send(json.dumps({"part": part}).encode(), now=True)


def _answer(handle: Handler, request: dict[str, Any], about: str | None) -> bytes:
    """Return an answer or an error; one nobody foresaw is logged in a line, with its place."""
    try:
        return json.dumps(handle(request) or {}).encode()
    except ParvisError as error:
        outcome = error.to_json()
    except OSError as error:
        outcome = {"machine": [error.errno, error.strerror or str(error), error.filename]}
    # A lack of memory alone ends the process, since that is how its parent explains an end.
    except (MemoryError, KeyboardInterrupt, SystemExit):
        raise
    # The outermost frame of the process: a traceback here would reach the log of the site, and its
    # reader would be told of a lack of memory. A panic of a library in Rust is no `Exception`.
    except BaseException as error:
        if about is None:
            raise
        last = traceback.extract_tb(error.__traceback__)[-1]
        kind, place = type(error).__name__, f"{Path(last.filename).name}:{last.lineno}"
        print(f"parvis: {kind} at {place} over a file of a partner", file=sys.stderr)  # noqa: T201
        outcome = SourceError(
            "“{file}” cannot be read: parvis fails over what is in it ({reason}); save it again in"
            " another format, and tell the trusted third party",
            file=Path(request[about]).name,
            reason=kind,
        ).to_json()
    return json.dumps(outcome).encode()
