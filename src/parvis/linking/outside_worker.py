"""A reader of others' entities: ``python -I -m parvis.linking.outside_worker``, in frames.

The one question is ``{"file", "kind", "memory"}``. The answer is frames of lists of entities, then
``{"read": …, "kindless": …}`` or, for a file that cannot be read, ``{"error": KIND, "template": …,
"fields": …}``.
"""

import json
import sys
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from parvis.linking.outside import Reading
from parvis.sandbox.child import Channel, encode_outcome, limit_memory
from parvis.sandbox.walls import raise_walls

TOGETHER = 500
"""Entities of one frame."""


def answer(asked: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """Send what is in a file."""
    reading = Reading(Path(asked["file"]), asked["kind"])
    entities = reading.entities()
    while some := list(islice(entities, TOGETHER)):
        channel.send(json.dumps(some).encode(), now=True)
    return {"read": reading.read, "kindless": reading.kindless}


def main() -> None:
    """Read the file that is asked for."""
    channel = Channel()
    asked = json.loads(channel.receive() or b"{}")
    if not asked:
        return
    limit_memory(asked["memory"])
    raise_walls()
    try:
        channel.send(encode_outcome(Path(asked["file"]), partial(answer, asked, channel)))
        channel.end()
    except MemoryError:
        sys.exit(1)  # the parent says so in words; a traceback would tell nobody anything


if __name__ == "__main__":
    main()
