"""“My queries”: save a query, list one's own, make them public or private, delete them."""

from flask import (
    Blueprint,
    Response,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug import Response as BaseResponse
from werkzeug.datastructures import MultiDict

from parvis.catalog.queries import OTHER, THEMES
from parvis.governance import Permission
from parvis.i18n import LANGUAGES, N_, both
from parvis.ledger import SavedQueries
from parvis.pooling.serving.site.saved_queries import (
    delete_query,
    require_owner,
    save_query,
    saved_query_to_json,
)
from parvis.pooling.stewardship.texts.promoting import promote_query
from parvis.web.api.short_links import read_parameters
from parvis.web.api.sparql import generation_of
from parvis.web.http.access import host
from parvis.web.http.errors import require_identity, wants_page
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending

saved_queries = Blueprint("saved_queries", __name__)

NOT_SIGNED_IN = N_("Sign in to save queries and to see your own.")
NOT_STEWARD = N_("This is for the steward: sign in with an account of the trusted third party.")
ACTS = ("public", "private", "delete")


@saved_queries.get("/account/queries")
@reads("done", offers=PAGE_OR_JSON)
def listing() -> Response:
    """List one's own saved queries; for the steward, the public ones of all besides."""
    identity = require_identity(Permission.OWN, NOT_SIGNED_IN)
    settings, queries = host().settings, SavedQueries(host().settings.data)
    own = queries.of_owner(require_owner(identity))
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(
            jsonify([saved_query_to_json(settings, saved) for saved in own]), store=False
        )
    decides = identity.may(Permission.DECIDE)
    page = render_template(
        "account/queries.html",
        own=own,
        public=queries.public() if decides else [],
        themes={slug: both(title) for slug, title in THEMES.items()},
        other=OTHER,
        done=request.args.get("done", ""),
    )
    return negotiated_response(page, store=False)


@saved_queries.post("/account/queries")
def save() -> Response:
    """Save a query, as a new one or as the next version of one's own (`id`)."""
    identity, form = require_identity(Permission.OWN, NOT_SIGNED_IN), request.form
    parameters = read_parameters(form)
    pinned = parameters.pop("generation", None)
    shown = generation_of(MultiDict({"generation": form.get("published", "")}))
    saved = save_query(
        host().settings,
        host().shares,
        identity,
        parameters,
        {lang: form.get(f"title_{lang}", "") for lang in LANGUAGES},
        generation=int(pinned[0]) if pinned else shown,
        is_public=bool(form.get("public")),
        name=form.get("id", ""),
    )
    if wants_page():
        return make_response(redirect(url_for("saved_queries.listing", done="saved"), 303))
    content = saved_query_to_json(host().settings, saved)
    response = jsonify(content)
    response.status_code, response.location = 201, str(content["address"])
    return response


@saved_queries.post(f"/account/queries/<name>/<any({','.join(ACTS)}):act>")
def change(name: str, act: str) -> BaseResponse:
    """Make one of one's queries public or private, or delete it; the steward any public one."""
    identity, settings = require_identity(Permission.OWN, NOT_SIGNED_IN), host().settings
    owner = require_owner(identity)
    if act == "delete":
        delete_query(settings, name, owner, decides=identity.may(Permission.DECIDE))
    else:
        SavedQueries(settings.data).change_access(name, owner, is_public=act == "public")
    return _lead_back(act)


@saved_queries.post("/account/queries/<name>/question")
def promote(name: str) -> BaseResponse:
    """Make a question of a public query; the next publication has it in the gallery."""
    identity, form = require_identity(Permission.DECIDE, NOT_STEWARD), request.form
    promote_query(
        host().settings,
        name,
        form.get("slug", ""),
        theme=form.get("theme") or OTHER,
        author=identity.author,
    )
    return _lead_back("question")


def _lead_back(done: str) -> BaseResponse:
    if wants_page():
        return redirect(url_for("saved_queries.listing", done=done), 303)
    return Response(status=204)
