"""A pool's graphs in another server's store: written there, and proved before they are asked."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from parvis.config import Settings
from parvis.errors import NothingPublished, StoreError, UsageError
from parvis.fetch.endpoint import Endpoint
from parvis.i18n import N_
from parvis.store.generation.change_over import ChangeOver
from parvis.store.generation.generation import Generation, current, kept
from parvis.store.remote.shipping import Held, Shipping, evaluates_hidden, prove

NOT_WRITTEN = N_("“update” and “graphs” of “remote” are missing: a publication is written there")
OTHER_CONTENT = N_(
    "{address} holds another generation than the one that is served: run “parvis publish”"
)
COMPUTES = N_(
    "{address} computes with what a reader may not read, and its errors tell of it: nothing but"
    " what is open to all may be published there. Set “open_only” under “remote” and publish again"
)
OTHER_PLACE = N_(
    "generation {number} was published to another place than the settings name (“remote”): run"
    " “parvis publish”"
)


@contextmanager
def shipping(settings: Settings) -> Iterator[Shipping]:
    """Give what writes a generation there; raises `UsageError` if no address for that is set."""
    remote = settings.remote
    if not (remote.update and remote.graphs):
        raise UsageError(NOT_WRITTEN)
    with closing(Endpoint(remote, remote.secret())) as endpoint:
        yield Shipping(endpoint, settings.base, remote.piece_bytes, open_only=remote.open_only)


def prove_confinement(settings: Settings) -> None:
    """See to it, before serving begins, that a store elsewhere shows nobody more than is asked.

    Raises `StoreError` if it does, or holds another content than what is served, `FetchError` if
    it does not answer. Where nothing is published there is nothing to be seen.
    """
    try:
        served = current(settings.data)
    except NothingPublished:
        return
    remote = settings.remote
    if served.is_elsewhere != bool(remote):
        raise StoreError(OTHER_PLACE, number=served.number)
    if not remote:
        return
    with closing(Endpoint(remote, remote.secret())) as endpoint:
        prove(endpoint, settings.base)
        if Held.read(endpoint, settings.base).digest not in _contents(settings.data, served):
            raise StoreError(OTHER_CONTENT, address=remote.query)
        graphs = served.manifest.members.sources
        if not remote.open_only and evaluates_hidden(endpoint, settings.base, graphs):
            raise StoreError(COMPUTES, address=remote.query)


def _contents(data: Path, served: Generation) -> set[str]:
    """Give the digests of what the store may hold: what is served, or what it changes to."""
    found = {served.manifest.members.digest}
    under_way = ChangeOver.read(data)
    if under_way.between:
        found.add(kept(data, under_way.new).manifest.members.digest)
    return found
