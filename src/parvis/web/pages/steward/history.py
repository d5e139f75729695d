"""The history of the catalogue's texts, undoing, and an editor of any text."""

from collections.abc import Callable

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.governance import Permission
from parvis.i18n import LANGUAGES, N_, explain
from parvis.pooling.stewardship.texts import (
    OutdatedText,
    author_in_words,
    change_to_json,
    digest_of,
    edit_text,
    group_texts,
    list_changes,
    list_outside,
    list_texts,
    list_titles,
    name_folder,
    name_text,
    read_editable,
    require_change,
    require_reason,
    undo_change,
)
from parvis.pooling.texts.valid import read_set_aside
from parvis.web.http.access import host
from parvis.web.http.errors import require_identity
from parvis.web.http.inputs import reads
from parvis.web.http.language import language, localise
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending

remembering = Blueprint("remembering", __name__)

NOT_HOST = N_("This is for the steward: sign in with an account of the trusted third party.")
SHOWN = 50
"""Changes on a page."""
DIGITS = 10
"""More digits than any number of a change has."""


@remembering.get("/steward/history")
@reads("path", "before", offers=PAGE_OR_JSON)
def history() -> Response:
    """List the changes of the catalogue's texts, the latest first."""
    require_identity(Permission.WATCH, NOT_HOST)
    settings, path = host().settings, request.args.get("path", "").strip("/")
    before = request.args.get("before", "")
    number = int(before) if before.isdecimal() and len(before) < DIGITS else None
    changes = list_changes(settings, path, SHOWN, number)
    outside = list_outside(settings, changes) if number is None else []
    if require_ending(PAGE_OR_JSON) != HTML:
        body = [change_to_json(change, outside) for change in changes]
        return negotiated_response(jsonify(body), store=False)
    page = render_template(
        "texts/history.html",
        changes=changes,
        by_hand={(text.change, text.path) for text in outside},
        who={c.number: author_in_words(c.author, language()) for c in changes},
        path=path,
        title_of=_name_texts(),
        older=changes[-1].number if len(changes) == SHOWN and not path else None,
        set_aside=read_set_aside(settings.data),
    )
    return negotiated_response(page, store=False)


@remembering.get("/steward/history/<int:number>")
@reads(offers=PAGE_OR_JSON)
def change(number: int) -> Response:
    """Show a change: its texts before and after, side by side, and how to undo it."""
    require_identity(Permission.WATCH, NOT_HOST)
    settings = host().settings
    text_change = require_change(settings, min(number, 10**DIGITS))
    if require_ending(PAGE_OR_JSON) != HTML:
        body = change_to_json(text_change, [], with_texts=True)
        return negotiated_response(jsonify(body), store=False)
    who = author_in_words(text_change.author, language())
    page = render_template("texts/change.html", change=text_change, who=who, title_of=_name_texts())
    return negotiated_response(page, store=False)


@remembering.post("/steward/history/<int:number>/undo")
def undo(number: int) -> BaseResponse:
    """Write the texts as they were before a change, with a `reason`."""
    identity = require_identity(Permission.DECIDE, NOT_HOST)
    reason = require_reason(request.form.get("reason", ""))
    undone = undo_change(host().settings, min(number, 10**DIGITS), identity.author, reason)
    return redirect(url_for("remembering.change", number=undone.number), 303)


@remembering.get("/steward/text")
@reads("path", offers=PAGE_OR_JSON)
def text() -> Response:
    """Show a text of the catalogue in an editor; without a path, list the texts."""
    require_identity(Permission.DECIDE, NOT_HOST)
    settings, path = host().settings, request.args.get("path", "")
    if not path:
        paths = list_texts(settings)
        if require_ending(PAGE_OR_JSON) != HTML:
            return negotiated_response(jsonify(paths), store=False)
        aside = read_set_aside(settings.data)
        groups = group_texts(list_titles(settings), paths)
        page = render_template("texts/texts.html", groups=groups, set_aside=aside)
        return negotiated_response(page, store=False)
    current = read_editable(settings, path)
    if require_ending(PAGE_OR_JSON) != HTML:
        body = {"path": path, "text": current, "digest": digest_of(current)}
        return negotiated_response(jsonify(body), store=False)
    return _show_editor(path, current, current or "", None)


@remembering.post("/steward/text")
def write() -> BaseResponse:
    """Write the `text` at a `path`, or `remove` it, with a `reason`, if it has the `digest`."""
    identity = require_identity(Permission.DECIDE, NOT_HOST)
    form = request.form
    path, content = form.get("path", ""), form.get("text", "")
    body = None if form.get("remove") == "yes" else content
    try:
        edit_text(
            host().settings,
            path,
            body,
            identity.author,
            form.get("reason", ""),
            form.get("digest", ""),
        )
    except OutdatedText as error:
        response = _show_editor(path, error.current, content, error)
        response.status_code = 409
        return response
    return redirect(url_for("remembering.history", path=path), 303)


def _name_texts() -> Callable[[str], str]:
    """Return a function that says what a text is, and whose, in the language of the page."""
    titles = list_titles(host().settings)

    def title_of(path: str) -> str:
        folder, _, rest = path.partition("/")
        owner, name = name_folder(titles, folder if rest else ""), name_text(titles, path)
        return f"{localise(owner)} · {localise(name)}"

    return title_of


def _show_editor(
    path: str, current: str | None, content: str, outdated: OutdatedText | None
) -> Response:
    page = render_template(
        "texts/text.html",
        path=path,
        title_of=_name_texts(),
        content=content,
        current=current,
        digest=digest_of(current),
        outdated={lang: explain(outdated, lang) for lang in LANGUAGES} if outdated else None,
    )
    return negotiated_response(page, store=False)
