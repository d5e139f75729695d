"""Sessions of people who signed in: a signed cookie that names a token and holds no secret.

The cookie opens nothing by itself: the token it names is looked up at each request, so that a
session ends with its token. Under an https base it is ``__Host-`` (RFC 6265bis §4.1.3.2):
Secure, for this host alone. A pool on plain http on one's own machine has a cookie without the
prefix, since browsers do not agree on keeping Secure ones there.
"""

from datetime import UTC, datetime
from hashlib import sha256

from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug import Response

from parvis.errors import TokenError
from parvis.i18n import N_
from parvis.pooling.identify import Identified

OVER = N_("the session has ended: sign in again")

SECONDS = 12 * 3600
"""How long a session lasts, unless its token ends before."""


def cookie_name(base: str) -> str:
    """Name the cookie of a pool."""
    return "__Host-parvis" if _secure(base) else "parvis"


def begin(response: Response, found: Identified, key: bytes, base: str) -> None:
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


def forget(response: Response, base: str) -> None:
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
