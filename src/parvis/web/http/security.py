"""Headers that every answer carries, in one place."""

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, request
from itsdangerous import BadSignature, URLSafeSerializer

from parvis.i18n import N_
from parvis.web.http import access as sessions
from parvis.web.http.access import host, readers
from parvis.web.http.errors import Refusal

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

POLICY = "Content-Security-Policy"
CONTENT_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""What a page may do; one that needs more says so itself."""

HEADERS = {
    POLICY: CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Any page of the web may read what is open, or what it has a token for; with “*” browsers
    # never let a page read what a cookie opens (Fetch §3.2.5).
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "ETag, Link, Content-Location, Parvis-Generation, RateLimit, RateLimit-Policy, Retry-After,"
        " WWW-Authenticate, X-Request-Id"
    ),
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": (
        "Accept, Accept-Language, Authorization, Content-Type, If-Modified-Since, If-None-Match"
    ),
    "Access-Control-Max-Age": "86400",
}


class Guard:
    """Serve an application, and send the headers with every answer, errors included.

    One that the application sends itself stays as it is.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        """Stand before an application."""
        self.app = app

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer with the headers."""
        own = HEADERS
        if environ["REQUEST_METHOD"] == "OPTIONS":
            own = HEADERS | PREFLIGHT

        def start(
            status: str,
            headers: list[tuple[str, str]],
            exc_info: "OptExcInfo | None" = None,
            /,
        ) -> Callable[[bytes], object]:
            given = {name for name, _ in headers}
            more = [one for one in own.items() if one[0] not in given]
            return start_response(status, [*headers, *more], exc_info)

        return self.app(environ, start)


def install(app: Flask) -> None:
    """Stand before an application, where a header costs nothing to add."""
    # The attribute is made to be replaced so: https://flask.palletsprojects.com/api/#flask.Flask.wsgi_app
    app.wsgi_app = Guard(app.wsgi_app)  # type: ignore[method-assign]


# Forms that change something are believed only from pages of this site (CSRF).
#
# Two proofs, for every request that is not safe (RFC 9110 §9.2.1): browsers tell where it comes
# from; and who has a session sends a signed text that only a page of that session could hold.

FIELD = "proof"
"""The field of a form that holds the signed text; the macro `proof` draws it."""

READING = frozenset({"sparql.endpoint"})
"""What is posted to and changes nothing: programs of any site may ask (SPARQL 1.1 Protocol)."""
BEGINNING = frozenset({"signing.sign_in"})
"""What begins a session, in place of the one that there may be."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

ELSEWHERE = N_("This form was sent from another site.")
OUTDATED = N_("This form is of another session: open its page again, then send it again.")


def proof() -> str:
    """Give the text that a form of this session sends along; empty where there is no session."""
    kept = _session()
    return "" if kept is None else str(_signer().dumps(_digest(kept)))


def refuse_forged() -> None:
    """Refuse what another site made a browser send.

    A program that shows its token is believed: no site could have made it do so.
    """
    if request.method in SAFE or request.endpoint in READING:
        return
    _refuse_other_sites()
    kept = _session()
    if kept is None or request.endpoint in BEGINNING or "Authorization" in request.headers:
        return
    try:
        told = _signer().loads(request.form.get(FIELD, ""))
    except BadSignature as error:
        raise Refusal(403, OUTDATED) from error
    if told != _digest(kept):
        raise Refusal(403, OUTDATED)


def _refuse_other_sites() -> None:
    """Go by Sec-Fetch-Site, which browsers send to trustworthy addresses, else by Origin.

    They send Origin with every POST; a program that sends neither has no cookie that another
    site could use.
    """
    site, origin = (request.headers.get(name) for name in ("Sec-Fetch-Site", "Origin"))
    if site is not None:
        ours = site in {"same-origin", "none"}
    else:
        known = {request.host, urlsplit(host().settings.base).netloc}
        ours = origin is None or urlsplit(origin).netloc in known
    if not ours:
        raise Refusal(403, ELSEWHERE)


def _session() -> str | None:
    return request.cookies.get(sessions.cookie_name(host().settings.base))


def _digest(kept: str) -> str:
    """Name a session without repeating its cookie, which scripts of the page may not read."""
    return sha256(kept.encode()).hexdigest()


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(
        readers().signing_key, salt="parvis.forgery", signer_kwargs={"digest_method": sha256}
    )


def install_csrf(app: Flask) -> None:
    """Guard every form of the application, and let every page draw the proof."""
    app.before_request(refuse_forged)
    app.context_processor(lambda: {"form_proof": proof})
