"""The page of a partner: its datasets, what it contributes and what it receives."""

from flask import Blueprint, Response, jsonify, render_template, request

from parvis.config.json_data import to_json
from parvis.errors import UnknownThing
from parvis.governance import Permission, Reader
from parvis.i18n import translations
from parvis.mapping.concepts import fold_text
from parvis.pooling.cards import PartnerCard
from parvis.pooling.publics.box_office import MOST_BYTES, Receipt, read_reports, receive
from parvis.pooling.serving.figures.box_office import (
    NAMES,
    list_performances,
    read_yearly_figures,
    require_own,
)
from parvis.pooling.serving.figures.results import SIX, TABLES, read_results
from parvis.rdf.formats import RESULT_TYPES, XLSX
from parvis.report.delimited import csv_text
from parvis.vocab.namespaces import SCHEMA
from parvis.web.api.box_office import NOT_SENDING
from parvis.web.api.harvesting.harvest import integer_parameter
from parvis.web.api.workbook import sheet, sheets
from parvis.web.http.access import host, reader_of
from parvis.web.http.errors import require_identity
from parvis.web.http.inputs import reads
from parvis.web.http.language import language, localise
from parvis.web.http.negotiation import (
    HTML,
    PAGE_OR_JSON,
    alternate_forms,
    negotiated_response,
    require_ending,
)
from parvis.web.http.uploads import receive_upload
from parvis.web.pages.resources import describe_for_search_engines

partners = Blueprint("partners", __name__)

YEARLY = PAGE_OR_JSON | {RESULT_TYPES["csv"]: "csv", XLSX: "xlsx"}
RECEIVING = frozenset({"partners.send_figures"})
"""The endpoints of this blueprint that receive a file."""
RESULTS = PAGE_OR_JSON | {XLSX: "xlsx"}
SHEET = 31
"""The longest name of a sheet, in characters."""


@partners.get("/partner")
def listing() -> str:
    """List the partners whose datasets the reader may discover, and the members of projects."""
    cards = list_partners()
    return render_template(
        "catalog/partners.html",
        partners=[card for card in cards if not card.third_party],
        third_parties=[card for card in cards if card.third_party],
    )


def list_partners(reader: Reader | None = None) -> list[PartnerCard]:
    """Return the partners that a reader may know of, by default the request's, by name.

    The third party is among them.
    """
    reader = reader or reader_of(request)
    # A partner that neither gives anything here nor is in a project is nobody's business.
    parties = {party for p in host().list_projects() for party in (p.carrier, *p.members)}
    cards = [host().partner(reader, slug) for slug in host().snapshot().partners]
    shown = [card for card in cards if card.datasets or host().iris.partner(card.slug) in parties]
    return sorted(shown, key=lambda card: fold_text(localise(card.name)))


@partners.get("/partner/<slug>")
def partner(slug: str) -> str:
    """Return a partner's page; its data are at the partner's IRI.

    A signed-in reader sees its access to each dataset and why; on its own page also its access to
    other partners' datasets, and what it contributes and receives.
    """
    reader = reader_of(request)
    card, iri = host().partner(reader, slug), host().iris.partner(slug)
    visible = host().datasets(reader) if reader.iri == iri else []
    foreign = [dataset for dataset in visible if dataset.key.partner != slug]
    try:  # what it contributes and receives is for the partner and the steward only
        balance = host().exchange(reader, slug)
    except UnknownThing:
        balance = None
    return render_template(
        "catalog/partner.html",
        card=card,
        exchange=balance,
        foreign_datasets=foreign,
        decisions=host().explain_access(reader, [*card.datasets, *foreign]),
        projects=[
            project
            for project in host().list_projects()
            if iri in {project.carrier, *project.members}
        ],
        forms=alternate_forms("resources.thing", key=f"partner/{slug}")[1:],
        schema_org=describe_for_search_engines(iri, [SCHEMA.Organization]),
    )


@partners.get("/partner/<slug>/exchange.json")
def exchange(slug: str) -> Response:
    """Return what a partner contributes and receives, to it or the steward."""
    return jsonify(to_json(host().exchange(reader_of(request), slug)))


@partners.get("/partner/<slug>/box-office")
@partners.get("/partner/<slug>/box-office.<any(html,json,csv,xlsx):ending>")
@reads("page", offers=YEARLY)
def box_office(slug: str, ending: str | None = None) -> Response:
    """Show the figures of a partner's box office, to it or the steward.

    The yearly ones, and on the page those of each performance.
    """
    ending = ending or require_ending(YEARLY)
    rows = read_yearly_figures(host(), reader_of(request), slug)
    if ending == HTML:
        return _render_figures(slug, None)
    if ending == "json":
        return negotiated_response(jsonify(to_json(rows)), store=False)
    words = translations(language()).gettext
    # The page shows the occupancy in percent; in files it is a share, as all others.
    headings = [words("Period"), words("Discipline"), *(localise(name) for _, name, _ in SIX)]
    table = [[row.period, localise(row.discipline_name), *row.values.values()] for row in rows]
    if ending == "xlsx":
        response = sheet("box-office", words("Box office"), headings, table)
    else:
        texts = (["" if cell is None else str(cell) for cell in row] for row in table)
        response = Response(csv_text([headings, *texts], ","), mimetype=RESULT_TYPES["csv"])
    return negotiated_response(response, store=False)


@partners.post("/partner/<slug>/box-office")
def send_figures(slug: str) -> Response:
    """Store a file of figures for a dataset of a partner: sent by it, or by the steward."""
    identity = require_identity(Permission.SUBMIT, NOT_SENDING)
    party = require_own(host(), identity.reader, slug)
    with receive_upload() as file, file.open("rb") as stream:
        reports = read_reports(stream.read(MOST_BYTES + 1))
    name, policies = request.form.get("dataset", ""), host().snapshot().policies
    receipt = receive(host().settings, policies, party, name, reports, identity.author)
    response = _render_figures(slug, receipt)
    response.status_code = 409 if receipt.refused else 200
    return response


def _render_figures(slug: str, receipt: Receipt | None) -> Response:
    """Return the page of a box office, with what became of a file that was just sent."""
    reader = reader_of(request)
    page = render_template(
        "audiences/box_office.html",
        card=host().partner(reader, slug),
        rows=read_yearly_figures(host(), reader, slug),
        names=list(NAMES.values()),
        listed=list_performances(host(), reader, slug, integer_parameter("page", 1, 1_000_000)),
        receipt=receipt and receipt.to_json(),
    )
    return negotiated_response(page, store=False)


@partners.get("/partner/<slug>/results")
@partners.get("/partner/<slug>/results.<any(html,json,xlsx):ending>")
@reads(offers=RESULTS)
def results(slug: str, ending: str | None = None) -> Response:
    """Show what a partner gets back from its own figures, to it or the steward."""
    ending = ending or require_ending(RESULTS)
    tables = read_results(host(), reader_of(request), slug)
    if ending == "json":
        document = {table.name: table.to_json() for table in tables}
        return negotiated_response(jsonify(document), store=False)
    if ending == HTML:
        card = host().partner(reader_of(request), slug)
        return negotiated_response(
            render_template("audiences/results.html", card=card, tables=tables), store=False
        )
    lang = language()
    book = {
        localise(table.title)[:SHEET]: (table.headings(lang), table.cells(lang)) for table in tables
    }
    return negotiated_response(sheets("results", book), store=False)


@partners.get(f"/partner/<slug>/results/<any({','.join(TABLES)}):name>.csv")
@reads()
def results_table(slug: str, name: str) -> Response:
    """Return one table of a partner's results as CSV, to it or the steward."""
    tables = {table.name: table for table in read_results(host(), reader_of(request), slug)}
    text = tables[name].to_csv(language())
    return negotiated_response(Response(text, mimetype=RESULT_TYPES["csv"]), store=False)
