"""The stored generations: list, check, and return to one without opening anything closed."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from parvis.config import Settings, clock
from parvis.errors import (
    ClosedGraph,
    FetchError,
    NothingPublished,
    ParvisError,
    StoreError,
    UsageError,
)
from parvis.governance import (
    ANONYMOUS,
    Policies,
    Reader,
    all_contributions,
    filter_discoverable,
    filter_readable,
)
from parvis.governance.policies import PURPOSE
from parvis.i18n import N_, both
from parvis.ledger import FILE, SHELL, Act, Author, Database
from parvis.ledger import verify_chains as chains
from parvis.pooling.agreements import loaded_graphs, with_agreements
from parvis.pooling.audit import record_act
from parvis.pooling.pool import Pool
from parvis.pooling.serving.snapshot import Snapshot
from parvis.store.files import writing
from parvis.store.generation import generation as store
from parvis.store.generation.generation import Generation
from parvis.store.generation.pointer import pointer
from parvis.store.record.graph_record import GraphRecord
from parvis.store.remote.part import is_held

REOPENED = N_("generation {number} would open {graph} again, which is closed to {reader} today")
REOPENED_TO_ALL = N_("generation {number} would open {graph} again, which is closed to all today")
OVERWRITTEN = N_("the engine no longer holds generation {number}: publish again")
NONE_SOUND = N_(
    "generation {number} is damaged ({reason}), and no other that is kept can be served: run"
    " “parvis publish --anew”"
)


def generations(settings: Settings) -> list[dict[str, Any]]:
    """List the stored generations, the oldest first.

    `graphs` has the quads of each graph that somebody may read, by its name. `damaged` explains in
    both languages why a manifest cannot be read; the others are listed all the same.
    """
    served = pointer(settings.data)
    listing: list[dict[str, Any]] = []
    for number in store.numbers(settings.data):
        try:
            generation = store.find_generation(settings.data, number)
            graphs = dict(generation.manifest.members.graphs)
            count = sum("/graph/" in graph and "/graph/parvis/" not in graph for graph in graphs)
            entry = generation.to_json() | {"graphs": graphs, "datasets": count, "damaged": None}
        except StoreError as error:
            entry = {"generation": number, "damaged": both(error.template, **error.fields)}
        listing.append(entry | {"current": number == served})
    return listing


def rollback(pool: Pool, number: int, author: Author = SHELL) -> None:
    """Serve an earlier generation again.

    Raises `UnknownThing`, `StoreError` for a damaged one, `ClosedGraph` for one under which
    somebody could read or discover a graph that is closed to them today, and `UsageError` for one
    that an engine no longer holds.
    """
    with writing(pool.settings.data):
        target = store.find_generation(pool.settings.data, number)
        if any(
            not is_held(pool.settings.data, part.folder) for part in target.remote_parts().values()
        ):
            raise UsageError(OVERWRITTEN, number=number)
        refuse_reopening(pool, target)
        generation = store.rollback(pool.settings.data, number)
        at = clock.machine_time()
        record_act(pool.settings.data, Act.ROLLBACK, at, generation.audit_fields(), author=author)


def verify(settings: Settings) -> dict[str, Any]:
    """Check the record, the ledger and every stored generation, file by file.

    `loaded` states to whom each loaded graph is open; `ledger` is the version of the ledger's
    schema, None when there is none; `chains` has the head of each of its chains, `engines` how the
    content of each engine differs from what was published, `warnings` what engines do that they
    should not, in each language. Raises `StoreError`, which names the first file that differs, or
    the first broken link.
    """
    served, record = store.current(settings.data), GraphRecord(settings.data)
    ledger = Database(settings.data / FILE)
    stored = store.generations(settings.data)
    for generation in stored:
        store.verify(generation)
    return {
        "generation": served.number,
        "generations": len(stored),
        "files": sum(len(generation.manifest.files) for generation in stored),
        "graphs": record.verify(),
        "loaded": {
            graph: version.about["access"] for graph, version in loaded_graphs(record).items()
        },
        "engines": _check_engines(settings),
        "warnings": [both(error.template, **error.fields) for error in observe_engines(settings)],
        "ledger": ledger.check(),
        "chains": {name: asdict(head) for name, head in chains(ledger).items()},
    }


def _check_engines(settings: Settings) -> list[dict[str, Any]]:
    if not settings.remote:
        return []
    from parvis.pooling.publication.remote import check_engines  # noqa: PLC0415 - HTTP, which few pools need

    return [asdict(check) for check in check_engines(settings, digests=True)]


def observe_engines(settings: Settings) -> list[ParvisError]:
    """Return what engines do that they should not, with the settings to change.

    What was published stays published, so an engine that is away is one of them.
    """
    if not settings.remote:
        return []
    from parvis.pooling.publication.remote import check_engine_settings, prove_engines  # noqa: PLC0415 - HTTP, which few pools need

    errors = list[ParvisError]()
    try:
        errors += check_engine_settings(settings)
        prove_engines(settings)
    except (StoreError, FetchError) as error:
        errors.append(error)
    return errors


def stamp_releases(pool: Pool) -> list[ParvisError]:
    """Ask for the timestamps that served releases lack, if a server is set.

    Return what was in the way: what was published stays published.
    """
    if not pool.settings.timestamp_server:
        return []
    from parvis.pooling.serving.figures.released.stamping import stamp_served  # noqa: PLC0415 - HTTP, which few pools need

    return stamp_served(pool)


def ensure_sound_generation(settings: Settings) -> tuple[int, int] | None:
    """Ensure that a sound generation is served, before the server starts.

    When the served generation is damaged, the latest sound one that opens nothing closed replaces
    it: return the two numbers. Raises `StoreError` when there is none.
    """
    served = pointer(settings.data)
    # The quick check is enough here: it does not read whole files.
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
    """Return to the latest generation that can be served, and return its number.

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
    now = store.not_before(pool.settings.data, clock.now())
    published = Snapshot.read(generation, pool.iris)
    today = with_agreements(pool)
    for reader in _all_readers(published.policies, today.catalog.policies):
        open_ones = _readable_today(today, reader, now)
        open_ones |= {
            name for name, behind in published.link_sources.items() if behind <= open_ones
        }
        opened = published.graphs(reader, now) - open_ones
        told_of = {pool.iris.graph(card.key) for card in published.discoverable_cards(reader, now)}
        graphs = {dataset.iri: dataset.graph for dataset in today.catalog.datasets.values()}
        iris_known = filter_discoverable(today.catalog.policies, reader, graphs, now)
        for graph in sorted(opened | (told_of - {graphs[iri] for iri in iris_known})):
            text = REOPENED_TO_ALL if reader.iri is None else REOPENED
            raise ClosedGraph(text, number=generation.number, graph=graph, reader=reader.iri)


def _all_readers(*laws: Policies) -> list[Reader]:
    # Each party counts as contributing nothing, and as contributing all that is required.
    parties = {iri for law in laws for iri in law.parties.by_iri}
    rules = (rule for law in laws for rule in law.rules)
    constraints = (constraint for rule in rules for constraint in rule.constraints)
    purposes = frozenset(
        str(constraint.right) for constraint in constraints if constraint.left == PURPOSE
    )
    contributions = {
        stratum: until for law in laws for stratum, until in all_contributions(law).items()
    }
    alternatives = [{}, contributions] if contributions else [{}]
    readers = [ANONYMOUS]
    for iri in sorted(parties):
        readers += [Reader(iri, purposes, contributes=strata) for strata in alternatives]
    return readers


def _readable_today(pool: Pool, reader: Reader, now: datetime) -> set[str]:
    # Figures are open with the data that they are about.
    policies, iris, record = pool.catalog.policies, pool.iris, pool.record.versions()
    graphs = {d.iri: d.graph for d in pool.catalog.datasets.values() if d.graph in record}
    graphs |= {name: name for name in loaded_graphs(pool.record)}
    return {
        iris.ontology_graph,
        iris.queries_graph,
        iris.catalog_graph,
        iris.statistics_graph,
        *map(iris.record_graph, pool.catalog.datasets),
        *map(iris.statistics_of, pool.catalog.datasets),
        *(graphs[target] for target in filter_readable(policies, reader, graphs, now)),
    }
