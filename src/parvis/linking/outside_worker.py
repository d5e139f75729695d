"""Worker that reads another authority's file: ``python -I -m parvis.linking.outside_worker``.

The request is ``{"file", "kind", "memory"}``. The answer is frames of lists of entities, then
``{"read": …, "kindless": …}`` or, for a file that cannot be read, ``{"error": KIND, "template": …,
"fields": …}``.
"""

import json
import sys
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from parvis.linking.outside import EntityFile
from parvis.sandbox.child import Channel, encode_outcome, limit_memory
from parvis.sandbox.walls import raise_walls

BATCH_SIZE = 500
"""Entities of one frame."""


def answer(request: dict[str, Any], channel: Channel) -> dict[str, Any]:
    reading = EntityFile(Path(request["file"]), request["kind"])
    entities = reading.entities()
    while batch := list(islice(entities, BATCH_SIZE)):
        channel.send(json.dumps(batch).encode(), now=True)
    return {"read": reading.read, "kindless": reading.kindless}


def main() -> None:
    channel = Channel()
    request = json.loads(channel.receive() or b"{}")
    if not request:
        return
    limit_memory(request["memory"])
    raise_walls()
    try:
        channel.send(encode_outcome(Path(request["file"]), partial(answer, request, channel)))
        channel.end()
    except MemoryError:
        sys.exit(1)  # the parent reports it in words; a traceback would help nobody


if __name__ == "__main__":
    main()
