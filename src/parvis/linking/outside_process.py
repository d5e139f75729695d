"""Reads another authority's file: ``python -I -m parvis.linking.outside_process``.

The request is ``{"file": …, "kind": …}``. The parts of the answer are lists of entities, its end is
``{"read": …, "kindless": …}``.
"""

from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from parvis.linking.outside import EntityFile
from parvis.sandbox.child import Channel
from parvis.sandbox.serving import send_part, serve

BATCH_SIZE = 500
"""Entities of one frame."""


def read_entities(request: dict[str, Any], channel: Channel) -> dict[str, Any]:
    reading = EntityFile(Path(request["file"]), request["kind"])
    entities = reading.entities()
    while batch := list(islice(entities, BATCH_SIZE)):
        send_part(channel, batch)
    return {"read": reading.read, "kindless": reading.kindless}


def main() -> None:
    channel = Channel()
    serve(partial(read_entities, channel=channel), channel, about="file")


if __name__ == "__main__":
    main()
