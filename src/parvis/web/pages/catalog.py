"""The catalogue: datasets, as pages and as DCAT."""

import json
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import (
    Blueprint,
    Response,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug import Response as BaseResponse

from parvis.catalog.ontology import last_segment, load_words
from parvis.config import clock
from parvis.errors import UnknownThing
from parvis.governance import ANONYMOUS
from parvis.i18n import N_, both, choose_text
from parvis.ledger import Requests
from parvis.pooling.cards import DatasetCard
from parvis.pooling.publication.cards import label_strata
from parvis.pooling.serving.catalog_search import (
    FACETS,
    TYPES,
    CatalogResults,
    CatalogSearch,
    search_catalog,
)
from parvis.pooling.serving.samples import (
    SampleTable,
    TableDescription,
    describe_tables,
    name_cells,
    read_sample,
    select_columns,
)
from parvis.pooling.serving.service import MOST, NO_DATASET, NO_DUMP
from parvis.pooling.serving.site.croissant import describe_croissant
from parvis.pooling.serving.site.dataset_context import (
    column_sources,
    list_projects_of,
    list_questions,
    read_contact,
    sources_by_column,
    write_first_query,
)
from parvis.pooling.stewardship.requests.requesting import STATES
from parvis.rdf.files import graph_of, serialise
from parvis.rdf.formats import DUMP_TYPES, GRAPH_TYPES, PARQUET, PARQUET_ENDING
from parvis.vocab.iris import DatasetKey
from parvis.web.api.harvesting import harvest
from parvis.web.http.access import host, reader_of, register
from parvis.web.http.caching import PUBLIC
from parvis.web.http.inputs import reads
from parvis.web.http.language import language, localise
from parvis.web.http.negotiation import (
    DOCUMENT,
    ENDINGS,
    GRAPHS,
    HTML,
    alternate_forms,
    document_response,
    link_alternates,
    page_response,
    require_ending,
)
from parvis.web.pages.about.pages import find_email

catalog = Blueprint("catalog", __name__)

TABLES = "csv.zip"
"""The file from which a dataset's page shows the first rows."""
TITLES = {
    "theme": N_("Theme"),
    "partner": N_("Partner"),
    "type": N_("What it holds"),
    "discipline": N_("Discipline"),
    "access": N_("Access"),
    "licence": N_("Licence"),
    "format": N_("Format"),
    "period": N_("Year"),
}
SORT_TITLES = {
    "partner": N_("by partner"),
    "title": N_("by title"),
    "changed": N_("the latest change first"),
}


@catalog.get("/catalog")
@catalog.get(f"/catalog.<{ENDINGS}:ending>")
@reads("q", "sort", *FACETS, *harvest.PAGE_PARAMETERS, offers=DOCUMENT)
def listing(ending: str | None = None) -> Response:
    """Return the catalogue; its ending wins over Accept, which harvesters leave at ``*/*``."""
    ending = ending or require_ending(DOCUMENT)
    if ending != HTML:
        alternates = alternate_forms("catalog.listing", DOCUMENT, "", **harvest.page_parameters())
        return link_alternates(alternates, ending, harvest.catalogue_response(ending))
    alternates = alternate_forms("catalog.listing")
    reader, search = reader_of(request), CatalogSearch.of(request.args)
    results = search_catalog(host().datasets(reader), public_datasets(), search, language())
    return page_response(
        alternates,
        "catalog/catalog.html",
        results=results,
        search=results.wish,
        facets=link_facets(results),
        sorts=SORT_TITLES,
        projects=host().list_projects(),
    )


@dataclass(frozen=True)
class FacetLinks:
    """A facet as links: each value with its address, label and count, and if it is chosen.

    `everything` is the address without this facet, if one of its values is chosen.
    """

    name: str
    title: str
    options: tuple[tuple[str, str, int, bool], ...]
    everything: str


def link_facets(results: CatalogResults) -> list[FacetLinks]:
    """Return the facets between which there is a choice, as links; a chosen value leads back."""
    wish = results.wish
    links = []
    for name, values in results.facets.items():
        chosen = wish.chosen.get(name)
        everything: dict[str, Any] = wish.to_parameters(**{name: ""})
        options = tuple(
            (
                url_for(
                    "catalog.listing",
                    **(everything if value.code == chosen else everything | {name: value.code}),
                ),
                choose_text(language(), value.label),
                value.count,
                value.code == chosen,
            )
            for value in values
        )
        if len(options) > 1 or chosen:
            address = url_for("catalog.listing", **everything) if chosen else ""
            links.append(FacetLinks(name, TITLES[name], options, address))
    return links


def public_datasets() -> frozenset[DatasetKey]:
    """Return the datasets that everyone may read now."""
    return frozenset(card.key for card in host().datasets(ANONYMOUS) if card.readable)


@catalog.get("/dataset/<partner>/<dataset>")
@catalog.get(f"/dataset/<partner>/<dataset>.<{ENDINGS}:ending>")
@reads(offers=DOCUMENT)
def dataset(partner: str, dataset: str, ending: str | None = None) -> Response:
    """Return a dataset's record; a hidden dataset answers as one that does not exist."""
    ending = ending or require_ending(DOCUMENT)
    key = DatasetKey(partner, dataset)
    alternates = alternate_forms("catalog.dataset", partner=partner, dataset=dataset)
    if (tombstone := host().tombstone(key)) is not None:
        # A withdrawn dataset answers with 410 and its record (RFC 9110 §15.5.11).
        if ending != HTML:
            body = serialise(tombstone.to_graph(), ending)
            response = Response(body, mimetype=GRAPH_TYPES[ending])
        else:
            proofs = register().certificates_of(tombstone.key)
            page = render_template("catalog/withdrawn.html", tombstone=tombstone, proofs=proofs)
            response = make_response(page)
        response.status_code = 410
        response.cache_control.no_store = True
        return link_alternates(alternates, ending, response)
    if ending != HTML:
        return link_alternates(alternates, ending, harvest.record_response(key, ending))
    reader = reader_of(request)
    card = host().dataset(reader, key)
    tables: tuple[SampleTable, ...] = ()  # an excerpt of its rows and its dictionary
    digest = next((file.sha256 for file in card.downloads if file.ending == TABLES), None)
    if card.readable and digest is not None:
        sample = read_sample(host().dump(reader, key, TABLES).path, digest)
        tables = name_cells(sample, {host().iris.partner(partner): dict(card.partner_name)})
    return page_response(
        alternates,
        "catalog/dataset.html",
        card=card,
        schema_org=host().json_record("schema", reader, key, language()),
        tables=tables,
        table_titles=title_tables(tables),
        excerpts=select_columns(tables, language()),
        kinds=[both(TYPES[kind]) for kind in card.kinds],
        strata=label_strata(card.strata, language()) if card.readable else (),
        most=MOST,
        latest_request=None
        if card.readable or reader.iri is None
        else Requests(host().settings.data).latest(str(reader.iri), card.iri, clock.machine_time()),
        request_states=STATES,
        **describe_context(card, tables),
    )


def title_tables(tables: Iterable[SampleTable]) -> dict[str, str]:
    """Return what the class of each table is called, by its name, which follows where two agree."""
    kinds = [kind for table in tables for kind in table.kinds]
    titles = {last_segment(kind): localise(load_words().of_term(kind)) for kind in kinds}
    counts = Counter(titles.values())
    return {
        name: title if counts[title] == 1 else f"{title} ({name})" for name, title in titles.items()
    }


def describe_context(card: DatasetCard, tables: tuple[SampleTable, ...]) -> dict[str, Any]:
    """Return what goes with a dataset on its page: contacts, uses, a query, sources of columns."""
    reader = reader_of(request)
    publisher = None
    with suppress(UnknownThing):  # a record may be left out of the catalogue
        publisher = read_contact(graph_of(host().item(reader, card.key)[0]))
    return {
        "publisher": publisher,
        "email": find_email(),
        "questions": list_questions(host().queries(), tables) if card.readable else (),
        "projects": list_projects_of(host().list_projects(), host().iris.partner(card.key.partner)),
        "first_query": write_first_query(tables),
        "column_sources": sources_by_column(
            tables, column_sources(host().settings.catalog, card.key) if tables else {}
        ),
    }


@catalog.get("/dataset/<partner>/<dataset>/datapackage.json")
def data_package(partner: str, dataset: str) -> Response:
    """Return a dataset as a Data Package, its texts in the reader's language."""
    key = DatasetKey(partner, dataset)
    return jsonify(host().data_package(reader_of(request), key, language()))


@catalog.get("/dataset/<partner>/<dataset>/croissant.json")
def croissant(partner: str, dataset: str) -> Response:
    """Return a dataset as Croissant, its texts in the reader's language."""
    key, reader = DatasetKey(partner, dataset), reader_of(request)
    card = host().dataset(reader, key)
    record = host().json_record("schema", reader, key, language())
    if record is None:
        raise UnknownThing(NO_DATASET, key=key)
    tables: list[TableDescription] = []
    if card.readable and any(file.ending == TABLES for file in card.downloads):
        tables = describe_tables(host().dump(reader, key, TABLES).path)
    content = describe_croissant(card, record, tables, host().settings.base, language())
    return Response(
        json.dumps(content, ensure_ascii=False, indent=1), mimetype=GRAPH_TYPES["jsonld"]
    )


@catalog.get("/void")
@catalog.get(f"/void.<{ENDINGS}:ending>")
@reads(offers=GRAPHS)
def statistics(ending: str | None = None) -> Response:
    """Return statistics of the pool and its readable graphs (VoID)."""
    ending = ending or require_ending(GRAPHS)
    body = host().statistics(reader_of(request), ending)
    return document_response(body, ending, alternate_forms("catalog.statistics")[1:])


@catalog.get("/.well-known/void")
@reads(offers=GRAPHS)
def well_known_void() -> BaseResponse:
    """Redirect to the statistics, in the form that the reader prefers (VoID §7.2)."""
    response = redirect(url_for("catalog.statistics", ending=require_ending(GRAPHS)), 302)
    response.vary.add("Accept")
    return response


# Datasets as files, at permanent addresses, with ranges and digests.

downloads = Blueprint("downloads", __name__)

FILES = "any({})".format(",".join(f"'{ending}'" for ending in DUMP_TYPES))
"""The endings, as a converter of a route."""


@downloads.get(f"/dumps/<partner>/<dataset>.<{FILES}:ending>")
@reads(files=True)
def dump(partner: str, dataset: str, ending: str) -> Response:
    """Return a dataset's file, or the requested range of it (RFC 9110 §14)."""
    key = DatasetKey(partner, dataset)
    return send_dump(key, ending, DUMP_TYPES[ending], f"{partner}-{dataset}.{ending}")


@downloads.get(f"/dumps/<partner>/<dataset>/<table>.{PARQUET_ENDING}")
@reads(files=True)
def parquet_table(partner: str, dataset: str, table: str) -> Response:
    """Return the table of a class of a dataset, in Parquet, or the requested range of it."""
    form = f"{table}.{PARQUET_ENDING}"
    return send_dump(DatasetKey(partner, dataset), form, PARQUET, f"{partner}-{dataset}-{form}")


def send_dump(key: DatasetKey, form: str, media_type: str, name: str) -> Response:
    """Answer with a file of a dataset, which is saved under a name."""
    dataset_dump = host().dump(reader_of(request), key, form)
    g.generation = dataset_dump.generation
    response = send_file(
        dataset_dump.path,
        mimetype=media_type,
        as_attachment=True,
        download_name=name,
        conditional=True,
        etag=dataset_dump.sha256,  # the tag is the same as long as the bytes are
    )
    response.accept_ranges = "bytes"
    response.headers.remove("Expires")
    response.headers["Cache-Control"] = PUBLIC
    page = url_for("catalog.dataset", partner=key.partner, dataset=key.dataset)
    response.headers.add("Link", f'<{page}>; rel="describedby"')
    return response


@downloads.get("/dumps/<partner>/<dataset>.sha256")
def checksums(partner: str, dataset: str) -> Response:
    """Return the digests of a dataset's files, as ``sha256sum --check`` reads them."""
    key, reader = DatasetKey(partner, dataset), reader_of(request)
    card = host().readable(reader, key)
    if not card.downloads:
        raise UnknownThing(NO_DUMP, key=key, form="sha256")
    name = f"{card.key.partner}-{card.key.dataset}"  # as the files are saved
    lines = [
        f"{download.sha256}  {name}{'-' if download.table else '.'}{download.form}\n"
        for download in card.downloads
    ]
    return Response("".join(lines), mimetype="text/plain")
