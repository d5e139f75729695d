"""A query worker that asks another store: ``python -I -m parvis.store.remote.worker FOLDER``.

It speaks as `parvis.store.query.worker` does, and keeps its connection from one query to the next.
The opening frame holds also ``remote``, the settings of that name, and ``secret``; the folder lists
the graphs. Killed at its limit, it takes the connection with it, by which the store may know.
"""

import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path

from pyoxigraph import NamedNode

from parvis.config import Remote
from parvis.errors import FetchError
from parvis.fetch.endpoint import Endpoint
from parvis.sandbox.child import Channel, limit_memory
from parvis.sandbox.walls import raise_walls
from parvis.store.query.confinement import Found
from parvis.store.query.request import Dataset
from parvis.store.query.text import QueryText
from parvis.store.query.worker import answer_all
from parvis.store.remote.engine import RemoteEngine

_LOG = logging.getLogger(__name__)


class Discreet(RemoteEngine):
    """Tells no reader where the store is, nor what it says of itself: the log is told."""

    def run(
        self,
        query: QueryText,
        *,
        allowed: Dataset | None,
        asked: Dataset | None = None,
        values: Mapping[str, NamedNode],
    ) -> Found:
        """Begin to evaluate a query over there."""
        try:
            return super().run(query, allowed=allowed, asked=asked, values=values)
        except FetchError as error:
            _LOG.warning("%s", error)
            raise FetchError("the store behind this site does not answer as it should") from error


def main() -> None:
    """Answer until the parent goes."""
    channel = Channel()
    opening = json.loads(channel.receive() or b"{}")
    if not opening:
        return
    limit_memory(opening["memory"])
    raise_walls(writable=(), network=True)
    folder = Path(sys.argv[1])
    remote = Remote(**opening["remote"])
    endpoint = Endpoint(remote, opening["secret"])
    engine = Discreet.of(endpoint, folder, open_only=remote.open_only)
    answer_all(channel, engine, folder, opening["prefixes"])


if __name__ == "__main__":
    main()
