"""The steward's page of tokens, by which programs read, send files or copy the pool."""

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.config.json_data import to_json
from parvis.errors import UsageError
from parvis.governance import Permission
from parvis.i18n import N_
from parvis.ledger import TokenScope
from parvis.pooling.people.people import clean_text, list_parties
from parvis.pooling.serving.readers import (
    DAYS,
    Identity,
    IssuedToken,
    create_token,
    list_tokens,
    revoke_token,
    rotate_token,
)
from parvis.pooling.stewardship.onboarding import PURPOSES
from parvis.vocab.namespaces import PREFIXES
from parvis.web.http.access import host
from parvis.web.http.errors import require_identity
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending

tokens = Blueprint("tokens", __name__)

NOT_STEWARD = N_("This is for the steward alone.")
WRONG_DAYS = N_("A token lives for 1 to {most} days: write a number.")
WRONG_SCOPE = N_("Choose what the token allows from the list.")
PURPOSE_NAMES = {"analytics": N_("analysis of use"), "research": N_("research")}
MOST_DAYS = 3_650
LONGEST = 100
"""Characters of a label."""
SCOPES = {
    TokenScope.READ: N_("reading alone"),
    TokenScope.GIVE: N_("read and give files"),
    TokenScope.PROTECTOR: N_("watch over its data (the third party: the whole pool)"),
    TokenScope.REPLICA: N_("copy all"),
    TokenScope.HOST: N_("stewardship"),
}


@tokens.get("/steward/tokens")
@reads("done", offers=PAGE_OR_JSON)
def listing() -> Response:
    """List all tokens, without their secrets."""
    _require_steward()
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify(to_json(list_tokens(host().settings))), store=False)
    return _render_page(None)


@tokens.post("/steward/tokens")
def create() -> Response:
    """Create a token for a party, and show it this once."""
    identity, form = _require_steward(), request.form
    issued = create_token(
        host().settings,
        form.get("party", ""),
        label=clean_text(form.get("label", ""), LONGEST),
        days=read_days(DAYS, MOST_DAYS, WRONG_DAYS),
        scope=_read_scope(form.get("scope", "")),
        purposes=read_purposes(),
        author=identity.author,
    )
    return _render_page(issued)


@tokens.post("/steward/tokens/<name>/<any(rotate,revoke):act>")
def change(name: str, act: str) -> BaseResponse:
    """Replace a token by another like it, which is shown this once, or end it at once."""
    identity = _require_steward()
    if act == "rotate":
        return _render_page(rotate_token(host().settings, name, author=identity.author))
    revoke_token(host().settings, name, identity.author)
    return redirect(url_for("tokens.listing", done=act), 303)


def _require_steward() -> Identity:
    return require_identity(Permission.DECIDE, NOT_STEWARD)


def read_days(default: int, most: int, problem: str) -> int:
    """Return the days of a form; raises `UsageError` with a sentence that names the most."""
    text = request.form.get("days", str(default))
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(most))
    if not is_number or not 1 <= int(text) <= most:
        raise UsageError(problem, most=most)
    return int(text)


def read_purposes() -> list[str]:
    """Return the IRIs of the purposes that are ticked in a form."""
    ticked = (code for code in request.form.getlist("purpose") if code in PURPOSES)
    return [PREFIXES["dpv"] + PURPOSES[code] for code in ticked]


def _read_scope(text: str) -> str | None:
    if text and text not in set(SCOPES):
        raise UsageError(WRONG_SCOPE)
    return text or None


def _render_page(issued: IssuedToken | None) -> Response:
    settings = host().settings
    entries, parties = list_tokens(settings), list_parties(settings)
    page = render_template(
        "steward/tokens.html",
        tokens=sorted(entries, key=lambda entry: entry["state"] != "live"),
        parties=parties,
        names={
            entry["party"]: parties.get(entry["party"]) or host().names(entry["party"])
            for entry in entries
        },
        scopes=SCOPES,
        purposes=PURPOSE_NAMES,
        purpose_names={PREFIXES["dpv"] + PURPOSES[code]: PURPOSE_NAMES[code] for code in PURPOSES},
        days=DAYS,
        issued=issued,
        done=request.args.get("done", ""),
    )
    return negotiated_response(page, store=False)
