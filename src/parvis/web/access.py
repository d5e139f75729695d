"""Who reads, and the one door through which the web reads."""

from dataclasses import replace
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import cast

from flask import Flask, Request, Response, current_app, g, request

from parvis.errors import TokenError
from parvis.governance.question import ANONYMOUS, Reader
from parvis.i18n import N_
from parvis.pooling.ask import Host
from parvis.pooling.identify import Identified, Readers
from parvis.pooling.watching import Register
from parvis.web import sessions
from parvis.web.compression import depends_on

NOT_BEARER = N_("only a token is understood here: Authorization: Bearer parvis_...")

ALIKE_FOR_ALL = frozenset({"static"})
"""What is the same for every reader, and is given whatever token comes along."""

READER = "parvis.reader"
"""Where a request's environment has the reader whose token or session it brought."""

SIGNING = "signing"
"""The blueprint to which a session that has ended is no error: one comes to begin another."""


def host() -> Host:
    """Give the pool that this application serves."""
    return cast("Host", current_app.extensions["parvis"])


def register() -> Register:
    """Give the trail and the deletions of the pool, as they may be looked at."""
    return cast("Register", current_app.extensions["parvis.register"])


def readers() -> Readers:
    """Give the readers of the pool who have tokens."""
    return cast("Readers", current_app.extensions["parvis.readers"])


def reader_of(request: Request) -> Reader:
    """Say who sent a request, by its token (RFC 6750 §2.1), else by its session, else nobody.

    Raises `TokenError` for a token or session that opens nothing: who shows one never reads as
    the anonymous reader without being told. Anonymous ones are told apart by their address.
    """
    found = identified(request)
    if found is not None:
        return found.reader
    return anonymous(request.remote_addr or "")


@lru_cache(1_000)
def anonymous(address: str) -> Reader:
    """Give the reader who asks from an address without saying who asks."""
    return replace(ANONYMOUS, address=place_of(address))


def identified(request: Request) -> Identified | None:
    """Tell by which token a request's reader is known; the ledger is asked once a request."""
    if "identified" not in g:
        g.identified = None  # for the page that tells what is wrong with a token
        g.identified = found = _identify(request)
        if found is not None:
            request.environ[READER] = found.reader
    return cast("Identified | None", g.identified)


def _identify(request: Request) -> Identified | None:
    header = request.headers.get("Authorization")
    if header is not None:
        return readers().by_token(_bearer(header))
    if (kept := request.cookies.get(sessions.cookie_name(host().settings.base))) is None:
        return None
    try:
        return readers().by_id(sessions.token_of(kept, readers().signing_key))
    except TokenError:
        if request.blueprint == SIGNING:
            return None
        g.session_over = True
        raise


def _bearer(header: str) -> str:
    """Take the token out of the header, whose scheme has no case (RFC 9110 §11.1)."""
    scheme, _, text = header.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise TokenError(NOT_BEARER)
    return text.strip()


def _before() -> None:
    """Refuse a bad token on every route, also where nobody would ask who reads."""
    if request.endpoint in ALIKE_FOR_ALL:
        return
    found = identified(request)
    if found is not None:  # others are stopped before the application, by their address
        host().shares.require_site(found.reader)


def _after(response: Response) -> Response:
    """Keep what one reader may see out of every cache, and forget a session that has ended."""
    if request.endpoint in ALIKE_FOR_ALL:
        return response
    depends_on(response, "Authorization", "Cookie")
    if g.get("identified") is not None:
        response.headers["Cache-Control"] = "private, no-store"
    if g.get("session_over"):
        sessions.forget(response, host().settings.base)
    return response


def _who() -> dict[str, object]:
    """Tell every page who is signed in."""
    found = identified(request)
    names = {} if found is None else host().names(str(found.reader.iri))
    return {"signed_in": found, "signed_in_as": names}


def install(app: Flask) -> None:
    """Ask each request who it is from, and mark each answer accordingly."""
    app.before_request(_before)
    app.after_request(_after)
    app.context_processor(_who)


def place_of(address: str) -> str:
    """Give the address by which a visitor is known: of IPv6, the network that a house has.

    >>> place_of("2001:db8::1:2")
    '2001:db8::/64'
    """
    try:
        known = ip_address(address)
    except ValueError:  # a socket of the machine has none
        return address
    return address if known.version == 4 else str(ip_network((known, 64), strict=False))  # noqa: PLR2004 - IPv4
