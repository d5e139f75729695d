"""A query worker for a repository: ``python -I -m parvis.store.remote.remote_process FOLDER``.

It speaks as `parvis.store.query.query_process` does, and keeps its connection between queries. The
opening frame also holds ``remote``, the settings of that name; the folder says which repository
holds which graphs. Killed at its limit, it closes the connection, so that the engine may stop too.
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
from parvis.store.remote.part import RemotePart
from parvis.store.remote.repository import STRANGE

_LOG = logging.getLogger(__name__)


class DiscreetEngine(RemoteEngine):
    """Hides the engine's address and messages from readers, and logs them instead."""

    def run(
        self,
        query: QueryText,
        *,
        allowed: QueryDataset | None,
        requested: QueryDataset | None = None,
        values: Mapping[str, NamedNode],
        seconds: float = 0,
    ) -> QueryResults:
        try:
            return super().run(
                query, allowed=allowed, requested=requested, values=values, seconds=seconds
            )
        except FetchError as error:
            _LOG.warning("%s", error)
            raise FetchError(STRANGE) from error


def open_engine(
    settings: RemoteStore, folder: Path, kind: type[RemoteEngine] = RemoteEngine
) -> RemoteEngine:
    """Return the engine of a part's folder. Raises `StoreError`."""
    part = RemotePart.read(folder)
    endpoint = Endpoint(settings, part.repository, secret=settings.secret())
    return kind(endpoint, sorted(part.graphs))


def main() -> None:
    """Answer until the parent ends."""
    channel = Channel()
    opening = json.loads(channel.receive() or b"{}")
    if not opening:
        return
    limit_memory(opening["memory"])
    raise_walls(writable=(), network=True)  # it has to reach the engine
    folder = Path(sys.argv[1])
    remote = opening["remote"]
    settings = RemoteStore(**remote | {name: tuple(remote[name]) for name in ("open", "members")})
    engine = open_engine(settings, folder, DiscreetEngine)
    answer_all(channel, engine, folder, opening["prefixes"])


if __name__ == "__main__":
    main()
