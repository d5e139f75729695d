"""Answers given before the application, in the form that it gave to one like them.

Flask and all that is decided around an answer take longer than a look-up itself. For the plainest
request (an anonymous GET with a query and nothing else) what it decides depends on the headers by
which the reader chooses, on the kind of answer and on the generation alone: what it said of one
is said of the next, with a tag, a length and a rest of the reader's share of its own. The
application answers what is new, coded or in error; what was asked for it is not asked again.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.http import quote_etag

from parvis.errors import ParvisError
from parvis.governance.question import Reader
from parvis.pooling.serving.cache import Key
from parvis.pooling.serving.service import Answer, Generation, Host, Question
from parvis.web.api.sparql import ANSWERS, WORKBOOK
from parvis.web.http.access import anonymous
from parvis.web.http.caching import ASKED, Asked, Headers, Kept, choices, length, said
from parvis.web.http.compression import is_small
from parvis.web.http.negotiation import GRAPHS, HTML, RESULTS, liked
from parvis.web.http.quotas import rest

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

QUERY = "query="
PATH = "/sparql"

ELSE = frozenset({"CONTENT_TYPE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"})
"""What a plain request does not hold; `choices` tells of the others."""

OF_ONE = {"etag", "content-length"}
"""What the application says of one answer only."""

FORM = "parvis.form"
"""Where a request's environment tells of which form its answer is, if that is to be learned."""


@dataclass(frozen=True)
class Form:
    """What the application says of every answer of one kind, and the bytes of it."""

    headers: Headers
    size: int


class LookUps:
    """Answers plain questions by itself, in forms that the application gave already."""

    def __init__(self, host: Host, base: str) -> None:
        """Ask a host, sharing its memory for answers; the endpoint is known under `base`."""
        self.host = host
        self.paths = {PATH, urlsplit(base).path.rstrip("/") + PATH}

    def answer(
        self, environ: "WSGIEnvironment", standing: Generation
    ) -> tuple[Kept, Headers] | None:
        """Give what to answer to everyone, and what to say beside it to this reader alone.

        None where the application is to answer: it is told by `environ` what was asked already.
        """
        question = _plain(environ) if environ["PATH_INFO"] in self.paths else None
        if question is None:
            return None
        reader = anonymous(environ.get("REMOTE_ADDR", ""))
        answer = self._ask(reader, question, standing)
        if isinstance(answer, Answer) and answer.body is not None and answer.tag is not None:
            key = _key(environ, answer, answer.body)
            form = self.host.answers.get(key)
            if isinstance(form, Form):
                return _filled(form, answer.body, answer.tag), self._rest(reader)
            environ[FORM] = key
        environ[ASKED] = Asked(reader, question, answer)
        return None

    def is_query(self, environ: "WSGIEnvironment") -> bool:
        """Say whether a request goes to the endpoint."""
        return environ["PATH_INFO"] in self.paths

    def learn(self, environ: "WSGIEnvironment", standing: Generation, kept: Kept) -> None:
        """Keep the form of what the application answered, unless it is coded, as by gzip."""
        key = environ.get(FORM)
        if key is not None and not said(kept.headers, "content-encoding"):
            told = [one for one in kept.headers if one[0].lower() not in OF_ONE]
            self.host.answers.keep(standing, key, Form(told, length(told)))

    def _ask(
        self, reader: Reader, question: Question, standing: Generation
    ) -> Answer | ParvisError:
        """Ask the host; what goes wrong is for the application to tell."""
        try:
            return self.host.ask(reader, question, standing)
        except ParvisError as error:
            return error

    def _rest(self, reader: Reader) -> Headers:
        """Say what is left of a reader's share."""
        left = rest(self.host.shares.standing(reader))
        return [("RateLimit", left)] if left else []


def _key(environ: "WSGIEnvironment", answer: Answer, body: bytes) -> Key:
    """Tell a form from all others that the application may give."""
    chosen = choices(environ) or ()
    small = is_small(body)
    return (environ["PATH_INFO"], answer.generation, answer.media_type, small, *chosen)


def _filled(form: Form, body: bytes, tag: str) -> Kept:
    """Give an answer in a form that is known."""
    own = [("Content-Length", str(len(body))), ("ETag", quote_etag(tag))]
    return Kept("200 OK", form.headers + own, body, form.size + len(body))


def _plain(environ: "WSGIEnvironment") -> Question | None:
    """Read a request that holds one query and nothing else; None for all others."""
    text = environ.get("QUERY_STRING", "")
    if environ["REQUEST_METHOD"] != "GET":
        return None
    if not (text.startswith(QUERY) and text.isascii()) or "&" in text:
        return None
    if not environ.keys().isdisjoint(ELSE) and any(environ.get(one) for one in ELSE):
        return None
    query = _decoded(text.removeprefix(QUERY))
    return _question(query, environ.get("HTTP_ACCEPT", "")) if query else None


def _decoded(text: str) -> str:
    """Decode a value of a form; the empty text stands for one that is not well written.

    >>> _decoded("caf%C3%A9+noir%21")
    'café noir!'
    """
    escaped = text.replace("+", " ").replace("\\", "\\\\").replace("%", "\\x")
    try:  # a query has dozens of these: Python's own loop over them takes four times as long
        return escaped.encode().decode("unicode_escape").encode("latin-1").decode()
    except UnicodeError:
        return ""


def _question(query: str, accept: str) -> Question | None:
    """Ask as the endpoint would; None for what it does not answer with the host's own bytes."""
    forms = _forms(accept)
    return forms and Question(query, results_format=forms[0], graph_format=forms[1])


@lru_cache(64)
def _forms(accept: str) -> tuple[str | None, str | None] | None:
    """Choose the forms of results and of graphs; None where the application makes the answer."""
    results = liked(accept, RESULTS)
    if results == WORKBOOK or liked(accept, ANSWERS) in {None, HTML}:
        return None
    return results, liked(accept, GRAPHS)
