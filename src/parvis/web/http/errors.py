"""Errors as HTTP, once: problem+json (RFC 9457) for programs, a page for people."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from flask import Response, g, jsonify, make_response, redirect, render_template, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.http import parse_accept_header
from werkzeug.routing import RequestRedirect

from parvis.errors import (
    AnswerTooLarge,
    ClosedDataset,
    EngineFailed,
    FetchError,
    InputError,
    LimitError,
    MachineError,
    NoLongerKept,
    NothingPublished,
    ParvisError,
    ShareError,
    SheetError,
    StaleForm,
    StoreError,
    TokenError,
    UnknownThing,
    Withdrawn,
    WorkerDied,
)
from parvis.governance import Permission
from parvis.i18n import N_, both, is_machines, machine_error
from parvis.pooling.serving.readers import Identity
from parvis.web.http.access import identify
from parvis.web.http.language import language
from parvis.web.http.next_steps import explain_status, list_next_steps
from parvis.web.http.request_log import ACCEPT, request_id

PROBLEM = "application/problem+json"

STATUS: dict[type[ParvisError], int] = {
    TokenError: 401,
    NoLongerKept: 410,
    Withdrawn: 410,
    UnknownThing: 404,
    ClosedDataset: 403,
    StaleForm: 409,
    SheetError: 406,
    InputError: 400,
    AnswerTooLarge: 422,
    EngineFailed: 422,  # not a 5xx, which many clients send again by themselves
    ShareError: 429,
    LimitError: 503,
    NothingPublished: 503,
    MachineError: 503,  # a full disk, a lock: what was asked may be asked again
    WorkerDied: 503,
    FetchError: 503,
    ParvisError: 500,
}
"""The status of each kind of error; a kind that is not listed has its parent's."""

RETRY_AFTER: dict[type[ParvisError], int] = {
    NothingPublished: 60,
    StoreError: 30,
    WorkerDied: 1,
    FetchError: 10,
}
"""Seconds after which asking again makes sense; a `LimitError` brings its own, or none."""

SENTENCES: dict[int, str] = {
    400: N_("This request cannot be understood."),
    403: N_("This is not allowed."),
    404: N_("There is nothing at this address."),
    405: N_("This address does not answer to {method}."),
    408: N_(
        "What you send came too slowly, or stopped coming. Try again, from a faster connection if"
        " you can."
    ),
    413: N_("This request is too large."),
    415: N_("The body of this request has a media type that is not read here."),
    500: N_("Something went wrong on our side. It has been noted."),
}
"""The messages for errors raised by werkzeug."""


class Refusal(HTTPException):
    """An HTTP error whose message has both languages."""

    def __init__(self, code: int, template: str, /, **fields: object) -> None:
        super().__init__()
        self.code = code
        self.template = template
        self.fields = fields


def require_identity(permission: Permission | None, sentence: str) -> Identity:
    """Return the identity behind the request; refuse with 403 one without a permission."""
    identity = identify(request)
    if identity is None or (permission is not None and not identity.may(permission)):
        raise Refusal(403, sentence)
    return identity


@dataclass(frozen=True)
class HttpProblem:
    """An error as clients see it: status, a sentence in each language, place, headers."""

    status: int
    detail: dict[str, str]
    place: dict[str, int] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return HTTPStatus(self.status).phrase

    def to_json(self, lang: str) -> dict[str, Any]:
        """Return the problem's members (RFC 9457 §3), `details` with both languages."""
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail[lang],
            "details": self.detail,
            "request": request_id(),
            **self.place,
        }


def problem_of(error: ParvisError | HTTPException) -> HttpProblem:
    """Return an error as HTTP; the one mapping from errors to HTTP."""
    headers: dict[str, str] = {}
    if isinstance(error, ParvisError):
        wait = error.fields.get("retry", RETRY_AFTER.get(type(error)))
        if wait is not None:
            headers["Retry-After"] = str(wait)
        elif isinstance(error, TokenError):
            # A 401 must say why a token was refused (RFC 6750 §3; in ASCII).
            headers["WWW-Authenticate"] = (
                f'Bearer realm="parvis", error="invalid_token", error_description="{error}"'
            )
        fields = error.fields.items()
        return HttpProblem(
            status=next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS),
            detail=both(error.template, **error.fields),
            place={k: v for k, v in fields if k in {"line", "column"} and isinstance(v, int)},
            headers=headers,
        )
    if isinstance(error, Refusal):
        return HttpProblem(error.code or 400, both(error.template, **error.fields))
    status = error.code or 500
    sentence = SENTENCES.get(status, SENTENCES[400 if status < 500 else 500])  # noqa: PLR2004
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        # A 405 must name the methods (RFC 9110 §15.5.6).
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return HttpProblem(status, both(sentence, method=request.method), headers=headers)


def wants_page() -> bool:
    """Return whether the reader is a person: only a browser prefers HTML to JSON."""
    kinds = [PROBLEM, "application/json", "text/html"]
    accept = request.environ.get(ACCEPT) or request.headers.get("Accept", "")
    return parse_accept_header(accept, MIMEAccept).best_match(kinds) == "text/html"


def render_problem(problem: HttpProblem) -> Response:
    """Return a problem as a page or as problem+json, as the reader prefers."""
    lang = language()
    g.problem = problem  # the record of refused queries reads it
    if wants_page():
        signed_in = g.get("identified") is not None
        page = render_template(
            "error.html",
            problem=problem,
            name=request_id(),
            why=explain_status(problem.status),
            steps=list_next_steps(
                problem.status, signed_in=signed_in, waits=problem.headers.get("Retry-After", "")
            ),
        )
        response = make_response(page)
    else:
        response = jsonify(problem.to_json(lang))
        response.mimetype = PROBLEM
        response.content_language.add(lang)
    response.status_code = problem.status
    response.headers.update(problem.headers)
    response.vary.add("Accept")
    response.cache_control.no_store = True
    return response


def redirect_by_path(response: Response) -> Response:
    """Write a redirect of routing without the host."""
    error = request.routing_exception
    if not isinstance(error, RequestRedirect):
        return response
    # Routing writes an address with the host that the request names: anyone may name any, and a
    # cache before the site would lead other readers there. The path alone is safe.
    url = urlsplit(error.new_url)
    path = f"/{url.path.lstrip('/')}"  # two slashes would begin with a host
    return make_response(redirect(urlunsplit(("", "", path, url.query, "")), error.code))


def answer_error(error: ParvisError) -> Response:
    return render_problem(problem_of(error))


def answer_machine_error(error: OSError) -> Response:
    """Answer an error of the machine, as a full disk; raise any other again."""
    if not is_machines(error):
        raise error
    # Strangers read this: no folder of the machine is named.
    return render_problem(problem_of(machine_error(OSError(error.errno, error.strerror))))


def answer_http_error(error: HTTPException) -> Response:
    if error.code is not None and error.code < 400:  # noqa: PLR2004 - a redirect of routing
        return make_response(error.get_response())
    return render_problem(problem_of(error))
