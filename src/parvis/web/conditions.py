"""Who may keep an answer, and what is sent to who holds it already (RFC 9110 §13, RFC 9111).

Everyone may keep what everyone may read, but asks before each use whether it still holds
(``public, no-cache``): data become unreadable at an instant, and no cache knows when. The question
costs little, for an unchanged tag is answered by 304 without asking the store. What a reader with
a token or a session gets is kept nowhere (``private, no-store``).
"""

from contextlib import suppress

from flask import Flask, Response, g, request

from parvis.errors import NothingPublished
from parvis.governance.question import Reader
from parvis.pooling.ask import Answer, Question
from parvis.web.access import host
from parvis.web.compression import SUFFIX, compress, depends_on
from parvis.web.language import COOKIE

PUBLIC = "public, no-cache"
PRIVATE = "private, no-store"
GENERATION = "Parvis-Generation"
CREDENTIALS = ("Authorization", "Cookie")


def is_private() -> bool:
    """Say whether a request tells who asks: by a token, or by any cookie but the language's."""
    return "Authorization" in request.headers or any(name != COOKIE for name in request.cookies)


def ask(reader: Reader, question: Question) -> Answer:
    """Ask the host, and remember for the response what it must say of the answer."""
    answer = host().ask(reader, question)
    g.generation, g.changing = answer.generation, answer.tag is None
    return answer


def unchanged(reader: Reader, question: Question) -> Response | None:
    """Answer 304 to who names the tag that the answer would have, without asking for it.

    The tag comes from here, so the question was answered once. ``*`` proves nothing of the kind.
    """
    held = request.if_none_match
    if not held or held.star_tag or is_private() or request.method not in {"GET", "HEAD"}:
        return None
    tag = host().tag(reader, question)
    if tag is None:
        return None
    for known, weak in ((tag, False), (f"{tag}{SUFFIX}", True)):
        if held.contains_weak(known):
            response = Response(status=304)
            response.set_etag(known, weak)
            depends_on(response, "Accept", "Accept-Encoding")
            g.generation = question.generation
            return response
    return None


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
        return response
    _name_generation(response)
    if g.get("changing"):
        response.cache_control.no_store = True
    if is_private():
        response.headers["Cache-Control"] = PRIVATE
        response.headers.pop("ETag", None)
    elif response.status_code in {200, 304} and "no-store" not in _cached(response):
        _let_keep(response)
    compress(response)
    if "ETag" in response.headers and request.if_none_match and response.status_code == 200:  # noqa: PLR2004
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
