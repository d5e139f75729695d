"""Answers given before the application, in the form that it gave to one like them.

Flask and all that is decided around an answer take longer than a look-up itself. For the plainest
request (an anonymous GET with a query and nothing else) what it decides depends on the headers by
which the reader chooses, on the kind of answer and on the generation alone: what it said of one
is said of the next, with a tag, a length and a rest of the reader's share of its own. The
application answers what is new, coded or in error; what was asked for it is not asked again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from flask import Flask
from werkzeug.http import quote_etag

from parvis.errors import ParvisError
from parvis.governance.question import Reader
from parvis.pooling.ask import Answer, Generation, Host, Question
from parvis.web.access import anonymous
from parvis.web.compression import is_small
from parvis.web.conditions import ASKED, Asked
from parvis.web.language import FIXED
from parvis.web.negotiation import GRAPHS, HTML, RESULTS, liked
from parvis.web.rates import rest
from parvis.web.repeats import STANDING, Begun, Headers, choices
from parvis.web.sparql import ANSWERS, WORKBOOK

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

QUERY = "query="
PATH = "/sparql"

ELSE = ("CONTENT_TYPE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", FIXED)
"""What a plain request does not hold; `choices` tells of the others."""

OWN = {"etag", "content-length", "ratelimit", "date"}
"""What the application says of one answer only."""


@dataclass(frozen=True)
class Form:
    """What the application says of every answer of one kind."""

    headers: Headers

    @property
    def size(self) -> int:
        """Count the bytes."""
        return sum(len(name) + len(value) for name, value in self.headers)


class LookUps:
    """Serves an application, and by itself answers of a form that it gave already."""

    def __init__(self, app: "WSGIApplication", host: Host) -> None:
        """Stand before an application, sharing its host's memory for answers."""
        self.app = app
        self.host = host

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a plain question, or let the application answer."""
        standing: Generation | None = environ.get(STANDING)
        question = None if standing is None else _plain(environ)
        if question is None or standing is None:
            return self.app(environ, start_response)
        asked = self._ask(anonymous(environ.get("REMOTE_ADDR", "")), question, standing)
        answer = asked.outcome
        environ[ASKED] = asked
        if isinstance(answer, ParvisError) or answer.body is None or answer.tag is None:
            return self.app(environ, start_response)
        key = (answer.generation, answer.media_type, is_small(answer.body), choices(environ))
        form = self.host.answers.get(key)
        if isinstance(form, Form):
            return self._given(asked.reader, answer, form, start_response)
        return self._learned(environ, start_response, standing, key)

    def _ask(self, reader: Reader, question: Question, standing: Generation) -> Asked:
        """Ask the host; what goes wrong is for the application to tell."""
        try:
            return Asked(reader, question, self.host.ask(reader, question, standing))
        except ParvisError as error:
            return Asked(reader, question, error)

    def _given(
        self, reader: Reader, answer: Answer, form: Form, start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer in a form that is known."""
        body = answer.body or b""
        headers = [
            *form.headers,
            ("Content-Length", str(len(body))),
            ("ETag", quote_etag(str(answer.tag))),
        ]
        if left := rest(self.host.shares.standing(reader)):
            headers.append(("RateLimit", left))
        start_response("200 OK", headers)
        return [body]

    def _learned(
        self,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
        standing: Generation,
        key: tuple[object, ...],
    ) -> Iterable[bytes]:
        """Let the application answer, and keep the form of what it said."""
        begun = Begun(start_response)
        body = self.app(environ, begun.begin)
        if begun.may_be_kept and not begun.is_coded:
            told = [one for one in begun.headers if one[0].lower() not in OWN]
            self.host.answers.keep(standing, key, Form(told))
        return body


def _plain(environ: "WSGIEnvironment") -> Question | None:
    """Read a request that holds one query and nothing else; None for all others."""
    text = environ.get("QUERY_STRING", "")
    if environ["PATH_INFO"] != PATH or environ["REQUEST_METHOD"] != "GET":
        return None
    if not (text.startswith(QUERY) and text.isascii()) or "&" in text:
        return None
    if any(environ.get(one) for one in ELSE):
        return None
    try:
        query = unquote_to_bytes(text.removeprefix(QUERY).replace("+", " ")).decode()
    except UnicodeDecodeError:
        return None
    return _question(query, environ.get("HTTP_ACCEPT", "")) if query else None


def _question(query: str, accept: str) -> Question | None:
    """Ask as the endpoint would; None for what it does not answer with the host's own bytes."""
    results = liked(accept, RESULTS)
    if results == WORKBOOK or liked(accept, ANSWERS) in {None, HTML}:
        return None
    return Question(query, results_format=results, graph_format=liked(accept, GRAPHS))


def install(app: Flask, host: Host) -> None:
    """Stand before an application, behind what reads its paths and the address of who asks."""
    # The attribute is made to be replaced so: https://flask.palletsprojects.com/api/#flask.Flask.wsgi_app
    app.wsgi_app = LookUps(app.wsgi_app, host)  # type: ignore[method-assign]
