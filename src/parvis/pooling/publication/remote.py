"""Publish to another server's SPARQL store, and prove it before it is queried."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from parvis.config import Settings
from parvis.errors import NothingPublished, StoreError, UsageError
from parvis.fetch.endpoint import Endpoint
from parvis.i18n import N_
from parvis.store.generation.generation import current, find_generation
from parvis.store.generation.state_files import ChangeOver
from parvis.store.remote.shipping import RemoteContent, RemotePublisher, evaluates_hidden, prove

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
def open_shipping(settings: Settings) -> Iterator[RemotePublisher]:
    """Yield the writer of a remote store; raises `UsageError` if its addresses are not set."""
    remote = settings.remote
    if not (remote.update and remote.graphs):
        raise UsageError(NOT_WRITTEN)
    with closing(Endpoint(remote, remote.secret())) as endpoint:
        yield RemotePublisher(
            endpoint, settings.base, remote.piece_bytes, open_only=remote.open_only
        )


def prove_confinement(settings: Settings) -> None:
    """Prove, before serving begins, that a remote store answers from the queried graphs alone.

    Raises `StoreError` if it does not, or holds another content than the served one, `FetchError`
    if it does not answer.
    """
    try:
        served = current(settings.data)
    except NothingPublished:
        return  # where nothing is published, nothing can leak
    remote = settings.remote
    if served.is_remote != bool(remote):
        raise StoreError(OTHER_PLACE, number=served.number)
    if not remote:
        return
    with closing(Endpoint(remote, remote.secret())) as endpoint:
        prove(endpoint, settings.base)
        digests = {served.manifest.members.digest}
        # A change-over that was interrupted may have written the next generation already.
        change_over = ChangeOver.read(settings.data)
        if change_over.is_between:
            digests.add(find_generation(settings.data, change_over.new).manifest.members.digest)
        if RemoteContent.read(endpoint, settings.base).digest not in digests:
            raise StoreError(OTHER_CONTENT, address=remote.query)
        graphs = served.manifest.members.sources
        if not remote.open_only and evaluates_hidden(endpoint, settings.base, graphs):
            raise StoreError(COMPUTES, address=remote.query)
