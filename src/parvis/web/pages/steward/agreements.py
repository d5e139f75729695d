"""Agreements in the browser, for both sides: drafted as questions, simulated, signed."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.config import clock
from parvis.config.json_data import to_json
from parvis.errors import UsageError
from parvis.governance import Permission
from parvis.i18n import LANGUAGES, N_, explain, span
from parvis.ledger import Author
from parvis.pooling.intake.drafts.store import Draft, Drafts
from parvis.pooling.serving.readers import Identity
from parvis.pooling.stewardship.agreements import Side, list_versions, sign
from parvis.pooling.stewardship.agreements.presenting import (
    AgreementView,
    list_kinds,
    list_own_projects,
    view_agreement,
)
from parvis.pooling.stewardship.agreements.questions import (
    PURPOSE_NAMES,
    Answers,
    draft_from_answers,
)
from parvis.pooling.stewardship.agreements.simulating import LEVELS
from parvis.pooling.stewardship.entries import add_agreement, load_catalog, require_party
from parvis.pooling.stewardship.onboarding import ACCESS
from parvis.pooling.stewardship.texts import OutdatedText, discard_text, require_reason
from parvis.vocab.iris import DatasetKey
from parvis.web.http.access import host, reader_of
from parvis.web.http.errors import Refusal, require_identity
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending

agreeing = Blueprint("agreeing", __name__)

NOT_HOST = N_("This is for the steward: sign in with an account of the trusted third party.")
NOT_PARTY = N_("This is for the people of a partner: sign in first.")
NOT_SIGNATORY = N_("Your role does not let you sign, or change drafts, for your organisation.")
HOST_PAGE = N_("The trusted third party’s agreements are on the steward’s pages.")
ACTS = ("draft", "amend", "sign", "discard")
DURATIONS = ("P6M", "P1Y", "P18M", "P2Y", "P3Y", "P5Y", "P10Y")
ACT = f"any({','.join(ACTS)})"


@agreeing.get("/steward/agreements")
@reads(offers=PAGE_OR_JSON)
def listing() -> Response:
    """List the agreements of every party, with their states."""
    require_identity(Permission.WATCH, NOT_HOST)
    versions = list_versions(host().settings)
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify([_to_json(v.to_json()) for v in versions]), store=False)
    by_party: dict[str, list[Any]] = {}
    for version in versions:
        if not version.state.startswith("v"):
            by_party.setdefault(version.party, []).append(version)
    catalog = load_catalog(host().settings)
    page = render_template(
        "texts/agreements.html",
        by_party=by_party,
        names={party: require_party(catalog, party).names for party in by_party},
    )
    return negotiated_response(page, store=False)


@agreeing.get("/steward/agreements/<party>")
@reads("project", offers=PAGE_OR_JSON)
def agreement(party: str) -> Response:
    """Show an agreement of a party, with its draft, differences, and what it would open."""
    require_identity(Permission.WATCH, NOT_HOST)
    return _show(view_agreement(host().settings, party, _project()), Side.THIRD_PARTY)


@agreeing.post(f"/steward/agreements/<party>/<{ACT}:act>")
def change(party: str, act: str) -> BaseResponse:
    """Draft, amend, sign for the third party, or discard the draft of a party."""
    identity = require_identity(Permission.DECIDE, NOT_HOST)
    return _change(identity, party, act, Side.THIRD_PARTY)


@agreeing.get("/organization/agreements")
@reads("project", offers=PAGE_OR_JSON)
def own_agreement() -> Response:
    """Show a party its own agreement: nobody else's."""
    identity = require_identity(Permission.OWN, NOT_PARTY)
    view = view_agreement(host().settings, _own_party(identity), _project(), own=True)
    return _show(view, Side.PARTY, identity)


@agreeing.post(f"/organization/agreements/<{ACT}:act>")
def change_own(act: str) -> BaseResponse:
    """Draft, amend, sign for the party, or discard its draft."""
    permission = Permission.SIGN if act == "sign" else Permission.EDIT
    identity = require_identity(permission, NOT_SIGNATORY)
    return _change(identity, _own_party(identity), act, Side.PARTY)


def _own_party(identity: Identity) -> str:
    if identity.reader.host or identity.may(Permission.WATCH):
        raise Refusal(403, HOST_PAGE)
    return str(identity.reader.iri)


def _project() -> str | None:
    return request.values.get("project", "") or None


def _show(
    view: AgreementView,
    side: Side,
    identity: Identity | None = None,
    outdated: OutdatedText | None = None,
) -> Response:
    if outdated is None and require_ending(PAGE_OR_JSON) != HTML:
        body = {
            "party": view.party,
            "project": view.project,
            "current": view.current and _to_json(view.current.to_json()),
            "draft": view.draft and _to_json(view.draft.to_json()),
            "former": [_to_json(version.to_json()) for version in view.former],
            "simulation": view.simulation and to_json(view.simulation.to_json()),
            "digest": view.digest,
        }
        return negotiated_response(jsonify(body), store=False)
    is_host = side is Side.THIRD_PARTY
    own_iri = list(view.signatories)[-1 if is_host else 0]
    page = render_template(
        "texts/agreement.html",
        view=view,
        is_host=is_host,
        may_sign=is_host or (identity is not None and identity.may(Permission.SIGN)),
        may_edit=is_host or (identity is not None and identity.may(Permission.EDIT)),
        waits_for_us=own_iri in view.waits_for,
        access=ACCESS,
        levels=LEVELS,
        kinds=list_kinds(host().settings, language()),
        files=_list_files(view) if not is_host else [],
        durations=_list_durations(view),
        projects=list_own_projects(host().settings, view.party),
        purposes=PURPOSE_NAMES,
        neighbours=_list_neighbours(view),
        outdated=outdated,
        outdated_words=explain(outdated, language()) if outdated else "",
    )
    return negotiated_response(page, store=False)


def _list_neighbours(view: AgreementView) -> list[tuple[str, Mapping[str, str]]]:
    """Return the other partners of the project, with whose audiences one may be compared."""
    if view.project is None:
        return []
    catalog = load_catalog(host().settings)
    members = catalog.require_project(view.project).members
    others = {view.party, catalog.third_party.slug}
    partners = catalog.partners.values()
    return [(p.slug, p.names) for p in partners if p.iri in members and p.slug not in others]


def _list_files(view: AgreementView) -> list[Draft]:
    """Return the files in progress of a partner whose datasets this draft, or agreement, covers."""
    # What somebody signs for is most often a file that waits to be submitted.
    covered = {row.key for row in view.questionnaire.questions} if view.questionnaire else set()
    if not covered:
        return []
    drafts = Drafts(host().settings, str(reader_of(request).iri)).all()
    return [draft for draft in drafts if draft.key in covered and not draft.deposit]


def _list_durations(view: AgreementView) -> list[tuple[str, str]]:
    """Return the usual durations and those of the agreement, with their words."""
    questions = view.questionnaire.questions if view.questionnaire else ()
    stated = [question.answers.keep for question in questions if question.answers]
    codes = dict.fromkeys([*DURATIONS, *filter(None, stated)])
    return [(code, span(language(), code)) for code in codes]


def _to_json(version: Mapping[str, Any]) -> dict[str, Any]:
    """Return a version without its place on the machine."""
    return {name: value for name, value in version.items() if name != "file"}


def _change(identity: Identity, party: str, act: str, side: Side) -> BaseResponse:
    settings, form, author = host().settings, request.form, identity.author
    project, own = _project(), side is Side.PARTY
    view = view_agreement(settings, party, project, own=own)
    try:
        if act == "amend":
            add_agreement(settings, party, project, None, author, form.get("reason", ""))
        elif act == "draft":
            _draft(view, project, author)
        elif act == "sign":
            _sign(party, project, side, author)
        elif view.draft is None:
            raise UsageError(NO_DRAFT)
        else:
            reason, digest = form.get("reason", ""), form.get("digest", "")
            discard_text(settings, view.draft.path, author, reason, expected=digest)
    except OutdatedText as error:
        # What was asked is not done: the page shows the text as it is now, and says so.
        fresh = view_agreement(settings, party, project, own=own)
        response = _show(fresh, side, identity, outdated=error)
        response.status_code = 409
        return response
    if own:
        return redirect(url_for("agreeing.own_agreement", project=project), 303)
    return redirect(url_for("agreeing.agreement", party=view.party, project=project), 303)


def _draft(view: AgreementView, project: str | None, author: Author) -> None:
    """Draft an agreement from the answers of the form."""
    draft_from_answers(
        host().settings,
        view.party,
        project,
        _read_answers(view),
        author,
        require_reason(request.form.get("reason", "")),
        expected=request.form.get("digest"),
        replacing=request.form.get("replace") == "yes",
    )


def _sign(party: str, project: str | None, side: Side, author: Author) -> None:
    digest = request.form.get("digest", "")
    if not digest:
        # Without it, somebody would sign a text that another person has changed meanwhile.
        raise UsageError(UNREAD)
    sign(
        host().settings,
        party,
        project,
        {lang: request.form.get(f"role_{lang}", "") for lang in LANGUAGES},
        clock.day_in_quebec(),
        author,
        side=side,
        expected=digest,
        confirmed=request.form.get("confirmed") == "yes",
    )


NO_DRAFT = N_("There is no draft any more.")
UNREAD = N_(
    "This signature does not say which text it is of: open the page of the agreement, read the"
    " draft and sign it there. A program sends the “digest” that the page has in JSON."
)
UNANSWERED = N_(
    "Say who may read “{dataset}”, or that it is not part of this agreement: its rules were written"
    " by hand, and your answers replace them."
)
NOT_PART = "none"
"""The answer that a dataset is not in the agreement."""


def _read_answers(view: AgreementView) -> dict[DatasetKey, Answers]:
    """Read the answers of the form, of the datasets that the page asked about."""
    form, answers = request.form, {}
    for question in view.questionnaire.questions if view.questionnaire else ():
        name = question.key.dataset
        access = form.get(f"{name}.access", "" if question.by_hand else NOT_PART)
        if not access:
            # Silence must not take a dataset's rules out.
            raise UsageError(UNANSWERED, dataset=question.title)
        if access != NOT_PART:
            answers[question.key] = Answers(
                access,
                tuple(filter(None, form.getlist(f"{name}.excluded")))
                if access == "members"
                else (),
                form.get(f"{name}.keep", "").strip(),
                form.get(f"{name}.purpose", ""),
                form.get(f"{name}.until", ""),
                form.get(f"{name}.in_return") == "yes",
                form.get(f"{name}.count_people") == "yes",
                tuple(filter(None, form.getlist(f"{name}.overlap_with"))),
                form.get(f"{name}.overlap_purpose", ""),
                form.get(f"{name}.overlap_until", ""),
            )
    return answers
