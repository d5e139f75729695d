"""Who reads, and the one door through which the web reads."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import cast

from flask import Flask, Request, Response, current_app, g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug import Response as BaseResponse

from parvis.errors import TokenError
from parvis.fetch.guard import Number, embedded_ipv4
from parvis.governance.question import ANONYMOUS, Reader
from parvis.i18n import N_
from parvis.pooling.serving.readers import Identified, Readers
from parvis.pooling.serving.service import Host
from parvis.pooling.stewardship.trail import Register
from parvis.web.http.compression import depends_on

# Sessions of people who signed in: a signed cookie that names a token and holds no secret.
#
# The cookie opens nothing by itself: the token it names is looked up at each request, so that a
# session ends with its token. Under an https base it is ``__Host-`` (RFC 6265bis §4.1.3.2):
# Secure, for this host alone. A pool on plain http on one's own machine has a cookie without the
# prefix, since browsers do not agree on keeping Secure ones there.

OVER = N_("the session has ended: sign in again")

SECONDS = 12 * 3600
"""How long a session lasts, unless its token ends before."""


def cookie_name(base: str) -> str:
    """Name the cookie of a pool."""
    return "__Host-parvis" if _secure(base) else "parvis"


def begin(response: BaseResponse, found: Identified, key: bytes, base: str) -> None:
    """Set the cookie of a reader who has just shown a token."""
    left = int((found.expires - datetime.now(UTC)).total_seconds())
    response.set_cookie(
        cookie_name(base),
        _signer(key).dumps(found.token),
        max_age=min(SECONDS, left),
        path="/",
        secure=_secure(base),
        httponly=True,
        samesite="Strict",
    )


def forget(response: BaseResponse, base: str) -> None:
    """Take the cookie back."""
    response.delete_cookie(
        cookie_name(base), path="/", secure=_secure(base), httponly=True, samesite="Strict"
    )


def token_of(kept: str, key: bytes) -> str:
    """Give the id of the token that a session is for; raises `TokenError`."""
    try:
        return str(_signer(key).loads(kept, max_age=SECONDS))
    except BadSignature as error:  # its subclasses: too old, not ours, not even signed
        raise TokenError(OVER) from error


def _signer(key: bytes) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        key, salt="parvis.session", signer_kwargs={"digest_method": sha256}
    )


def _secure(base: str) -> bool:
    return base.startswith("https://")


NO_PARTY = N_(
    "the party that this token is for is no longer in the pool: ask the trusted third party"
)
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
        return of_party(readers().by_token(_bearer(header)))
    if (kept := request.cookies.get(cookie_name(host().settings.base))) is None:
        return None
    try:
        return of_party(readers().by_id(token_of(kept, readers().signing_key)))
    except TokenError:
        if request.blueprint == SIGNING:
            return None
        g.session_over = True
        raise


def of_party(found: Identified) -> Identified:
    """Return a reader whose party is in the pool; raises `TokenError` for one that left it."""
    if not host().has_party(str(found.reader.iri)):
        raise TokenError(NO_PARTY)
    return found


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
        forget(response, host().settings.base)
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
    """Return the address by which a visitor is told from others.

    Of IPv6 it is the /64 network, which is what one house has; of an IPv4 address that comes
    inside an IPv6 one, it is the IPv4 address: a server that listens on ``::`` sees every IPv4
    visitor as ``::ffff:a.b.c.d``, all of one /64. What is no address is one visitor together.

    >>> place_of("2001:db8::1:2"), place_of("::ffff:192.0.2.1"), place_of("192.0.2.1:52000")
    ('2001:db8::/64', '192.0.2.1', '192.0.2.1')
    """
    number = number_of(address)
    if number is None:
        return ""
    number = embedded_ipv4(number) or number
    return str(number) if number.version == 4 else str(ip_network((int(number), 64), strict=False))  # noqa: PLR2004 - IPv4


def number_of(address: str) -> Number | None:
    """Read an address, also with the port that some proxies write after it; None for none.

    >>> number_of("[2001:db8::1]:443"), number_of("unix:")
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
