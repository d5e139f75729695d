"""A query worker for a remote store: ``python -I -m parvis.store.remote.remote_process FOLDER``.

It speaks as `parvis.store.query.query_process` does, and keeps its connection between queries. The
opening frame also holds ``remote``, the settings of that name, and ``secret``; the folder lists
the graphs. Killed at its limit, it closes the connection, so that the store may stop too.
"""

import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path

from pyoxigraph import NamedNode

from parvis.config import RemoteStore
from parvis.errors import FetchError
from parvis.fetch.endpoint import Endpoint
from parvis.sandbox.child import Channel, limit_memory
from parvis.sandbox.walls import raise_walls
from parvis.store.query.confinement import QueryResults
from parvis.store.query.query_process import answer_all
from parvis.store.query.request import QueryDataset, QueryText
from parvis.store.remote.engine import RemoteEngine

_LOG = logging.getLogger(__name__)


class DiscreetEngine(RemoteEngine):
    """Hides the store's address and messages from readers, and logs them instead."""

    def run(
        self,
        query: QueryText,
        *,
        allowed: QueryDataset | None,
        requested: QueryDataset | None = None,
        values: Mapping[str, NamedNode],
    ) -> QueryResults:
        try:
            return super().run(query, allowed=allowed, requested=requested, values=values)
        except FetchError as error:
            _LOG.warning("%s", error)
            raise FetchError("the store behind this site does not answer as it should") from error


def main() -> None:
    """Answer until the parent ends."""
    channel = Channel()
    opening = json.loads(channel.receive() or b"{}")
    if not opening:
        return
    limit_memory(opening["memory"])
    raise_walls(writable=(), network=True)  # it has to reach the other server
    folder = Path(sys.argv[1])
    remote = RemoteStore(**opening["remote"])
    endpoint = Endpoint(remote, opening["secret"])
    engine = DiscreetEngine.of(endpoint, folder, open_only=remote.open_only)
    answer_all(channel, engine, folder, opening["prefixes"])


if __name__ == "__main__":
    main()
