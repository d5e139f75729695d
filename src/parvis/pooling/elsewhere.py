"""A pool whose graphs are in another server's store: written there, asked there, proved first."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from parvis.config import Settings
from parvis.errors import NothingPublished, StoreError, UsageError
from parvis.fetch.endpoint import Endpoint
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.pooling.following import Following
from parvis.store.building import Local, Maker
from parvis.store.canary import prove
from parvis.store.change_over import ChangeOver, is_changing
from parvis.store.dataset import Dataset
from parvis.store.generation import Generation, current, kept
from parvis.store.held import Held
from parvis.store.pool import Program, QueryPool
from parvis.store.shipping import Shipping

ONE_KEPT = N_("another store holds one generation: generation {number} is no longer there")
NOT_WRITTEN = N_("“update” and “graphs” of “remote” are missing: a publication is written there")
OTHER_CONTENT = N_(
    "{address} holds another generation than the one that is served: run “parvis publish”"
)
OTHER_PLACE = N_(
    "generation {number} was published to another place than the settings name (“remote”): run"
    " “parvis publish”"
)


@contextmanager
def maker(settings: Settings) -> Iterator[Maker]:
    """Give what makes a generation's stores: here, or in the store that the settings name."""
    remote = settings.remote
    if not remote:
        yield Local()
        return
    if not (remote.update and remote.graphs):
        raise UsageError(NOT_WRITTEN)
    endpoint = Endpoint(remote, remote.secret())
    try:
        yield Shipping(endpoint, settings.base, remote.piece_bytes)
    finally:
        endpoint.close()


def workers(settings: Settings) -> QueryPool:
    """Give the workers that answer queries; each holds one connection where they ask elsewhere."""
    remote = settings.remote
    if not remote:
        return QueryPool(settings.limits)
    opening = {"remote": asdict(remote), "secret": remote.secret()}
    limits = replace(settings.limits, workers=remote.connections)
    return QueryPool(limits, Program("parvis.store.remote_worker", opening, works=False))


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
    endpoint = Endpoint(remote, remote.secret())
    try:
        prove(endpoint, settings.base)
        if Held.read(endpoint, settings.base).digest not in _contents(settings.data, served):
            raise StoreError(OTHER_CONTENT, address=remote.query)
    finally:
        endpoint.close()


def _contents(data: Path, served: Generation) -> set[str]:
    """Give the digests of what the store may hold: what is served, or what it changes to."""
    found = {served.manifest.members.digest}
    under_way = ChangeOver.read(data)
    if under_way.between:
        found.add(kept(data, under_way.new).manifest.members.digest)
    return found


def between(following: Following, data: Path, reader: Reader, now: datetime) -> Dataset | None:
    """Give what a reader may read while the store changes from one generation to the next.

    That is what both allow, for what it holds may be of either. None when it does not change.
    """
    under_way = ChangeOver.read(data) if is_changing(data) else ChangeOver()
    if not (under_way.between and under_way.former):
        return None
    older, newer = following.numbered(under_way.former), following.numbered(under_way.new)
    allowed = newer.repeated(older, reader, now)
    return allowed or Dataset.of(older.facts(reader).graphs)
