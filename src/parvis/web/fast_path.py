"""Answers plain queries without Flask, which takes longer than a look-up itself.

A plain query is an anonymous GET with a query and nothing else. Its response is the one that the
application gives: same status, headers and body. It is written here if the answer is complete, has
a tag and a format that the reader accepts, and is sent as it is. The application answers what is
coded, begun or in error; the store is not queried twice for it.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

from werkzeug.http import quote_etag
from werkzeug.utils import get_content_type

from parvis.config import Share
from parvis.errors import ParvisError
from parvis.pooling.serving.service import Generation, PoolService, QueryRequest
from parvis.web.api.sparql import ANSWERS, WORKBOOK
from parvis.web.http.access import CREDENTIALS, anonymous
from parvis.web.http.caching import (
    EVALUATED_KEY,
    GENERATION,
    PUBLIC,
    CachedResponse,
    EvaluatedQuery,
    Headers,
)
from parvis.web.http.compression import is_small, is_text
from parvis.web.http.inputs import canonical_coding
from parvis.web.http.negotiation import GRAPHS, HTML, RESULTS, accepted_ending
from parvis.web.http.quotas import policy, remaining_quota
from parvis.web.http.security import HEADERS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

QUERY = "query="

EXCLUDED_HEADERS = frozenset({"CONTENT_TYPE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"})
"""Headers that a plain request does not have; the response cache looks at the others."""


def answer_plain_query(
    host: PoolService, environ: "WSGIEnvironment", standing: Generation
) -> tuple[CachedResponse, Headers] | None:
    """Return the response for everyone, and the headers for this reader alone.

    None where the application must answer: it finds the answer or error in `environ`.
    """
    query = _parse_plain_query(environ)
    if query is None:
        return None
    reader = anonymous(environ.get("REMOTE_ADDR", ""))
    try:
        answer = host.ask(reader, query, standing)
    except ParvisError as error:  # the application reports it
        environ[EVALUATED_KEY] = EvaluatedQuery(reader, query, error)
        return None
    body = answer.body
    form = query.graph_format if answer.kind == "graph" else query.results_format
    compressible = body is not None and not is_small(body) and is_text(answer.media_type)
    coded = compressible and canonical_coding(environ.get("HTTP_ACCEPT_ENCODING", "")) == "gzip"
    if body is None or answer.tag is None or form is None or coded:
        environ[EVALUATED_KEY] = EvaluatedQuery(reader, query, answer)
        return None
    status = host.shares.status(reader)
    vary = ("Accept", *CREDENTIALS, *(("Accept-Encoding",) if compressible else ()))
    content_type, *common = _common_headers(
        answer.media_type, answer.generation, status.share, vary
    )
    own = [("Content-Length", str(len(body))), ("ETag", quote_etag(answer.tag))]
    headers = [content_type, *own, *common]
    left = remaining_quota(status)
    response = CachedResponse("200 OK", headers, body)
    return response, [("RateLimit", left)] if left else []


@lru_cache(64)
def _common_headers(
    media_type: str, generation: int, share: Share, vary: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Return the headers that an answer shares with others of its kind.

    They are those of `respond`, `add_quotas`, `forbid_caching`, `finish_response` and
    `SecurityHeaders`, in this order.
    """
    return (
        ("Content-Type", get_content_type(media_type, "utf-8")),
        ("Vary", ", ".join(vary)),
        ("RateLimit-Policy", policy(share)),
        (GENERATION, str(generation)),
        ("Cache-Control", PUBLIC),
        *HEADERS.items(),
    )


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
