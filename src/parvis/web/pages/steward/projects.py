"""The steward's pages of pooling projects: create, edit, close."""

from collections.abc import Iterable

from flask import Blueprint, Response, redirect, render_template, request, url_for
from rdflib import Graph
from werkzeug import Response as BaseResponse

from parvis.catalog.codelists import scheme
from parvis.catalog.entries import Partner
from parvis.config import clock
from parvis.errors import UsageError
from parvis.governance import Permission
from parvis.i18n import LANGUAGES, N_, explain
from parvis.mapping.concepts import fold_text
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.entries import add_project, load_catalog
from parvis.pooling.stewardship.projects import close
from parvis.pooling.stewardship.texts import OutdatedText, digest_of, read_editable, require_reason
from parvis.pooling.stewardship.texts.records import (
    ProjectFields,
    edit_project,
    find_project_text,
    read_day,
    read_need,
)
from parvis.web.http.access import host
from parvis.web.http.errors import require_identity
from parvis.web.http.inputs import reads
from parvis.web.http.language import localise
from parvis.web.http.negotiation import negotiated_response

planning = Blueprint("planning", __name__)

NOT_HOST = N_("This is for the steward: sign in with an account of the trusted third party.")
NOT_NAMED = N_("To close the project, write its name as it is: {name}")
NO_LESSON = N_("Say what was learned, in French and in English.")


@planning.get("/steward/projects")
@reads()
def projects() -> Response:
    """List the projects, and a form to create one."""
    require_identity(Permission.DECIDE, NOT_HOST)
    catalog = load_catalog(host().settings)
    page = render_template(
        "texts/projects.html",
        projects=catalog.projects.values(),
        groups=_group_by_kind(catalog.partners.values()),
    )
    return negotiated_response(page, store=False)


@planning.post("/steward/projects")
def create() -> BaseResponse:
    """Create a project with its members."""
    identity = require_identity(Permission.DECIDE, NOT_HOST)
    form = request.form
    name = form.get("slug", "").strip()
    add_project(
        host().settings,
        name,
        _both("title"),
        _both("objective"),
        start=read_day(form.get("start", "")),
        end=read_day(form.get("end", "")),
        members=form.getlist("member"),
        key_holder=_both("key_holder"),
        people_budget=form.get("people_budget", ""),
        author=identity.author,
        reason=require_reason(form.get("reason", "")),
    )
    return redirect(url_for("planning.project", slug=name), 303)


@planning.get("/steward/projects/<slug>")
@reads()
def project(slug: str) -> Response:
    """Show a project in a form, with the need of each member, and how to close it."""
    require_identity(Permission.DECIDE, NOT_HOST)
    return _show(slug)


@planning.post("/steward/projects/<slug>")
def edit(slug: str) -> BaseResponse:
    """Change a project: its texts, dates, members and their needs."""
    identity = require_identity(Permission.DECIDE, NOT_HOST)
    form, members = request.form, request.form.getlist("member")
    fields = ProjectFields(
        _both("title"),
        _both("objective"),
        form.get("start", ""),
        form.get("end", ""),
        members,
        {member: _both(f"need.{member}") for member in members},
        _both("key_holder"),
        form.get("people_budget", ""),
    )
    try:
        edit_project(
            host().settings,
            slug,
            fields,
            identity.author,
            form.get("reason", ""),
            form.get("digest"),
        )
    except OutdatedText as error:
        response = _show(slug, error)
        response.status_code = 409
        return response
    return redirect(url_for("planning.project", slug=slug), 303)


@planning.post("/steward/projects/<slug>/close")
def end(slug: str) -> BaseResponse:
    """Close a project, once its name is written; what was learned is said in both languages."""
    identity = require_identity(Permission.DECIDE, NOT_HOST)
    form, learned = request.form, _both("learned")
    if form.get("name", "").strip() != slug:
        raise UsageError(NOT_NAMED, name=slug)
    if not all(learned.values()):
        raise UsageError(NO_LESSON)
    with Pool.open(host().settings) as pool:
        at = clock.machine_time().astimezone(clock.QUEBEC).replace(microsecond=0)
        close(pool, slug, learned, at, identity.author, require_reason(form.get("reason", "")))
    return redirect(url_for("planning.project", slug=slug), 303)


def _show(slug: str, outdated: OutdatedText | None = None) -> Response:
    settings, catalog = host().settings, load_catalog(host().settings)
    shown, path = catalog.require_project(slug), find_project_text(settings, slug)
    text = read_editable(settings, path)
    graph = Graph().parse(data=text or "", format="turtle", publicID=settings.base)
    partners = catalog.partners.values()
    needs = {p.slug: read_need(graph, shown.iri, p.iri) for p in partners}
    named = {p.iri: any(needs[p.slug].values()) for p in partners}
    page = render_template(
        "texts/project.html",
        project=shown,
        members=[partner for partner in partners if partner.iri in shown.members],
        groups=_group_by_kind(p for p in partners if p.iri not in shown.members),
        needs=needs,
        # A need whose node has no name cannot be found again by a form.
        fixed_needs={iri: words for iri, words in shown.needs if not named.get(iri)},
        path=path,
        digest=digest_of(text),
        outdated={lang: explain(outdated, lang) for lang in LANGUAGES} if outdated else None,
    )
    return negotiated_response(page, store=False)


def _group_by_kind(partners: Iterable[Partner]) -> list[tuple[str, list[Partner]]]:
    """Return partners below the widest kind that each is of, in the order of the language."""
    kinds, groups = scheme("organization-type"), dict[str, list[Partner]]()
    for partner in sorted(partners, key=lambda partner: fold_text(localise(partner.names))):
        wider = kinds.above.get(partner.kind, {})
        kind = max(wider, key=lambda concept: wider[concept], default=partner.kind)
        groups.setdefault(localise(kinds.label(kind)), []).append(partner)
    return sorted(groups.items(), key=lambda group: fold_text(group[0]))


def _both(name: str) -> dict[str, str]:
    return {lang: request.form.get(f"{name}_{lang}", "").strip() for lang in LANGUAGES}
