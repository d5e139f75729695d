"""Security headers of every response, and protection of forms against CSRF."""

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import request
from itsdangerous import BadSignature, URLSafeSerializer

from parvis.i18n import N_
from parvis.web.http.access import cookie_name, host, readers
from parvis.web.http.errors import Refusal

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

POLICY = "Content-Security-Policy"
CONTENT_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""What a page may do; a page that needs more sends its own policy."""
FRAMED_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors *"
)
"""What a page may do that is made for a frame of another site: any may frame it, without forms."""

HEADERS = {
    POLICY: CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Any page of the web may read open data, or what it has a token for; with “*” browsers never
    # let a page read what a cookie gives access to (Fetch §3.2.5).
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "Datascene-Left-Out, ETag, Link, Content-Location, Parvis-Edition, Parvis-Generation,"
        " Parvis-Services, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate,"
        " X-Request-Id"
    ),
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": (
        "Accept, Accept-Language, Authorization, Content-Type, If-Modified-Since, If-None-Match,"
        " Parvis-Edition"
    ),
    "Access-Control-Max-Age": "86400",
}


class SecurityHeaders:
    """Adds the headers to every response of an application, errors included.

    A header that the application sends itself is left as it is.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        own = HEADERS
        if environ["REQUEST_METHOD"] == "OPTIONS":
            own = HEADERS | PREFLIGHT

        def start(
            status: str, headers: list[tuple[str, str]], exc_info: "OptExcInfo | None" = None, /
        ) -> Callable[[bytes], object]:
            sent = {name for name, _ in headers}
            more = [header for header in own.items() if header[0] not in sent]
            return start_response(status, [*headers, *more], exc_info)

        return self.app(environ, start)


# CSRF protection. Every request that is not safe (RFC 9110 §9.2.1) is checked twice: by the origin
# that browsers send; and, in a session, by a signed token that only its own pages have.

FIELD = "proof"
"""The field of a form for the CSRF token; the macro `proof` writes it."""

SAFE_ENDPOINTS = frozenset({"sparql.endpoint", "dataspace.catalogue"})
"""Endpoints whose POST changes nothing: programs of any site may query (SPARQL 1.1 Protocol)."""
SIGN_IN_ENDPOINTS = frozenset(
    {"signing.sign_in", "passkeys.options", "passkeys.sign_in", "invitations.accept", "oidc.accept"}
)
"""Endpoints that begin a session, replacing any former one, and the step before."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

ELSEWHERE = N_("This form was sent from another site.")
OUTDATED = N_("This form is of another session: open its page again, then send it again.")


def csrf_token() -> str:
    """Return the CSRF token of this session; empty without a session."""
    cookie = _session_cookie()
    return "" if cookie is None else str(_signer().dumps(_digest(cookie)))


def check_csrf() -> None:
    """Refuse a request that another site made a browser send."""
    if request.method in SAFE_METHODS or request.endpoint in SAFE_ENDPOINTS:
        return
    # Browsers send Sec-Fetch-Site to trustworthy addresses, and Origin with every POST; a program
    # that sends neither has no cookie that another site could use.
    site, origin = (request.headers.get(name) for name in ("Sec-Fetch-Site", "Origin"))
    if site is not None:
        is_own = site in {"same-origin", "none"}
    else:
        own_hosts = {request.host, urlsplit(host().settings.base).netloc}
        is_own = origin is None or urlsplit(origin).netloc in own_hosts
    if not is_own:
        raise Refusal(403, ELSEWHERE)
    cookie = _session_cookie()
    # A request with a token in its header needs no more: no site could make a browser send it.
    if (
        cookie is None
        or request.endpoint in SIGN_IN_ENDPOINTS
        or "Authorization" in request.headers
    ):
        return
    try:
        digest = _signer().loads(request.form.get(FIELD, ""))
    except BadSignature as error:
        raise Refusal(403, OUTDATED) from error
    if digest != _digest(cookie):
        raise Refusal(403, OUTDATED)


def _session_cookie() -> str | None:
    return request.cookies.get(cookie_name(host().settings.base))


def _digest(cookie: str) -> str:
    # Scripts of the page may not read the cookie itself.
    return sha256(cookie.encode()).hexdigest()


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(
        readers().signing_key, salt="parvis.forgery", signer_kwargs={"digest_method": sha256}
    )


def add_csrf_token() -> dict[str, object]:
    """Let every page write the token."""
    return {"form_proof": csrf_token}
