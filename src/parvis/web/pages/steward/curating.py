"""The steward's pages of partners, parties and datasets: add, invite, edit."""

from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from rdflib import Graph, URIRef
from rdflib.namespace import DCAT, DCTERMS, Namespace
from werkzeug import Response as BaseResponse

from parvis.catalog.entries import Dataset, Partner
from parvis.catalog.folder import Catalog
from parvis.errors import UsageError
from parvis.governance import Permission
from parvis.i18n import LANGUAGES, N_, explain
from parvis.pooling.notifications.inviting import (
    SentInvitation,
    check_address,
    invite_person,
)
from parvis.pooling.stewardship.agreements.presenting import list_kinds
from parvis.pooling.stewardship.agreements.questions import PURPOSE_NAMES
from parvis.pooling.stewardship.entries import add_partner, add_party, load_catalog, require_party
from parvis.pooling.stewardship.texts import OutdatedText, digest_of, read_editable, require_reason
from parvis.pooling.stewardship.texts.records import (
    DatasetFields,
    edit_dataset,
    edit_party,
)
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PREFIXES
from parvis.web.http.access import host
from parvis.web.http.errors import require_identity
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending

curating = Blueprint("curating", __name__)

NOT_HOST = N_("This is for the steward: sign in with an account of the trusted third party.")
NO_NAME = N_("Say how the party is named, in French and in English.")
DPV = Namespace(PREFIXES["dpv"])
FREQUENCY = "http://publications.europa.eu/resource/authority/frequency/"
FREQUENCIES = {
    f"{FREQUENCY}DAILY": N_("every day"),
    f"{FREQUENCY}WEEKLY": N_("every week"),
    f"{FREQUENCY}MONTHLY": N_("every month"),
    f"{FREQUENCY}QUARTERLY": N_("every three months"),
    f"{FREQUENCY}ANNUAL": N_("every year"),
    f"{FREQUENCY}IRREG": N_("irregularly"),
}


@curating.get("/steward/partners")
@reads(offers=PAGE_OR_JSON)
def partners() -> Response:
    """List the partners and the parties that only read, and a form to add one."""
    require_identity(Permission.DECIDE, NOT_HOST)
    catalog = load_catalog(host().settings)
    if require_ending(PAGE_OR_JSON) != HTML:
        slugs = (*catalog.partners, *catalog.parties)
        listed = [require_party(catalog, slug) for slug in slugs]
        body = [{"slug": party.slug, "iri": party.iri, "names": party.names} for party in listed]
        return negotiated_response(jsonify(body), store=False)
    return _show_partners(catalog)


@curating.post("/steward/partners")
def add() -> BaseResponse:
    """Add a partner or a party that only reads, and invite its first person."""
    identity = require_identity(Permission.DECIDE, NOT_HOST)
    settings, form = host().settings, request.form
    name, names = form.get("slug", "").strip(), _both("name")
    if not all(names.values()):
        raise UsageError(NO_NAME)
    reason = require_reason(form.get("reason", ""))
    kind, author = form.get("kind", ""), identity.author
    # Before anything is written, so that a mistyped address leaves nothing half done.
    email = check_address(settings, form.get("email", ""))
    if form.get("gives") == "no":
        add_party(settings, name, names, kind, author, reason)
    else:
        add_partner(settings, name, names, kind, form.get("url", "").strip(), author, reason)
    sent = None
    if form.get("invite") == "yes":
        sent = invite_person(settings, name, "editor", email=email, author=author)
    # The link is shown once: what is told of it is its digest alone.
    return _show_partners(load_catalog(settings), sent, added=name)


def _show_partners(
    catalog: Catalog, sent: SentInvitation | None = None, added: str = ""
) -> Response:
    page = render_template(
        "texts/partners.html",
        partners=catalog.partners.values(),
        parties=catalog.parties.values(),
        counts={
            slug: sum(key.partner == slug for key in catalog.datasets) for slug in catalog.partners
        },
        set_aside={slug: explain(error, language()) for slug, error in catalog.set_aside.items()},
        kinds=list_kinds(host().settings, language()),
        sent=sent,
        mailed=bool(host().settings.mail.host),
        added=added,
    )
    return negotiated_response(page, store=False)


@curating.get("/steward/partners/<name>")
@reads()
def party(name: str) -> Response:
    """Show the record of a partner or party in a form, and those of its datasets."""
    require_identity(Permission.DECIDE, NOT_HOST)
    return _show_party(name)


@curating.post("/steward/partners/<name>")
def edit(name: str) -> BaseResponse:
    """Change the names, kind and Web site of a partner or party."""
    identity = require_identity(Permission.DECIDE, NOT_HOST)
    form = request.form
    try:
        edit_party(
            host().settings,
            name,
            _both("name"),
            form.get("kind", ""),
            form.get("url", ""),
            identity.author,
            form.get("reason", ""),
            form.get("digest"),
        )
    except OutdatedText as error:
        return _refused(_show_party(name, error))
    return redirect(url_for("curating.party", name=name), 303)


@curating.post("/steward/partners/<name>/<dataset>")
def describe(name: str, dataset: str) -> BaseResponse:
    """Change the record of a dataset."""
    identity = require_identity(Permission.DECIDE, NOT_HOST)
    form, key = request.form, DatasetKey(name, dataset)
    terms = ("licence", "theme", "frequency", "purpose", "responsible")
    fields = {term: form.get(term, "") for term in terms}
    try:
        edit_dataset(
            host().settings,
            key,
            DatasetFields(title=_both("title"), description=_both("description"), **fields),
            identity.author,
            form.get("reason", ""),
            form.get("digest"),
        )
    except OutdatedText as error:
        return _refused(_show_party(name, error))
    return redirect(f"{url_for('curating.party', name=name)}#{key.dataset}", 303)


def _show_party(name: str, outdated: OutdatedText | None = None) -> Response:
    settings, catalog = host().settings, load_catalog(host().settings)
    member = require_party(catalog, name)
    is_partner = isinstance(member, Partner)
    path = f"{member.slug}/{'partner' if is_partner else 'party'}.ttl"
    datasets = [d for key, d in sorted(catalog.datasets.items(), key=lambda i: str(i[0]))]
    page = render_template(
        "texts/partner.html",
        member=member,
        is_partner=is_partner,
        kind=_kind_of(member.metadata, member.iri),
        url=member.url if isinstance(member, Partner) else "",
        path=path,
        digest=digest_of(read_editable(settings, path)),
        datasets=[_describe_dataset(d) for d in datasets if d.key.partner == member.slug],
        kinds=list_kinds(host().settings, language()),
        frequencies=FREQUENCIES,
        purposes=PURPOSE_NAMES,
        outdated=explain(outdated, language()) if outdated else "",
    )
    return negotiated_response(page, store=False)


def _kind_of(graph: Graph, iri: str) -> str:
    kind = graph.value(URIRef(iri), URIRef("https://w3id.org/parvis/ns#organizationType"))
    return str(kind or "").rpartition("/")[2]


def _describe_dataset(dataset: Dataset) -> dict[str, Any]:
    """Return what the form of a dataset shows."""
    graph, iri = dataset.metadata, URIRef(dataset.iri)
    path = f"{dataset.key}/dataset.ttl"
    steps = {
        "theme": DCAT.theme,
        "frequency": DCTERMS.accrualPeriodicity,
        "purpose": DPV.hasPurpose,
    }
    responsible = str(graph.value(iri, DPV.hasResponsibleEntity) or "")
    return {
        "name": dataset.key.dataset,
        "title": dataset.title,
        "description": dataset.description,
        "licence": dataset.licence,
        "responsible": responsible.rpartition("/")[2],
        "path": path,
        "digest": digest_of(read_editable(host().settings, path)),
        **{name: str(graph.value(iri, step) or "") for name, step in steps.items()},
    }


def _both(name: str) -> dict[str, str]:
    return {lang: request.form.get(f"{name}_{lang}", "").strip() for lang in LANGUAGES}


def _refused(response: Response) -> Response:
    response.status_code = 409
    return response
