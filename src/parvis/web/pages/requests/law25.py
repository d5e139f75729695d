"""The file of a request under Law 25: guided form, checklist, dated steps and the file to send."""

from flask import (
    Blueprint,
    Response,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug import Response as BaseResponse

from parvis.config.json_data import to_json
from parvis.governance import Permission
from parvis.governance.law25 import CRITERIA, ITEMS, OPTIONAL, STEPS
from parvis.i18n import N_
from parvis.pooling.stewardship.requests import law25 as verbs
from parvis.pooling.stewardship.requests.requesting import RequestView, read_request
from parvis.web.http.access import PRIVATE, host
from parvis.web.http.errors import require_identity
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending
from parvis.web.http.uploads import receive_upload

law25 = Blueprint("law25", __name__)

RECEIVING = frozenset({"law25.join"})
"""The endpoints of this blueprint that receive a file."""
NOT_PARTY = N_("This is for the organisations of the pool: sign in.")


def _read(name: str, permission: Permission = Permission.OWN) -> RequestView:
    """Return a request to its parties and to who watches; for anyone else it does not exist."""
    identity = require_identity(permission, NOT_PARTY)
    watching = identity.may(Permission.WATCH)
    party = str(identity.reader.iri)
    return read_request(host().settings, name, party, watching=watching)


@law25.get("/requests/<name>/law25")
@reads(offers=PAGE_OR_JSON)
def page(name: str) -> Response:
    """Show what the law asks for, what is written already, and the dated steps."""
    access = _read(name).request
    view = verbs.read_file(host().settings, name)
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify(to_json(view)), store=False)
    identity = require_identity(None, NOT_PARTY)
    may_edit = identity.may(Permission.EDIT)
    content = render_template(
        "requests/law25.html",
        access=access,
        view=view,
        items=ITEMS,
        optional=OPTIONAL,
        criteria=CRITERIA,
        steps=STEPS,
        may_edit=may_edit,
        may_write=may_edit and verbs.may_write(access, identity.author),
        longest=verbs.LONGEST,
        most=verbs.MOST // 1_000_000,
    )
    return negotiated_response(content, store=False)


@law25.post("/requests/<name>/law25")
def write(name: str) -> BaseResponse:
    """Store what the form says."""
    _read(name, Permission.EDIT)
    answers = {item: request.form[item] for item in ITEMS if item in request.form}
    author = require_identity(Permission.EDIT, NOT_PARTY).author
    verbs.write_answers(host().settings, name, answers, author)
    return redirect(url_for("law25.page", name=name), 303)


@law25.post("/requests/<name>/law25/assessment")
def join(name: str) -> BaseResponse:
    """Join the privacy impact assessment."""
    _read(name, Permission.EDIT)
    author = require_identity(Permission.EDIT, NOT_PARTY).author
    with receive_upload() as file:
        verbs.join_assessment(host().settings, name, file, author)
    return redirect(url_for("law25.page", name=name, _anchor="assessment"), 303)


@law25.get("/requests/<name>/law25/assessment")
def assessment(name: str) -> Response:
    """Return the privacy impact assessment, to keep."""
    _read(name)
    path, kind = verbs.find_assessment(host().settings, name)
    view = verbs.read_file(host().settings, name)
    file_name = f"efvp-{name}.{view.file.assessment}"
    response = send_file(path, mimetype=kind, as_attachment=True, download_name=file_name)
    response.headers["Cache-Control"] = PRIVATE
    return response


@law25.post("/requests/<name>/law25/steps/<step>")
def date(name: str, step: str) -> BaseResponse:
    """Store the `day` of a step."""
    _read(name, Permission.EDIT)
    author = require_identity(Permission.EDIT, NOT_PARTY).author
    verbs.date_step(host().settings, name, step, request.form.get("day", ""), author)
    return redirect(url_for("law25.page", name=name, _anchor="steps"), 303)


@law25.get("/requests/<name>/law25/document")
def document(name: str) -> Response:
    """Return the file to send, in French with English alongside."""
    access = _read(name).request
    names = {party: host().names(party) for party in (access.requester, access.owner)}
    text = verbs.render_document(host().settings, name, names)
    response = Response(text, mimetype="text/html")
    response.headers["Content-Disposition"] = f'attachment; filename="loi-25-{access.id}.html"'
    return negotiated_response(response, store=False)
