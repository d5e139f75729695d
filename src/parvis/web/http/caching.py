"""Who may keep an answer, and what is sent to who holds it already (RFC 9110 §13, RFC 9111).

Everyone may keep what everyone may read, but asks before each use whether it still holds
(``public, no-cache``): data become unreadable at an instant, and no cache knows when. The question
costs little, for an unchanged tag is answered by 304 without asking the store. What a reader with
a token or a session gets is kept nowhere (``private, no-store``).
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Self

from flask import Flask, Response, g, request
from werkzeug.http import parse_date

from parvis.errors import NothingPublished, ParvisError
from parvis.governance.question import Reader
from parvis.pooling.serving.service import Answer, Question
from parvis.web.http.access import host
from parvis.web.http.compression import SUFFIX, compress, compress_file, depends_on
from parvis.web.http.language import COOKIE

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PUBLIC = "public, no-cache"
PRIVATE = "private, no-store"
GENERATION = "Parvis-Generation"
CREDENTIALS = ("Authorization", "Cookie")
ASKED = "parvis.asked"
"""Where a request's environment tells what was asked for it before the application."""


@dataclass(frozen=True)
class Asked:
    """What was asked already, by whom, and what came of it."""

    reader: Reader
    question: Question
    outcome: Answer | ParvisError

    def result(self) -> Answer:
        """Give the answer, or raise what went wrong."""
        if isinstance(self.outcome, ParvisError):
            raise self.outcome
        return self.outcome


def is_private() -> bool:
    """Say whether a request tells who asks: by a token, or by any cookie but the language's."""
    return "Authorization" in request.headers or any(name != COOKIE for name in request.cookies)


def ask(reader: Reader, question: Question) -> Answer:
    """Ask the host, and remember for the response what it must say of the answer."""
    asked = request.environ.pop(ASKED, None)
    known = isinstance(asked, Asked) and (asked.reader, asked.question) == (reader, question)
    answer = asked.result() if known else host().ask(reader, question)
    g.generation, g.changing = answer.generation, answer.tag is None
    return answer


def unchanged(reader: Reader, question: Question) -> Response | None:
    """Answer 304 to who names the tag that the answer would have, without asking for it.

    The tag comes from here, so the question was answered once. ``*`` proves nothing of the kind.
    """
    if not _asks():
        return None
    tag = host().tag(reader, question)
    response = None if tag is None else known(tag)
    if response is not None:
        depends_on(response, "Accept")
        g.generation = question.generation
    return response


def known(tag: str, changed: datetime | None = None) -> Response | None:
    """Answer 304 to who names a tag or, naming none, an instant not before the last change."""
    held, since = request.if_none_match, request.if_modified_since
    if not _asks() or is_private():
        return None
    for found, weak in ((tag, False), (f"{tag}{SUFFIX}", True)):
        if held.contains_weak(found) and not held.star_tag:
            return _unchanged(found, changed, weak=weak)
    if held or since is None or changed is None or changed.replace(microsecond=0) > since:
        return None
    return _unchanged(tag, changed, weak=False)


def _asks() -> bool:
    """Say whether a request asks only for what its reader does not hold."""
    held, since = request.if_none_match, request.if_modified_since
    return request.method in {"GET", "HEAD"} and (bool(held) or since is not None)


def _unchanged(tag: str, changed: datetime | None, *, weak: bool) -> Response:
    """Make a 304."""
    response = Response(status=304)
    response.set_etag(tag, weak)
    response.last_modified = changed
    depends_on(response, "Accept-Encoding")
    return response


def respond(answer: Answer) -> Response:
    """Send an answer once all of it has come; a HEAD stops the work at once.

    Our server (granian 2.8) ends a body that its application breaks off as if it were whole: what
    goes wrong must be known while there is a status to say it by. What waits is on disk.
    """
    if answer.body is not None:
        response = Response(answer.body, mimetype=answer.media_type)
    elif request.method == "HEAD":
        answer.chunks.close()
        response = Response(iter(()), mimetype=answer.media_type)
    else:
        length = answer.whole()
        response = Response(answer.chunks, mimetype=answer.media_type)
        response.content_length = length
    if answer.tag is not None and request.method != "POST":
        response.set_etag(answer.tag)
    return response


def _finish(response: Response) -> Response:
    """Say who may keep an answer, tag it, code it, and leave it out if its reader holds it."""
    if request.endpoint == "static":
        compress_file(response)
        return response
    _name_generation(response)
    if g.get("changing"):
        response.cache_control.no_store = True
    if is_private():
        response.headers["Cache-Control"] = PRIVATE
        response.headers.pop("ETag", None)
        response.headers.pop("Last-Modified", None)
    elif response.status_code in {200, 304} and "no-store" not in _cached(response):
        _let_keep(response)
    compress(response)
    asked = request.if_none_match or request.if_modified_since
    if "ETag" in response.headers and asked and response.status_code == 200:  # noqa: PLR2004
        response.make_conditional(request)
    return response


def _cached(response: Response) -> str:
    """Give what is said until now of who may keep an answer."""
    return response.headers.get("Cache-Control", "")


def _let_keep(response: Response) -> None:
    """Let everyone keep an answer by its tag; a whole one that has none gets that of its bytes."""
    if request.method not in {"GET", "HEAD"}:
        return
    depends_on(response, *CREDENTIALS)
    if not response.is_streamed and response.status_code == 200:  # noqa: PLR2004
        response.add_etag()
    if not _cached(response):
        response.headers["Cache-Control"] = PUBLIC


def _name_generation(response: Response) -> None:
    """Say which generation answered, if anything is published."""
    with suppress(NothingPublished):
        number = g.get("generation") or host().served().number
        response.headers[GENERATION] = str(number)


def install(app: Flask) -> None:
    """Finish every answer of the application here."""
    app.after_request(_finish)


# An answer as it was sent to everyone, and how a request chooses among such answers.

Headers = list[tuple[str, str]]

CHOOSING = ("HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_ACCEPT_LANGUAGE")
"""The headers by which the application chooses among forms of an answer."""

NEVER = frozenset({"HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_RANGE", "HTTP_IF_MATCH"})
"""Headers of requests that always go to the application."""

OWN = {"date", "ratelimit"}
"""What an answer says to one reader, or of one moment: it is not said again."""


@dataclass(frozen=True)
class Kept:
    """An answer as it was sent, and about how many bytes it takes."""

    status: str
    headers: Headers
    body: bytes
    size: int

    @classmethod
    def sent(cls, status: str, headers: Headers, body: bytes) -> Self:
        """Keep an answer, its bytes counted."""
        return cls(status, headers, body, length(headers) + len(body))

    @cached_property
    def tag(self) -> str:
        """Give the opaque part of its tag."""
        return said(self.headers, "etag").removeprefix("W/")

    @cached_property
    def unchanged(self) -> Headers:
        """Give what a 304 says (RFC 9110 §15.4.5): what is not about a body."""
        about = ("content-type", "content-length", "content-encoding", "content-language")
        return [one for one in self.headers if one[0].lower() not in about]

    def is_held(self, environ: "WSGIEnvironment") -> bool:
        """Say whether a request names this answer's tag; tags are compared weakly (§13.1.2).

        Without one, the instant of its last change counts (§13.1.3).
        """
        asked = environ.get("HTTP_IF_NONE_MATCH")
        if asked is None:
            held = parse_date(environ.get("HTTP_IF_MODIFIED_SINCE"))
            changed = parse_date(said(self.headers, "last-modified"))
            return held is not None and changed is not None and changed <= held
        return self.tag in {one.strip().removeprefix("W/") for one in asked.split(",")}


def choices(environ: "WSGIEnvironment") -> tuple[str | None, ...] | None:
    """Give the headers by which a request chooses; None if it is one for the application alone."""
    if not environ.keys().isdisjoint(NEVER):
        return None
    accept, encoding, language = CHOOSING
    return environ.get(accept), environ.get(encoding), environ.get(language)


def length(headers: Headers) -> int:
    """Count the bytes of headers."""
    return sum([len(name) + len(value) for name, value in headers])


def said(headers: Headers, wanted: str) -> str:
    """Give the values of a header."""
    return ", ".join(value for name, value in headers if name.lower() == wanted)
