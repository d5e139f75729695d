"""Delete datasets for good, and prove it: the common part of expiry and withdrawal.

The intent is written ahead in the ledger. Each step can be repeated, so that the next command
finishes an interrupted deletion:

1. the graphs leave the record, and their tombstones enter it, in one step;
2. their received files, the record of their sources, and their links are deleted;
3. a generation without them, built from scratch, is served, and every other one is deleted;
4. every file of the data folder, and every store, is searched for texts that only they had;
5. their files in the record are deleted last, since the search needs them;
6. the proof enters the ledger's chain, and the intent leaves it, in one transaction.
"""

import json
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

from rdflib import URIRef
from rdflib.namespace import DCTERMS, PROV

from parvis.catalog.certificate import Certificate
from parvis.catalog.ontology import ontology
from parvis.catalog.versions import Tombstone
from parvis.config import Settings, clock, knowledge
from parvis.config.json_data import from_json, to_json
from parvis.errors import UnknownThing
from parvis.governance import DueDeletion
from parvis.i18n import LANGUAGES, N_
from parvis.ledger import (
    SHELL,
    Act,
    Author,
    Backups,
    BoxOffice,
    ChainLink,
    Deletions,
    Event,
    Intent,
    Judgements,
    SavedQueries,
    ShortLinks,
)
from parvis.ledger.queries.release_questions import ReleaseQuestions
from parvis.pooling import report_forms
from parvis.pooling.intake.deposits import forget_deposits
from parvis.pooling.intake.drafts.store import forget_drafts
from parvis.pooling.intake.sources import Deliveries, SourceValidators
from parvis.pooling.linking.candidates import forget
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publics.contributions import end_contributions
from parvis.pooling.publics.history import forget_graphs
from parvis.pooling.versions import VERSION_FIELDS, reception_instant
from parvis.rdf.files import serialise
from parvis.rdf.formats import GRAPH_TYPES
from parvis.store.files import settle, writing
from parvis.store.generation.erasure import Traces, pieces_of, search
from parvis.store.generation.generation import forget_former, needed_digests, numbers
from parvis.store.record.content import lines_of
from parvis.store.record.graph_record import GraphRecord, GraphVersion
from parvis.vocab.iris import DatasetKey, Iris

# Datasets derived from a deleted one (`prov:wasDerivedFrom` or `dct:source` in their records) are
# stale until they are made anew.

SEARCHING = N_("searching every file for what was deleted, and writing the proof")
STALE = "stale"
"""The member of such a version in the record: since when. A new content does not have it."""


def declare_stale(pool: Pool, gone: Collection[DatasetKey]) -> list[str]:
    """Mark the content of every dataset derived from a deleted one; return their keys."""
    origins: dict[DatasetKey, set[str]] = {}
    for key, dataset in pool.catalog.datasets.items():
        for step in (PROV.wasDerivedFrom, DCTERMS.source):
            iris = map(str, dataset.metadata.objects(URIRef(dataset.iri), step))
            origins.setdefault(key, set()).update(iris)
    derived: set[DatasetKey] = set()
    # A dataset derived from a derived one is stale too.
    sources = {pool.iris.dataset(key) for key in gone}
    while new := {
        key
        for key, its_sources in origins.items()
        if key not in derived and key not in gone and sources & its_sources
    }:
        derived |= new
        sources |= {pool.iris.dataset(key) for key in new}
    versions = pool.record.versions()
    for key in sorted(derived):
        version = versions.get(pool.iris.graph(key))
        if version is not None and STALE not in version.about:
            pool.record.annotate(pool.iris.graph(key), {STALE: clock.machine_time().isoformat()})
    return [str(key) for key in sorted(derived)]


@dataclass(frozen=True)
class ErasureCause:
    """Why a dataset is deleted: its tombstone, and the due obligation if there is one."""

    tombstone: Tombstone
    due: DueDeletion | None = None


def erase(
    pool: Pool,
    causes: Iterable[ErasureCause],
    ahead: timedelta = timedelta(),
    author: Author = SHELL,
) -> tuple[list[ChainLink], int | None]:
    """Delete datasets for good, and finish any interrupted deletion.

    Return the entries of the ledger, and the generation served without the data. `ahead` is how far
    the clock is ahead of the true time, which proofs state.
    """
    data, deletions = pool.settings.data, Deletions(pool.settings.data)
    with writing(data):
        begun = deletions.pending()
        intents: dict[str, Intent] = {}
        for cause in causes:
            # The content is still there: the proof needs its counts and digests.
            graph = pool.iris.graph(cause.tombstone.key)
            version, since = pool.record.versions()[graph], reception_instant(pool, graph)
            contents = (version, *pool.record.former_versions().get(graph, []))
            digests = {c.digest for c in contents if pool.record.path(c).is_file()}
            intent = {
                "cause": "expired" if cause.due else "withdrawn",
                "agreement": cause.due and cause.due.rule.agreement,
                "due": cause.due and cause.due.since.isoformat(),
                "tombstone": to_json(cause.tombstone),
                "dataset": str(cause.tombstone.key),
                "iri": cause.tombstone.iri,
                "received": since and since.isoformat(),
                "begun": (clock.machine_time() - ahead).isoformat(),
                "triples": version.triples,
                "sha256": pool.record.quads_digest(graph, version),
                "digests": sorted(digests),
            }
            if graph not in begun:
                intents[graph] = intent
        deletions.begin(intents)
        return finish(pool, ahead=ahead, author=author)


def finish(
    pool: Pool,
    leftovers: Iterable[DatasetKey] = (),
    ahead: timedelta = timedelta(),
    author: Author = SHELL,
) -> tuple[list[ChainLink], int | None]:
    """Finish interrupted deletions; delete the remains of `leftovers`, withdrawn before."""
    data, deletions = pool.settings.data, Deletions(pool.settings.data)
    with writing(data):
        pending = deletions.pending()
        stones = {g: from_json(Tombstone, i["tombstone"]) for g, i in pending.items()}
        present = pool.record.versions().keys() & stones.keys()
        if present:
            pool.record.withdraw(to_json({g: stones[g] for g in present}), VERSION_FIELDS)
        keys = {*(stone.key for stone in stones.values()), *leftovers}
        end_contributions(pool, sorted(keys))
        for key in sorted(keys):
            forget_files(data, key)
        if keys:
            Judgements(pool.settings.data).forget(map(pool.iris.graph, keys))
            forget(pool.settings.data)
        forget_graphs(data, [pool.iris.graph(key) for key in keys])
        forget_drafts(data, keys)
        forget_deposits(data, {key: pool.iris.dataset(key) for key in keys})
        BoxOffice(data).forget(map(pool.iris.dataset, keys))
        stale = declare_stale(pool, keys)
        served = bool(keys) and bool(numbers(data))
        generation = None
        if served:
            generation = publish(pool, anew=True, author=author)["generation"]
        if pending and served:
            forget_former(data)
            if pool.settings.remote:
                from parvis.pooling.publication.remote import empty_idle_engines  # noqa: PLC0415 - HTTP, which few pools need

                empty_idle_engines(pool.settings)
        pool.report_step(SEARCHING)
        return list(_write_proofs(pool, pending, stale, ahead, author)), generation


def forget_files(data: Path, key: DatasetKey) -> None:
    """Delete the files received for a dataset, and the record of their sources."""
    for table in (SourceValidators(data), Deliveries(data)):
        table.forget(str(key))
    folder = data / "incoming" / str(key)
    if folder.is_dir():
        shutil.rmtree(folder)
        settle(folder.parent)


def list_source_files(pool: Pool, key: DatasetKey) -> list[Path]:
    """List the data files in a dataset's catalogue folder, which only the steward may delete."""
    dataset = pool.catalog.datasets.get(key)
    return [] if dataset is None else [file for file in dataset.sources if file.is_file()]


def _write_proofs(
    pool: Pool,
    pending: Mapping[str, Intent],
    stale: list[str],
    ahead: timedelta,
    author: Author,
) -> Iterator[ChainLink]:
    data, deletions = pool.settings.data, Deletions(pool.settings.data)
    pending = dict(pending)
    if new := {graph: intent for graph, intent in pending.items() if "search" not in intent}:
        search_result = _search_remains(pool, new)
        new = {g: intent | {"search": search_result, "stale": stale} for g, intent in new.items()}
        pending |= new
        deletions.begin(new)
    pool.record.prune(needed_digests(data))
    settle(data / "graphs")
    for graph, intent in pending.items():
        now = clock.machine_time() - ahead
        facts = tuple((name, intent[name]) for name in ("cause", "triples", "sha256"))
        datasets = ((intent["iri"], intent["agreement"]),)
        stone = from_json(Tombstone, intent["tombstone"])
        # The chain does not reveal where backups are.
        apart = {"digests", "tombstone"}
        entry = {name: value for name, value in intent.items() if name not in apart} | {
            "graph": graph,
            "title": stone.title,
            "reason": stone.reason,
            "public": stone.public,
            "done": now.isoformat(),
            "backups": len(Backups(data).find_holding(graph)),
            "backup_days": pool.settings.backup_days,
        }
        all_facts = facts + author.facts()
        event = Event(Act.DELETE, now, author.party, datasets, all_facts)
        yield deletions.complete(graph, entry, event)


def _search_remains(pool: Pool, gone: Mapping[str, Intent]) -> object:
    """Search every file for what only these graphs had; return what was read, and what is left."""
    data = pool.settings.data
    files = [
        pool.record.path(GraphVersion(digest, 0, 0, clock.machine_time()))
        for intent in gone.values()
        for digest in intent["digests"]
    ]
    existing = [file for file in dict.fromkeys(files) if file.is_file()]
    traces = Traces(line for file in existing for line in lines_of(file))
    # A zero, so that no text spans two files; all at once, as each time takes a new index.
    traces.exclude(
        chain.from_iterable(chain(pieces, [b"\0"]) for pieces in _other_texts(pool, [*gone]))
    )
    # Queries of strangers may repeat what is erased; they are found as everything else is.
    for store in (ShortLinks(data), SavedQueries(data), ReleaseQuestions(data)):
        store.forget(lambda content: bool(traces.find_in([content])))
    return to_json(search(data, frozenset(gone), traces, set(existing)))


def _other_texts(pool: Pool, gone: list[str]) -> Iterator[Iterator[bytes]]:
    # These texts may be the same as those searched for, and they stay.
    data, catalog = pool.settings.data, pool.catalog
    names = [*gone, *(pool.iris.dataset(pool.iris.key(graph)) for graph in gone)]
    yield iter([" ".join(names).encode()])
    for graph in (catalog.law, ontology()):
        yield iter(["\n".join(map(str, graph.all_nodes())).encode()])
    own_files = {file for graph in gone for file in list_source_files(pool, pool.iris.key(graph))}
    for folder in (catalog.folder, knowledge("ontology"), data / "incoming"):
        for path in sorted(set(folder.rglob("*")) - own_files):
            if path.is_file():
                yield pieces_of(path)
    yield pieces_of(data / "state.json")
    for version in pool.record.versions().values():
        yield pool.record.read_blocks(version)


# Deletions of the ledger repeated in a restored backup.


def delete_again(settings: Settings, copy: Path) -> list[str]:
    """Delete from a copied data folder what was deleted since; return the keys of the datasets.

    A content that was submitted after its deletion stays.
    """
    # The copy is not in its place yet, so that nothing deleted ever returns to the pool.
    record = GraphRecord(copy)
    deletions = {link.entry["graph"]: link for link in Deletions(settings.data).all()}
    versions = record.versions()
    again = {
        graph: link
        for graph, link in deletions.items()
        if graph in versions
        and versions[graph].submitted <= datetime.fromisoformat(link.entry["done"])
    }
    if again:
        record.withdraw(to_json({graph: _read_tombstone(link) for graph, link in again.items()}))
        record.prune()
        Judgements(copy).forget(again)
        BoxOffice(copy).forget(link.entry["iri"] for link in again.values())
        forget(copy)
    for link in again.values():
        forget_files(copy, _read_tombstone(link).key)
    return sorted(link.entry["dataset"] for link in again.values())


def _read_tombstone(link: ChainLink) -> Tombstone:
    entry = link.entry
    return Tombstone(
        key=DatasetKey.parse(entry["dataset"]),
        iri=entry["iri"],
        title=entry["title"],
        withdrawn=datetime.fromisoformat(entry["done"]),
        reason=entry["reason"],
        public=entry["public"],
    )


# Certificates of destruction, read from the ledger and written as files.

NONE = N_("there is no certificate of destruction of {name}")
ENDING = N_("{file}: the ending of a certificate is one of {endings}")
FORMS = ("html", "json", *GRAPH_TYPES)


def certificates(settings: Settings, iri: str, names: dict[str, str]) -> list[Certificate]:
    """Return the certificates of all deletions, the oldest first; `iri` certifies them."""
    iris, links = Iris(settings.base), Deletions(settings.data).all()
    return [Certificate(link, iris, iri, names) for link in links]


def certificate(pool: Pool, name: str, number: int | None = None) -> Certificate:
    """Return the last certificate of ``PARTNER/DATASET``, or the one with a number.

    Raises `UnknownThing` where there is none.
    """
    third_party = pool.catalog.third_party
    proofs = [
        proof
        for proof in certificates(pool.settings, third_party.iri, third_party.names)
        if str(proof.key) == name and number in {None, proof.link.number}
    ]
    if not proofs:
        raise UnknownThing(NONE, name=name)
    return proofs[-1]


def form_of(file: Path) -> str:
    """Return the form of a file, by its ending; raises `UsageError`."""
    return report_forms.form_of(file, FORMS, ENDING)


def save(certificate: Certificate, file: Path) -> None:
    file.write_bytes(render_certificate(certificate, form_of(file)))


def render_certificate(certificate: Certificate, form: str) -> bytes:
    """Return a certificate in a form: ``html``, a page in both languages, ``json``, or as RDF."""
    match form:
        case "html":
            values = {"certificate": certificate, "languages": LANGUAGES}
            return report_forms.render_page("certificate.html", LANGUAGES[0], **values).encode()
        case "json":
            return json.dumps(certificate.to_json(), ensure_ascii=False, indent=2).encode() + b"\n"
        case _:
            return serialise(certificate.to_graph(), form)
