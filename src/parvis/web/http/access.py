"""Tells who sends a request, by token, session or address, and gives access to the pool."""

from dataclasses import replace
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import cast

from flask import Request, Response, current_app, g, request
from werkzeug import Response as BaseResponse

from parvis.config import clock
from parvis.errors import TokenError
from parvis.fetch.guard import Number, embedded_ipv4
from parvis.governance.access_request import ANONYMOUS, Reader
from parvis.i18n import N_
from parvis.pooling.people.browsers import name_browser
from parvis.pooling.serving.readers import SESSION, Identity, Readers
from parvis.pooling.serving.service import PoolService
from parvis.pooling.stewardship.trail import AuditRegister
from parvis.web.http.compression import add_vary

# Sessions of people who signed in, each with a random id in a cookie that says nothing else.
#
# The session is looked up at each request, so that it ends with the access of its person or with
# its token. Under an https base the cookie is ``__Host-`` (RFC 6265bis §4.1.3.2). A pool on plain
# http on one's own machine has one without the prefix: browsers do not agree on storing Secure
# cookies there.

SESSION_SECONDS = int(SESSION.total_seconds())
"""Seconds that a session lasts, unless its token ends before."""


def cookie_name(base: str) -> str:
    return "__Host-parvis" if is_secure(base) else "parvis"


def begin_session(response: BaseResponse, identity: Identity) -> None:
    """Open a session for who has just signed in; the one that the browser had ends."""
    base = host().settings.base
    former = request.cookies.get(cookie_name(base), "")
    browser = name_browser(request.headers.get("User-Agent", ""))
    code, expires = readers().begin_session(identity, browser, former)
    response.set_cookie(
        cookie_name(base),
        code,
        max_age=round((expires - clock.now()).total_seconds()),
        path="/",
        secure=is_secure(base),
        httponly=True,
        samesite="Strict",
    )


def end_session(response: BaseResponse) -> None:
    """End the session of the request, and delete its cookie."""
    base = host().settings.base
    if cookie := request.cookies.get(cookie_name(base)):
        readers().end_session(cookie)
    delete_cookie(response, cookie_name(base))


def delete_cookie(response: BaseResponse, name: str) -> None:
    secure = is_secure(host().settings.base)
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="Strict")


def is_secure(base: str) -> bool:
    return base.startswith("https://")


NO_PARTY = N_(
    "the party that this token is for is no longer in the pool: ask the trusted third party"
)
NOT_BEARER = N_("only a token is understood here: Authorization: Bearer parvis_...")

CREDENTIALS = ("Authorization", "Cookie")
"""The request headers by which a reader is identified."""

PRIVATE = "private, no-store"
"""The Cache-Control of a response to a token or a session."""

PUBLIC_ENDPOINTS = frozenset({"static", "cleaning.runtime", "agenda.script"})
"""Endpoints that answer every reader alike, whatever token comes along."""

READER = "parvis.reader"
"""The key of the environment for the reader whose token or session the request has."""

SIGNING_BLUEPRINTS = frozenset({"signing", "passkeys", "invitations", "oidc"})
"""The blueprints for which a session that has ended is no error: they begin another."""


def host() -> PoolService:
    return cast("PoolService", current_app.extensions["parvis"])


def register() -> AuditRegister:
    return cast("AuditRegister", current_app.extensions["parvis.register"])


def readers() -> Readers:
    return cast("Readers", current_app.extensions["parvis.readers"])


def reader_of(request: Request) -> Reader:
    """Return the reader of a request, by token (RFC 6750 §2.1), else session, else address.

    Raise `TokenError` for a token or session that is not valid: whoever sends one never reads as
    the anonymous reader without an error.
    """
    identity = identify(request)
    return anonymous(request.remote_addr or "") if identity is None else identity.reader


@lru_cache(1_000)
def anonymous(address: str) -> Reader:
    """Return the anonymous reader at an address."""
    return replace(ANONYMOUS, address=visitor_of(address))


def identify(request: Request) -> Identity | None:
    """Return the identity behind a request's token or session; looked up once a request."""
    if "identified" in g:
        return cast("Identity | None", g.identified)
    g.identified = identity = None  # the page that reports a bad token reads it too
    if (header := request.headers.get("Authorization")) is not None:
        # The scheme has no case (RFC 9110 §11.1).
        scheme, _, token = header.strip().partition(" ")
        if scheme.lower() != "bearer":
            raise TokenError(NOT_BEARER)
        identity = require_party(readers().by_token(token.strip()))
    elif (cookie := request.cookies.get(cookie_name(host().settings.base))) is not None:
        # A session that ended a moment ago opens nothing more.
        try:
            identity = require_party(readers().by_session(cookie))
        except TokenError:
            if request.blueprint not in SIGNING_BLUEPRINTS:
                g.session_over = True
                raise
    if identity is not None:
        g.identified = identity
        request.environ[READER] = identity.reader
    return identity


def require_party(identity: Identity) -> Identity:
    """Return an identity whose party is in the pool; raise `TokenError` for one that left it."""
    if not host().has_party(str(identity.reader.iri)):
        raise TokenError(NO_PARTY)
    return identity


def refuse_bad_token() -> None:
    """Identify the reader of a request; raise `TokenError` or `ShareError`."""
    # On every route, also where no code asks for the reader.
    if request.endpoint in PUBLIC_ENDPOINTS:
        return
    identity = identify(request)
    if identity is not None:  # anonymous ones are refused before the application, by address
        host().shares.require_site(identity.reader)


def forbid_caching(response: Response) -> Response:
    """Mark a response to a token or a session as private, and end a session that is over."""
    if request.endpoint in PUBLIC_ENDPOINTS:
        return response
    add_vary(response, *CREDENTIALS)
    if g.get("identified") is not None:
        response.headers["Cache-Control"] = PRIVATE
    if g.get("session_over"):
        delete_cookie(response, cookie_name(host().settings.base))
    return response


def add_identity() -> dict[str, object]:
    """Return what templates show of the reader."""
    identity = identify(request)
    names = {} if identity is None else host().names(str(identity.reader.iri))
    return {
        "signed_in": identity,
        "signed_in_as": names,
        "is_partner": identity is not None and bool(partner_of(identity)),
    }


def partner_of(identity: Identity) -> str:
    """Return the slug of the partner whose token it is; empty for the steward and for others."""
    if identity.reader.host:
        return ""
    prefix = host().iris.partner("")
    iri = str(identity.reader.iri)
    return iri.removeprefix(prefix) if iri.startswith(prefix) else ""


def visitor_of(address: str) -> str:
    """Return the address that stands for a visitor.

    Of IPv6 it is the /64 network, which is what one house has; of an IPv4 address that comes
    inside an IPv6 one, it is the IPv4 address: a server that listens on ``::`` sees every IPv4
    visitor as ``::ffff:a.b.c.d``, all of one /64. What is no address counts as one visitor.

    >>> visitor_of("2001:db8::1:2"), visitor_of("::ffff:192.0.2.1"), visitor_of("192.0.2.1:52000")
    ('2001:db8::/64', '192.0.2.1', '192.0.2.1')
    """
    number = parse_address(address)
    if number is None:
        return ""
    number = embedded_ipv4(number) or number
    return str(number) if number.version == 4 else str(ip_network((int(number), 64), strict=False))  # noqa: PLR2004 - IPv4


def parse_address(address: str) -> Number | None:
    """Read an IP address, also with the port that some proxies write after it; None for none.

    >>> parse_address("[2001:db8::1]:443"), parse_address("unix:")
    (IPv6Address('2001:db8::1'), None)
    """
    bracketed = address.startswith("[") and "]" in address
    host = address[1:].partition("]")[0] if bracketed else address
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:  # a socket of the machine has none
        return None
