"""The generations that are kept: list, check, go back to one, never opening what is closed."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from parvis.config import Settings
from parvis.errors import ClosedGraph, NothingPublished, ParvisError, StoreError, UsageError
from parvis.governance import ANONYMOUS, Policies, Reader, all_gifts, discoverable, readable
from parvis.governance.policies import PURPOSE
from parvis.i18n import N_, both
from parvis.ledger import FILE, Act, Database
from parvis.ledger import verify as chains
from parvis.pooling.agreements import in_force, loaded
from parvis.pooling.audit import recorded
from parvis.pooling.pool import Pool
from parvis.pooling.serving.snapshot import Published
from parvis.store.files import writing
from parvis.store.generation import generation as store
from parvis.store.generation.generation import Generation
from parvis.store.record.record import Record

REOPENED = N_("generation {number} would open {graph} again, which is closed to {reader} today")
REOPENED_TO_ALL = N_("generation {number} would open {graph} again, which is closed to all today")
LATEST_ONLY = N_("a store elsewhere (“remote”) holds the latest generation only: publish again")
NONE_SOUND = N_(
    "generation {number} is damaged ({reason}), and no other that is kept can be served: run"
    " “parvis publish --anew”"
)


def generations(settings: Settings) -> list[dict[str, Any]]:
    """List the generations that are kept, the oldest first.

    `graphs` has the quads of each graph that somebody may read, by its name. `damaged` says in both
    languages why a manifest cannot be read; the others are listed all the same.
    """
    served = store.pointer(settings.data)
    return [
        _listed(settings, number) | {"current": number == served}
        for number in store.numbers(settings.data)
    ]


def _listed(settings: Settings, number: int) -> dict[str, Any]:
    """Tell one of the generations that are kept, or how it is damaged."""
    try:
        found = store.kept(settings.data, number)
        return found.to_json() | {"graphs": dict(found.manifest.members.graphs), "damaged": None}
    except StoreError as error:
        return {"generation": number, "damaged": both(error.template, **error.fields)}


def rollback(pool: Pool, number: int) -> None:
    """Serve an earlier generation again.

    Raises `UnknownThing`, `StoreError` for one that is damaged, and `ClosedGraph` for one under
    which somebody could read, or know of, a graph that is closed to them today. A store elsewhere
    holds the latest only: raises `UsageError`.
    """
    if pool.settings.remote:
        raise UsageError(LATEST_ONLY)
    with writing(pool.settings.data):
        refuse_reopening(pool, store.kept(pool.settings.data, number))
        found = store.rollback(pool.settings.data, number)
        recorded(pool.settings.data, Act.ROLLBACK, datetime.now(UTC), found.audit_fields())


def verify(settings: Settings) -> dict[str, Any]:
    """Check the record, the ledger and every generation that is kept, file by file.

    `loaded` tells to whom each graph that was loaded as it was is open; `ledger` is the version of
    the ledger's form, None when there is none; `chains` tells where each of its chains ends.
    Raises `StoreError`, which names the first file that differs, or the first broken link.
    """
    served, record = store.current(settings.data), Record(settings.data)
    ledger = Database(settings.data / FILE)
    kept = store.generations(settings.data)
    for one in kept:
        store.verify(one)
    return {
        "generation": served.number,
        "generations": len(kept),
        "files": sum(len(one.manifest.files) for one in kept),
        "graphs": record.verify(),
        "loaded": {graph: version.about["access"] for graph, version in loaded(record).items()},
        "ledger": ledger.check(),
        "chains": {name: asdict(head) for name, head in chains(ledger).items()},
    }


def settle(settings: Settings) -> tuple[int, int] | None:
    """See to it that a sound generation is served, before serving begins.

    The check is the quick one. When the generation that is served is damaged, the latest sound
    one that opens nothing closed takes its place: gives the two numbers. Raises `StoreError` when
    there is none.
    """
    served = store.pointer(settings.data)
    try:
        store.verify(store.current(settings.data), wholly=False)
    except NothingPublished:
        if not store.numbers(settings.data):
            return None
        return served, fall_back(settings, served, "")
    except StoreError as error:
        return served, fall_back(settings, served, str(error))
    return None


def fall_back(settings: Settings, served: int, reason: str) -> int:
    """Go back to the latest generation that can be served; gives its number.

    Raises `StoreError` when there is none.
    """
    pool = Pool.open(settings)
    for number in sorted(set(store.numbers(settings.data)) - {served}, reverse=True):
        try:
            rollback(pool, number)
        except ParvisError as error:
            reason = reason or str(error)
        else:
            return number
    raise StoreError(NONE_SOUND, number=served, reason=reason)


def refuse_reopening(pool: Pool, generation: Generation) -> None:
    """Refuse a generation that would open a graph that is closed today; raises `ClosedGraph`."""
    now = store.not_before(pool.settings.data, datetime.now(UTC))
    published = Published.read(generation, pool.iris)
    today = in_force(pool)
    for reader in _readers(published.policies, today.catalog.policies):
        open_ones = _open_today(today, reader, now)
        open_ones |= {name for name, behind in published.linked.items() if behind <= open_ones}
        opened = published.graphs(reader, now) - open_ones
        told_of = {pool.iris.graph(card.key) for card in published.known(reader, now)}
        for graph in sorted(opened | (told_of - _known_today(today, reader, now))):
            text = REOPENED_TO_ALL if reader.iri is None else REOPENED
            raise ClosedGraph(text, number=generation.number, graph=graph, reader=reader.iri)


def _readers(*laws: Policies) -> list[Reader]:
    """Give everyone who may read something: anonymous, and each party for each purpose.

    Each counts as giving nothing, and as giving all that is asked for in return.
    """
    parties = {iri for law in laws for iri in law.parties.known}
    rules = (rule for law in laws for rule in law.rules)
    constraints = (one for rule in rules for one in rule.constraints)
    purposes = frozenset(str(one.right) for one in constraints if one.left == PURPOSE)
    gifts = {stratum: until for law in laws for stratum, until in all_gifts(law).items()}
    given = [{}, gifts] if gifts else [{}]
    return [
        ANONYMOUS,
        *(Reader(iri, purposes, contributes=g) for iri in sorted(parties) for g in given),
    ]


def _open_today(pool: Pool, reader: Reader, now: datetime) -> set[str]:
    """Give the graphs that a reader may read today; figures go with the data they are of."""
    policies, iris, record = pool.catalog.policies, pool.iris, pool.record.versions()
    held = {d.iri: d.graph for d in pool.catalog.datasets.values() if d.graph in record}
    held |= {graph: graph for graph in loaded(pool.record)}
    return {
        iris.ontology_graph,
        iris.queries_graph,
        iris.catalog_graph,
        iris.statistics_graph,
        *map(iris.record_graph, pool.catalog.datasets),
        *map(iris.statistics_of, pool.catalog.datasets),
        *(held[target] for target in readable(policies, reader, held, now)),
    }


def _known_today(pool: Pool, reader: Reader, now: datetime) -> set[str]:
    """Give the graphs of the datasets that a reader may know of today."""
    graphs = {one.iri: one.graph for one in pool.catalog.datasets.values()}
    known = discoverable(pool.catalog.policies, reader, graphs, now)
    return {graphs[iri] for iri in known}
