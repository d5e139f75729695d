"""Answers plain queries without Flask, with the headers that Flask sent for a similar query.

Flask takes longer than a look-up itself. For the plainest request (an anonymous GET with a query
and nothing else) the headers depend only on those by which the reader chooses, on the kind of
answer and on the version served; tag, length and the reader's remaining quota are set for each.
The application answers what is new, coded or in error; the store is not queried twice for it.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.http import quote_etag

from parvis.errors import ParvisError
from parvis.pooling.serving.service import Generation, PoolService, QueryAnswer, QueryRequest
from parvis.web.api.sparql import ANSWERS, WORKBOOK
from parvis.web.http.access import anonymous
from parvis.web.http.caching import (
    EVALUATED_KEY,
    CachedResponse,
    EvaluatedQuery,
    Headers,
    header_bytes,
    header_value,
    negotiation_headers,
)
from parvis.web.http.compression import is_small
from parvis.web.http.negotiation import GRAPHS, HTML, RESULTS, accepted_ending
from parvis.web.http.quotas import remaining_quota

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

QUERY = "query="
PATH = "/sparql"

EXCLUDED_HEADERS = frozenset({"CONTENT_TYPE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"})
"""Headers that a plain request does not have; `choices` looks at the others."""

PER_ANSWER_HEADERS = {"etag", "content-length"}
"""Headers that belong to one answer only."""

TEMPLATE_KEY = "parvis.form"
"""The key of the environment for the form of an answer, if it is to be learned."""


@dataclass(frozen=True)
class ResponseTemplate:
    """The headers of every answer of one kind, and their size in bytes."""

    headers: Headers
    size: int


class FastPath:
    """Answers plain queries in forms learned from the application."""

    def __init__(self, host: PoolService, base: str) -> None:
        self.host = host
        self.paths = {PATH, urlsplit(base).path.rstrip("/") + PATH}

    def answer(
        self, environ: "WSGIEnvironment", standing: Generation
    ) -> tuple[CachedResponse, Headers] | None:
        """Return the response for everyone, and the headers for this reader alone.

        None where the application must answer: it finds the answer or error in `environ`.
        """
        question = _parse_plain_query(environ) if environ["PATH_INFO"] in self.paths else None
        if question is None:
            return None
        reader = anonymous(environ.get("REMOTE_ADDR", ""))
        answer: QueryAnswer | ParvisError
        try:
            answer = self.host.ask(reader, question, standing)
        except ParvisError as error:
            answer = error  # the application reports it
        if isinstance(answer, QueryAnswer) and answer.body is not None and answer.tag is not None:
            body, variant = answer.body, negotiation_headers(environ) or ()
            key = (
                environ["PATH_INFO"],
                answer.generation,
                answer.media_type,
                is_small(body),
                *variant,
            )
            # The key has all on which the headers of the application depend.
            form = self.host.answers.get(key)
            if isinstance(form, ResponseTemplate):
                own = [("Content-Length", str(len(body))), ("ETag", quote_etag(answer.tag))]
                response = CachedResponse("200 OK", form.headers + own, body, form.size + len(body))
                left = remaining_quota(self.host.shares.standing(reader))
                return response, [("RateLimit", left)] if left else []
            environ[TEMPLATE_KEY] = key
        environ[EVALUATED_KEY] = EvaluatedQuery(reader, question, answer)
        return None

    def is_query(self, environ: "WSGIEnvironment") -> bool:
        """Return whether a request goes to the endpoint."""
        return environ["PATH_INFO"] in self.paths

    def learn(
        self, environ: "WSGIEnvironment", standing: Generation, response: CachedResponse
    ) -> None:
        """Store the form of the application's answer, unless it is coded, as by gzip."""
        key = environ.get(TEMPLATE_KEY)
        if key is not None and not header_value(response.headers, "content-encoding"):
            headers = [
                header for header in response.headers if header[0].lower() not in PER_ANSWER_HEADERS
            ]
            self.host.answers.keep(standing, key, ResponseTemplate(headers, header_bytes(headers)))


def _parse_plain_query(environ: "WSGIEnvironment") -> QueryRequest | None:
    """Read a request that has one query and nothing else; None for all others."""
    text = environ.get("QUERY_STRING", "")
    if environ["REQUEST_METHOD"] != "GET":
        return None
    if not (text.startswith(QUERY) and text.isascii()) or "&" in text:
        return None
    # Conditional requests are left to the application, which compares tags.
    if not environ.keys().isdisjoint(EXCLUDED_HEADERS) and any(
        environ.get(name) for name in EXCLUDED_HEADERS
    ):
        return None
    query = _decode_value(text.removeprefix(QUERY))
    formats = _choose_formats(environ.get("HTTP_ACCEPT", "")) if query else None
    return formats and QueryRequest(query, results_format=formats[0], graph_format=formats[1])


def _decode_value(text: str) -> str:
    """Decode a value of a form; return the empty text for one that is malformed.

    >>> _decode_value("caf%C3%A9+noir%21")
    'café noir!'
    """
    escaped = text.replace("+", " ").replace("\\", "\\\\").replace("%", "\\x")
    try:  # a query has dozens of these: Python's own loop over them takes four times as long
        return escaped.encode().decode("unicode_escape").encode("latin-1").decode()
    except UnicodeError:
        return ""


@lru_cache(64)
def _choose_formats(accept: str) -> tuple[str | None, str | None] | None:
    """Return the formats of results and of graphs; None where the application must answer."""
    results = accepted_ending(accept, RESULTS)
    if results == WORKBOOK or accepted_ending(accept, ANSWERS) in {None, HTML}:
        return None
    return results, accepted_ending(accept, GRAPHS)
