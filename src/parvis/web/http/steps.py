"""What a browser keeps between two steps of signing in: a signed cookie of some minutes."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from flask import request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug import Response

from parvis.config import clock
from parvis.config.documents import Document
from parvis.errors import TokenError
from parvis.i18n import N_
from parvis.pooling.people.passkeys import Challenge
from parvis.web.http.access import cookie_name, host, is_secure, readers

STEP_OVER = N_("This step took too long, or was begun in another window: begin again.")
LIFE = timedelta(minutes=10)


def step_cookie_name(base: str) -> str:
    return f"{cookie_name(base)}-step"


def begin_step(purpose: str) -> tuple[Challenge, dict[str, str]]:
    """Draw a challenge for a purpose, and return it with the members of its cookie."""
    challenge = Challenge.new(clock.machine_time() + LIFE)
    members = {
        "purpose": purpose,
        "challenge": urlsafe_b64encode(challenge.value).decode(),
        "until": challenge.until.isoformat(),
    }
    return challenge, members


def keep_step(response: Response, members: dict[str, str]) -> None:
    """Set the cookie of a step; a further one replaces it."""
    base = host().settings.base
    response.set_cookie(
        step_cookie_name(base),
        _signer().dumps(members),
        max_age=int(LIFE.total_seconds()),
        path="/",
        secure=is_secure(base),
        httponly=True,
        # An OpenID provider leads back from another site.
        samesite="Lax",
    )


def end_step(response: Response) -> None:
    base = host().settings.base
    response.delete_cookie(
        step_cookie_name(base), path="/", secure=is_secure(base), httponly=True, samesite="Lax"
    )


def read_step(purpose: str) -> tuple[Challenge, dict[str, str]]:
    """Return the challenge and the members of the step that a browser has begun.

    Raises `TokenError` for none, one of another purpose, or one that is over.
    """
    cookie = request.cookies.get(step_cookie_name(host().settings.base), "")
    try:
        document = Document(_signer().loads(cookie), "cookie")
    except BadSignature as error:
        raise TokenError(STEP_OVER) from error
    members = {name: value.text() for name, value in document.members()}
    until = datetime.fromisoformat(members["until"])
    if members["purpose"] != purpose or until <= clock.machine_time().astimezone(UTC):
        raise TokenError(STEP_OVER)
    return Challenge(urlsafe_b64decode(members["challenge"]), until), members


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(
        readers().signing_key, salt="parvis.step", signer_kwargs={"digest_method": sha256}
    )
