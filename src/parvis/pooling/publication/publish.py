"""Publish the pool: build a new generation of the served stores and site files."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from parvis.catalog.ontology import vocabulary
from parvis.config import Settings
from parvis.i18n import N_
from parvis.ledger import SHELL, Act, Author, Deletions
from parvis.pooling import cards as site
from parvis.pooling.agreements import without_withdrawn
from parvis.pooling.audit import record_act, require_confirmed
from parvis.pooling.cards import ExampleQuery, encode_json
from parvis.pooling.linking.candidates import public_duplicates
from parvis.pooling.linking.links import FILE as LINKED
from parvis.pooling.linking.links import PARTNERS as LINKED_PARTNERS
from parvis.pooling.linking.links import LinkGraphs
from parvis.pooling.pool import Pool
from parvis.pooling.publication.cards import describe_datasets, describe_partners
from parvis.pooling.publication.contents import (
    DUMPS,
    ContentFigures,
    DownloadFiles,
    FormerFiles,
    prepare_contents,
)
from parvis.pooling.publication.derived import serve_derived
from parvis.pooling.publication.entity_feed import write_entity_feed
from parvis.pooling.publication.feed import last_feed_folder, write_feed
from parvis.pooling.publication.records import CatalogRecords, write_records
from parvis.pooling.publication.state import Access, PoolState, decide_access, read_state
from parvis.pooling.publication.unchanged import BASES
from parvis.pooling.publics.contributions import settle_contributions
from parvis.pooling.publics.reaches import FILE as REACHES
from parvis.pooling.publics.reaches import build_reaches
from parvis.rdf.files import canonical_lines
from parvis.rdf.terms import triple_from_rdflib
from parvis.store.files import workplace, writing
from parvis.store.generation.builder import LocalStores, StoreMaker
from parvis.store.generation.generation import Generation, GenerationContent, build, needed_digests
from parvis.store.generation.graph_file import GraphFile

READING = N_("reading what partners gave, and the agreements")
COUNTING = N_("counting what is published, and writing the files to download")
DESCRIBING = N_("writing the catalogue and the history of changes")
BUILDING = N_("building the new published version")
CLEARING = N_("serving it, and clearing what is no longer needed")


def publish(
    pool: Pool,
    *,
    anew: bool = False,
    early: Callable[[], FormerFiles] = dict,
    author: Author = SHELL,
) -> dict[str, Any]:
    """Build a generation from the record, serve it, and return its number and sizes.

    `anew` builds both stores from nothing, which is needed when something was erased inside a
    graph that stays; `early` waits for download files that were written ahead. Of the result,
    ``uncounted`` lists the datasets described only by their number of triples, ``left_out`` those
    without a catalogue record (with the reason in each language), ``no_file`` the download files
    that could not be written and ``no_feed`` the datasets too large for the feed of entities.
    """
    # Each statement is a step: `docs/developers/publication.md` says why in this order.
    data = pool.settings.data
    require_confirmed(data)
    with writing(data), workplace(data) as folder, choose_maker(pool.settings, anew=anew) as maker:
        pool.report_step(READING, 0.0)
        settle_contributions(without_withdrawn(pool))
        state = read_state(pool)
        access = decide_access(state)
        access, derived = serve_derived(state, access, folder)
        ontology = begin_stores(state, access, folder, maker, anew=anew)
        links = LinkGraphs.of(state.pool, access.public_graphs, access.served_graphs)
        duplicates = public_duplicates(state.pool, links, access.public_graphs)
        pool.report_step(COUNTING, 0.15)
        figures, downloads = prepare_contents(state, access, duplicates, folder, early)
        pool.report_step(DESCRIBING, 0.4)
        records = write_records(state, access, figures, downloads, folder)
        open_graphs, member_graphs = write_graphs(state, figures, records, links, folder)
        former = last_feed_folder(data)
        feed = write_feed(state, records, former, folder)
        entities = write_entity_feed(state, access, former, folder)
        files = build_site_files(state, figures, downloads, records, links)
        content = GenerationContent(
            open={**access.open, state.pool.iris.ontology_graph: ontology, **open_graphs},
            members={**access.members, **member_graphs},
            good_until=access.good_until,
            files={**files, **feed, **entities.files, **derived},
            dumps=downloads.paths,
            zone=pool.settings.timezone,
        )
        pool.report_step(BUILDING, 0.6)
        generation = serve_generation(pool.settings, content, maker, anew=anew)
        pool.report_step(CLEARING, 0.95)
        # Versions that no stored generation was built from are not needed any more.
        pool.record.prune(needed_digests(data) | Deletions(data).digests())
        record_act(data, Act.PUBLISH, state.now, generation.audit_fields(), author=author)
    return generation.to_json() | {
        "uncounted": figures.uncounted,
        "left_out": records.left_out,
        "no_file": downloads.left_out,
        "no_feed": entities.left_out,
    }


def write_graphs(
    state: PoolState,
    figures: ContentFigures,
    records: CatalogRecords,
    links: LinkGraphs,
    folder: Path,
) -> tuple[dict[str, Path], dict[str, Path]]:
    """Write the graphs of which parvis is the author, for everyone and for members.

    That of the ontology is a file already.
    """
    iris, ontology_lines = state.pool.iris, frozenset(vocabulary())

    def without_ontology(parts: Iterable[bytes]) -> Iterator[bytes]:
        # The default graph is the union of the graphs: the engine would count twice a triple that
        # the ontology's graph holds too.
        for part in parts:
            yield from (
                line for line in part.splitlines(keepends=True) if line not in ontology_lines
            )

    # Records are read while they are written: they are never all in memory.
    catalog_parts = chain([records.catalog], map(records.lines, records.listed))
    open_graphs: dict[str, Iterable[bytes]] = {
        iris.catalog_graph: without_ontology(catalog_parts),
        iris.queries_graph: [state.query_lines],
        iris.statistics_graph: figures.public,
        **links.graphs(public=True),
    }
    member_graphs: dict[str, Iterable[bytes]] = {
        **{
            iris.record_graph(key): without_ontology(map(records.lines, [key]))
            for key in records.digests.keys() - records.listed.keys()
        },
        **{graph: [lines] for graph, lines in figures.restricted.items()},
        **links.graphs(public=False),
    }
    open_paths = _write_files(open_graphs, folder / "open")
    return open_paths, _write_files(member_graphs, folder / "members")


def _write_files(graphs: Mapping[str, Iterable[bytes]], folder: Path) -> dict[str, Path]:
    folder.mkdir()
    paths = {}
    for number, (graph, parts) in enumerate(graphs.items()):
        paths[graph] = folder / f"{number}.nt"
        with paths[graph].open("wb") as file:
            file.writelines(parts)
    return paths


def build_site_files(
    state: PoolState,
    figures: ContentFigures,
    downloads: DownloadFiles,
    records: CatalogRecords,
    links: LinkGraphs,
) -> dict[str, bytes | Path]:
    """Return the small files by their path under ``site/``, but those of the feed."""
    catalog, policies = state.pool.catalog, state.pool.catalog.policies
    datasets = describe_datasets(state, figures, downloads, records.summaries)
    # Only what everyone could know of leaves a public tombstone.
    withdrawn = map(dict, state.pool.record.tombstones().values())
    return {
        **records.paths,
        "catalog.nt": records.catalog,
        "agreements.nt": canonical_lines(map(triple_from_rdflib, catalog.law)),
        site.DATASETS: encode_json(datasets),
        site.PARTNERS: encode_json(describe_partners(state.pool)),
        site.PROJECTS: encode_json([*catalog.projects.values()]),
        site.STRATA: encode_json(dict(sorted(policies.strata.items()))),
        site.RECEIVED: encode_json(dict(sorted(policies.received.items()))),
        site.MADE_OF: encode_json(dict(sorted(policies.made_of.items()))),
        site.QUERIES: encode_json([*map(ExampleQuery.of, state.queries)]),
        "queries.nt": state.query_lines,
        "void.nt": figures.pool,
        **{f"void/{key}.nt": lines for key, lines in figures.descriptions.items()},
        # The next publication reads these.
        BASES: encode_json({"records": records.entries, "void": figures.bases}),
        **figures.statistics_files,
        **figures.events.files,
        DUMPS: encode_json({str(key): entry for key, entry in downloads.index.items()}),
        REACHES: build_reaches(state.pool),
        site.TOMBSTONES: encode_json([entry for entry in withdrawn if entry["public"]]),
        LINKED: encode_json(links.list_behind()),
        LINKED_PARTNERS: encode_json(links.partners({p.iri for p in catalog.partners.values()})),
    }


def begin_stores(
    state: PoolState,
    access: Access,
    folder: Path,
    maker: StoreMaker,
    *,
    anew: bool,
) -> Path:
    """Begin to load what everyone may read, and to index what is new, where there is much of it.

    Return the file of the ontology's graph.
    """
    former = state.served.stores().get("open") if state.served and not anew else None
    maker.begin(folder / "ahead", access.open, former)
    ontology, pool = folder / "ontology.nt", state.pool
    ontology.write_bytes(b"".join(vocabulary()))  # its labels are indexed with what has a concept
    members = {**access.members, pool.iris.ontology_graph: ontology}
    files = {graph: GraphFile.of(path) for graph, path in members.items()}
    opened = {graph: files[graph] for graph in (*access.open, pool.iris.ontology_graph)}
    known = {*state.served.manifest.members.sources.values()} if state.served else set()
    parts = {"open": opened, "members": files}
    maker.indexer.begin(folder / "indexes", parts, known, pool.settings.timezone)
    return ontology


def choose_maker(settings: Settings, *, anew: bool) -> StoreMaker:
    """Return what makes the stores, here or in engines."""
    if not settings.remote:
        return LocalStores()
    from parvis.pooling.publication.remote import remote_stores  # noqa: PLC0415 - HTTP, which few pools need

    return remote_stores(settings, anew=anew)


def serve_generation(
    settings: Settings,
    content: GenerationContent,
    maker: StoreMaker,
    *,
    anew: bool,
) -> Generation:
    """Build the stores, and make the generation the current one."""
    keep = settings.keep_generations
    return build(settings.data, content, keep, anew=anew, maker=maker)
