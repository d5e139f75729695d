"""Delete datasets for good, and prove it: what expiry and withdrawal have in common.

What is to be deleted is written ahead in the ledger; each step may be done again, so that whoever
comes next finishes what was cut short:

1. the graphs leave the record, and their tombstones enter it, in one step;
2. the files that came for them go, what was known of where they came from, and their links;
3. a generation without them, built from nothing, is served, and every other one goes;
4. every file of the data folder, and every store, is searched for what only they held;
5. their own files of the record go, the last, since they told what to look for;
6. the proof enters the ledger's chain, and the intent leaves it, in one transaction.
"""

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rdflib import URIRef
from rdflib.namespace import DCTERMS, PROV

from parvis.catalog import Dataset, Tombstone
from parvis.config import Settings, knowledge
from parvis.governance import Due
from parvis.ledger import Act, Backups, Deletions, Event, Intent, Judgements, Link
from parvis.pooling.intake.deliveries import Deliveries
from parvis.pooling.intake.deposit_files import forget_deposits
from parvis.pooling.intake.sources import Remembered
from parvis.pooling.linking.candidates import forget
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publics.contributions import cease
from parvis.pooling.publics.history import forget_made_of
from parvis.pooling.versions import TOLD, received
from parvis.store.files import settle, writing
from parvis.store.generation.erasure import Search, Traces, pieces_of, reader_of, search
from parvis.store.generation.generation import forget_former, kept_digests, numbers
from parvis.store.record.content import lines_of
from parvis.store.record.record import Record, Version
from parvis.vocab.iris import DatasetKey

# What was derived from a dataset that is deleted: it is declared stale until it is made anew.
#
# A dataset's record says what it was derived from (`prov:wasDerivedFrom`, or `dct:source`).

STALE = "stale"
"""What the record says of such a version: since when. A new content does not say it."""


def declare_stale(pool: Pool, gone: Collection[DatasetKey]) -> list[str]:
    """Mark the content of every dataset derived from one that is gone; gives their keys.

    What is derived from a derived one is stale too.
    """
    found: set[DatasetKey] = set()
    sources = {pool.iris.dataset(key) for key in gone}
    while new := {
        one.key
        for one in pool.catalog.datasets.values()
        if one.key not in found and one.key not in gone and sources & _sources(one)
    }:
        found |= new
        sources |= {pool.iris.dataset(key) for key in new}
    held = pool.record.versions()
    for key in sorted(found):
        version = held.get(pool.iris.graph(key))
        if version is not None and STALE not in version.about:
            pool.record.mark(pool.iris.graph(key), {STALE: datetime.now(UTC).isoformat()})
    return [str(key) for key in sorted(found)]


def _sources(dataset: Dataset) -> set[str]:
    """Give the IRIs of what a dataset was derived from."""
    this = URIRef(dataset.iri)
    steps = (PROV.wasDerivedFrom, DCTERMS.source)
    return {str(one) for step in steps for one in dataset.described.objects(this, step)}


@dataclass(frozen=True)
class Cause:
    """Why a dataset goes: its tombstone, and the obligation that is due, if that is why."""

    tombstone: Tombstone
    due: Due | None = None

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data: ``expired`` or ``withdrawn``, since when, by which agreement."""
        return {
            "cause": "expired" if self.due else "withdrawn",
            "agreement": self.due and self.due.rule.agreement,
            "due": self.due and self.due.since.isoformat(),
            "tombstone": self.tombstone.to_json(),
        }


@dataclass(frozen=True)
class Erased:
    """What was deleted, as the ledger tells it, and the generation that is served without it."""

    links: list[Link]
    generation: int | None


def erase(pool: Pool, causes: Iterable[Cause], ahead: timedelta = timedelta()) -> Erased:
    """Delete datasets for good; what an earlier command began is finished with them.

    The clock is `ahead` of the instants that proofs tell, where somebody has said that it is wrong.
    """
    data, deletions = pool.settings.data, Deletions(pool.settings.data)
    with writing(data):
        begun = deletions.pending()
        intents = {pool.iris.graph(one.tombstone.key): _intent(pool, one, ahead) for one in causes}
        deletions.begin({graph: told for graph, told in intents.items() if graph not in begun})
        return finish(pool, ahead=ahead)


def finish(
    pool: Pool, leftovers: Iterable[DatasetKey] = (), ahead: timedelta = timedelta()
) -> Erased:
    """Finish what has begun; of `leftovers`, which are withdrawn already, what still lies about."""
    data, deletions = pool.settings.data, Deletions(pool.settings.data)
    with writing(data):
        pending = deletions.pending()
        stones = {graph: _tombstone(told) for graph, told in pending.items()}
        present = pool.record.versions().keys() & stones.keys()
        if present:
            pool.record.withdraw({graph: stones[graph].to_json() for graph in present}, TOLD)
        keys = {*(one.key for one in stones.values()), *leftovers}
        cease(pool, sorted(keys))
        for key in sorted(keys):
            forget_files(data, key)
        _forget_links(pool, keys)
        forget_made_of(data, [pool.iris.graph(key) for key in keys])
        forget_deposits(data, {key: pool.iris.dataset(key) for key in keys})
        stale = declare_stale(pool, keys)
        served = bool(keys) and bool(numbers(data))
        generation = publish(pool, anew=True)["generation"] if served else None
        if pending and served:
            forget_former(data)
        return Erased(list(_proved(pool, pending, stale, ahead)), generation)


def _forget_links(pool: Pool, keys: Collection[DatasetKey]) -> None:
    """Delete what was judged of the things of datasets, and what was suggested of any."""
    if keys:
        Judgements(pool.settings.data).forget(map(pool.iris.graph, keys))
        forget(pool.settings.data)


def forget_files(data: Path, key: DatasetKey) -> None:
    """Delete the files that came for a dataset, and what is known of where they came from."""
    Remembered(data).forget(key)
    Deliveries(data).forget(str(key))
    folder = data / "incoming" / key.partner / key.dataset
    if folder.is_dir():
        shutil.rmtree(folder)
        settle(folder.parent)


def beside(pool: Pool, key: DatasetKey) -> list[Path]:
    """List the files of data that stand beside a dataset's record: the steward's to remove."""
    dataset = pool.catalog.datasets.get(key)
    return [] if dataset is None else [file for file in dataset.sources if file.is_file()]


def _intent(pool: Pool, cause: Cause, ahead: timedelta) -> Intent:
    """Write down, while the content is there, what the proof will say of it."""
    graph = pool.iris.graph(cause.tombstone.key)
    version, since = pool.record.versions()[graph], received(pool, graph)
    former = pool.record.former().get(graph, [])
    held = {one.digest for one in (version, *former) if pool.record.path(one).is_file()}
    return cause.to_json() | {
        "dataset": str(cause.tombstone.key),
        "iri": cause.tombstone.iri,
        "received": since and since.isoformat(),
        "begun": _now(ahead).isoformat(),
        "triples": version.triples,
        "sha256": pool.record.quads_digest(graph, version),
        "digests": sorted(held),
    }


def _proved(
    pool: Pool, pending: Mapping[str, Intent], stale: list[str], ahead: timedelta
) -> Iterator[Link]:
    """Search once for all that has not been searched for, delete the last files, write proofs."""
    data, deletions = pool.settings.data, Deletions(pool.settings.data)
    pending = dict(pending)
    if new := [graph for graph, told in pending.items() if "search" not in told]:
        found = _searched(pool, [pending[graph] for graph in new], new).to_json()
        pending |= {graph: pending[graph] | {"search": found, "stale": stale} for graph in new}
        deletions.begin({graph: pending[graph] for graph in new})
    pool.record.prune(kept_digests(data))
    settle(data / "graphs")
    for graph, told in pending.items():
        now = _now(ahead)
        yield deletions.done(graph, _entry(pool, graph, told, now), _event(told, now))


def _searched(pool: Pool, intents: list[Intent], graphs: list[str]) -> Search:
    """Search the data folder for what only some graphs held."""
    files = [_file(pool, digest) for told in intents for digest in told["digests"]]
    there = [file for file in dict.fromkeys(files) if file.is_file()]
    traces = Traces(line for file in there for line in lines_of(file))
    for pieces in _others(pool, graphs):
        traces.spare(pieces)
    return search(pool.settings.data, frozenset(graphs), traces, set(there))


def _others(pool: Pool, gone: list[str]) -> Iterator[Iterator[bytes]]:
    """Give what the pool says itself, and what others gave: it may say the same and stays."""
    data, catalog = pool.settings.data, pool.catalog
    names = [*gone, *(pool.iris.dataset(pool.iris.key(graph)) for graph in gone)]
    yield iter([" ".join(names).encode()])
    for graph in (catalog.law, pool.ontology):
        yield iter(["\n".join(map(str, graph.all_nodes())).encode()])
    theirs = {file for graph in gone for file in beside(pool, pool.iris.key(graph))}
    for folder in (catalog.folder, knowledge("ontology"), data / "incoming"):
        for path in sorted(set(folder.rglob("*")) - theirs):
            if path.is_file():
                yield pieces_of(path)
    yield pieces_of(data / "state.json")
    for version in pool.record.versions().values():
        yield reader_of(lines_of(pool.record.path(version)))


def _file(pool: Pool, digest: str) -> Path:
    """Tell where the record's file of a digest is."""
    return pool.record.path(Version(digest, 0, 0, datetime.now(UTC)))


def _entry(pool: Pool, graph: str, told: Intent, now: datetime) -> dict[str, Any]:
    """Give what the chain keeps of a deletion; where backups are is not for it to tell."""
    apart = {"digests", "tombstone"}
    stone = _tombstone(told)
    return {name: value for name, value in told.items() if name not in apart} | {
        "graph": graph,
        "title": stone.title,
        "reason": stone.reason,
        "public": stone.public,
        "done": now.isoformat(),
        "backups": len(Backups(pool.settings.data).holding(graph)),
        "backup_days": pool.settings.backup_days,
    }


def _event(told: Intent, now: datetime) -> Event:
    """Give what the trail keeps of it."""
    facts = (("cause", told["cause"]), ("triples", told["triples"]), ("sha256", told["sha256"]))
    datasets = ((told["iri"], told["agreement"]),)
    return Event(Act.DELETE, now, datasets=datasets, facts=facts)


def _tombstone(told: Intent) -> Tombstone:
    return Tombstone.from_json(told["tombstone"])


def _now(ahead: timedelta) -> datetime:
    return datetime.now(UTC) - ahead


# The deletions of the ledger, done again in what a backup would bring back.


def delete_again(settings: Settings, copy: Path) -> list[str]:
    """Take out of a copied data folder what was deleted since; gives the keys of the datasets.

    A content that was given after its deletion stays. The copy is not in its place yet, so that
    nothing deleted is ever in the pool again.
    """
    record, done = Record(copy), _last(settings)
    held = record.versions()
    again = {
        graph: link
        for graph, link in done.items()
        if graph in held and held[graph].submitted <= datetime.fromisoformat(link.entry["done"])
    }
    if again:
        record.withdraw({graph: _read_tombstone(link).to_json() for graph, link in again.items()})
        record.prune()
        Judgements(copy).forget(again)
        forget(copy)
    for link in again.values():
        key = _read_tombstone(link).key
        Remembered(copy).forget(key)
        Deliveries(copy).forget(str(key))
        shutil.rmtree(copy / "incoming" / str(key), ignore_errors=True)
    return sorted(link.entry["dataset"] for link in again.values())


def _last(settings: Settings) -> dict[str, Link]:
    """Give the last deletion of each graph."""
    return {link.entry["graph"]: link for link in Deletions(settings.data).all()}


def _read_tombstone(link: Link) -> Tombstone:
    """Say again what was said of a dataset when it was deleted."""
    told = link.entry
    return Tombstone(
        key=DatasetKey.parse(told["dataset"]),
        iri=told["iri"],
        title=told["title"],
        withdrawn=datetime.fromisoformat(told["done"]),
        reason=told["reason"],
        public=told["public"],
    )
