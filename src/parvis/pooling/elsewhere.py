"""Where a pool's graphs are: in stores of its own, or in another server's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from parvis.config import Settings
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.pooling.following import Following
from parvis.store.building import Local, Maker
from parvis.store.change_over import ChangeOver, is_changing
from parvis.store.dataset import Dataset
from parvis.store.pool import Program, QueryPool

ONE_KEPT = N_("another store holds one generation: generation {number} is no longer there")


@contextmanager
def maker(settings: Settings) -> Iterator[Maker]:
    """Give what makes a generation's stores: here, or in the store that the settings name."""
    if not settings.remote:
        yield Local()
        return
    from parvis.pooling.remote_store import shipping  # noqa: PLC0415 - HTTP, which few pools need

    with shipping(settings) as elsewhere:
        yield elsewhere


def workers(settings: Settings) -> QueryPool:
    """Give the workers that answer queries; each holds one connection where they ask elsewhere."""
    remote = settings.remote
    if not remote:
        return QueryPool(settings.limits)
    opening = {"remote": asdict(remote), "secret": remote.secret()}
    limits = replace(settings.limits, workers=remote.connections)
    return QueryPool(limits, Program("parvis.store.remote_worker", opening, works=False))


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
