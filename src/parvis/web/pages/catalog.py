"""The catalogue: datasets and partners, as pages and as DCAT."""

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

from parvis.catalog import Tombstone
from parvis.errors import UnknownThing
from parvis.governance import ANONYMOUS
from parvis.i18n import N_, both
from parvis.pooling.publication.records import strata_of
from parvis.pooling.serving.catalog_search import FACETS, TYPES, Wish, shelf
from parvis.pooling.serving.exchange import Exchange
from parvis.pooling.serving.projects import explained, projects
from parvis.pooling.serving.samples import Table, named, sample
from parvis.pooling.serving.service import MOST, NO_DUMP, DatasetCard
from parvis.vocab import media
from parvis.vocab.iris import DatasetKey
from parvis.web.api import harvest
from parvis.web.http.access import host, reader_of, register
from parvis.web.http.caching import PUBLIC
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import (
    DOCUMENT,
    ENDINGS,
    GRAPHS,
    HTML,
    among,
    document,
    forms,
    require,
    written,
)

catalog = Blueprint("catalog", __name__)

TABLES = "csv.zip"
"""The file from which a dataset's page shows the first rows."""
TITLES = {
    "theme": N_("Theme"),
    "partner": N_("Partner"),
    "type": N_("What it holds"),
    "discipline": N_("Discipline"),
    "access": N_("Access"),
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
@reads("q", "sort", *FACETS, *harvest.CHOOSING, offers=DOCUMENT)
def listing(ending: str | None = None) -> Response:
    """Give the catalogue: its ending wins over Accept, which harvesters leave at ``*/*``."""
    ending = ending or require(DOCUMENT)
    if ending != HTML:
        others = forms("catalog.listing", **harvest.paged())
        return among(others, ending, harvest.catalogue(ending))
    others = forms("catalog.listing")
    reader, wish = reader_of(request), Wish.of(request.args)
    found = shelf(host().datasets(reader), open_ones(), wish, language())
    page = render_template(
        "catalog.html",
        found=found,
        wish=found.wish,
        titles=TITLES,
        sorts=SORT_TITLES,
        projects=projects(host()),
        forms=others,
    )
    return among(others, ending, make_response(page))


def open_ones() -> frozenset[DatasetKey]:
    """Give the datasets that everyone may read now."""
    return frozenset(card.key for card in host().datasets(ANONYMOUS) if card.readable)


@catalog.get("/dataset/<partner>/<dataset>")
@catalog.get(f"/dataset/<partner>/<dataset>.<{ENDINGS}:ending>")
@reads(offers=DOCUMENT)
def dataset(partner: str, dataset: str, ending: str | None = None) -> Response:
    """Give one dataset's record; a hidden dataset answers as one that does not exist."""
    ending = ending or require(DOCUMENT)
    key = DatasetKey(partner, dataset)
    others = forms("catalog.dataset", partner=partner, dataset=dataset)
    if (tombstone := host().tombstone(key)) is not None:
        return among(others, ending, _gone(tombstone, ending))
    if ending != HTML:
        return among(others, ending, harvest.record(key, ending))
    reader = reader_of(request)
    card = host().dataset(reader, key)
    told = host().schema_org(reader, key, language())
    page = render_template(
        "dataset.html",
        card=card,
        told=told,
        tables=_tables(card),
        kinds=[both(TYPES[one]) for one in card.kinds],
        strata=strata_of(card.strata, language()) if card.readable else (),
        most=MOST,
        forms=others,
    )
    return among(others, ending, make_response(page))


def _tables(card: DatasetCard) -> tuple[Table, ...]:
    """Give the first rows and the dictionary of a dataset that the reader may read."""
    if not card.readable:
        return ()
    for one in card.downloads:
        if one.ending == TABLES:
            found = sample(host().dump(reader_of(request), card.key, TABLES).path, one.sha256)
            partner = host().iris.partner(card.key.partner)
            return named(found, {partner: dict(card.partner_name)})
    return ()


@catalog.get("/dataset/<partner>/<dataset>/datapackage.json")
def data_package(partner: str, dataset: str) -> Response:
    """Give one dataset as a Data Package, its texts in the reader's language."""
    key = DatasetKey(partner, dataset)
    return jsonify(host().data_package(reader_of(request), key, language()))


def _gone(tombstone: Tombstone, ending: str) -> Response:
    """Tell what stays of a dataset that was withdrawn (RFC 9110 §15.5.11)."""
    if ending != HTML:
        response = document(tombstone.to_graph(), ending)
    else:
        proofs = register().certificates_of(tombstone.key)
        response = make_response(render_template("withdrawn.html", gone=tombstone, proofs=proofs))
    response.status_code = 410
    response.cache_control.no_store = True
    return response


@catalog.get("/void")
@catalog.get(f"/void.<{ENDINGS}:ending>")
@reads(offers=GRAPHS)
def statistics(ending: str | None = None) -> Response:
    """Give the pool and its readable graphs in figures (VoID)."""
    ending = ending or require(GRAPHS)
    others = forms("catalog.statistics")[1:]
    return among(others, ending, written(host().statistics(reader_of(request), ending), ending))


@catalog.get("/.well-known/void")
@reads(offers=GRAPHS)
def well_known_void() -> BaseResponse:
    """Lead to the statistics, in the form that the reader likes best (VoID §7.2)."""
    response = redirect(url_for("catalog.statistics", ending=require(GRAPHS)), 302)
    response.vary.add("Accept")
    return response


@catalog.get("/partner/<slug>")
def partner(slug: str) -> Response:
    """Give one partner's page; its data stand at the partner's IRI.

    A reader who is signed in sees what each dataset allows it and why; on its own page, what the
    others' datasets do, and what it gives and receives.
    """
    reader = reader_of(request)
    card, iri = host().partner(reader, slug), host().iris.partner(slug)
    seen = host().datasets(reader) if reader.iri == iri else []
    others = [one for one in seen if one.key.partner != slug]
    page = render_template(
        "partner.html",
        card=card,
        exchange=_exchange(slug),
        others=others,
        explained=explained(host(), reader, [*card.datasets, *others]),
        projects=[one for one in projects(host()) if iri in {one.carrier, *one.members}],
        forms=forms("resources.thing", key=f"partner/{slug}")[1:],
    )
    return make_response(page)


def _exchange(slug: str) -> Exchange | None:
    """Give what a partner gives and receives, if that is for the reader to know."""
    try:
        return host().exchange(reader_of(request), slug)
    except UnknownThing:
        return None


@catalog.get("/partner/<slug>/exchange.json")
def exchange(slug: str) -> Response:
    """Tell a partner, or the steward, what it gives and receives."""
    return jsonify(host().exchange(reader_of(request), slug).to_json())


# Whole datasets as files, at addresses that stay; each says its size, digest and parts.

downloads = Blueprint("downloads", __name__)

FILES = "any({})".format(",".join(f"'{ending}'" for ending in media.DUMPS))
"""The endings, as a converter of a route."""


@downloads.get(f"/dumps/<partner>/<dataset>.<{FILES}:ending>")
@reads(files=True)
def dump(partner: str, dataset: str, ending: str) -> Response:
    """Give a dataset's file, or the part of it that is asked for (RFC 9110 §14).

    Its tag is its SHA-256, so that it stands as long as the bytes are the same.
    """
    found = host().dump(reader_of(request), DatasetKey(partner, dataset), ending)
    g.generation = found.generation
    response = send_file(
        found.path,
        mimetype=media.DUMPS[ending],
        as_attachment=True,
        download_name=f"{partner}-{dataset}.{ending}",
        conditional=True,
        etag=found.sha256,
    )
    response.accept_ranges = "bytes"
    response.headers.remove("Expires")
    response.headers["Cache-Control"] = PUBLIC
    page = url_for("catalog.dataset", partner=partner, dataset=dataset)
    response.headers.add("Link", f'<{page}>; rel="describedby"')
    return response


@downloads.get("/dumps/<partner>/<dataset>.sha256")
def checksums(partner: str, dataset: str) -> Response:
    """Give the digests of a dataset's files, as ``sha256sum --check`` reads them."""
    key, reader = DatasetKey(partner, dataset), reader_of(request)
    card = host().readable(reader, key)
    if not card.downloads:
        raise UnknownThing(NO_DUMP, key=key, form="sha256")
    return Response(_lines(card), mimetype="text/plain")


def _lines(card: DatasetCard) -> str:
    """Write a line for each file, under the name that it is saved by."""
    name = f"{card.key.partner}-{card.key.dataset}"
    return "".join(f"{one.sha256}  {name}.{one.ending}\n" for one in card.downloads)
