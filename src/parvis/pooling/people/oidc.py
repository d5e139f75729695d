"""Sign in by an account at an OpenID provider (OpenID Connect Core 1.0), by the code flow."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client.oauth2_session import OAuth2ClientAuth
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from parvis.config import FetchSettings, Settings, clock
from parvis.config.documents import Document
from parvis.errors import FetchError, InputError, StoreError, TokenError, UsageError
from parvis.fetch.address import Address
from parvis.fetch.download import exchange
from parvis.i18n import N_
from parvis.ledger import Code, Details, People, Person, Subject
from parvis.pooling.people.passkeys import Challenge

NOT_CONFIGURED = N_("No organisation’s account signs in here: use a passkey.")
REFUSED = N_("The account was not accepted by {issuer}: begin again, or use a passkey.")
WRONG = N_("{issuer} did not answer as OpenID Connect demands: {reason}")
NOT_LINKED = N_(
    "This account is linked to nobody here. Open the invitation that you received, and accept it"
    " with this account; an e-mail alone links nothing."
)
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "Ed25519")
"""Signatures by a key pair: “none”, or a secret that both sides know, prove nothing."""
MALFORMED = (AuthlibBaseError, JoseError, ValueError, LookupError, TypeError, RecursionError)
"""What the libraries raise for an answer that is not as the standard says."""
LEEWAY = 60
"""Seconds by which the provider's clock may differ."""
LIMITS = {"bytes": 1_000_000, "seconds": 20.0, "connect_seconds": 5.0, "read_seconds": 10.0}
LONGEST = 255
"""Characters of a subject (OpenID Connect Core 1.0, §2)."""


class _Client(OAuth2Client):  # type: ignore[misc] # untyped
    """A client whose requests go over a session of ours."""

    client_auth_class = OAuth2ClientAuth


@dataclass(frozen=True)
class _Provider:
    """What a provider says of itself (OpenID Connect Discovery 1.0, §3)."""

    authorization: str
    token: str
    keys: str
    methods: tuple[str, ...]


def begin(settings: Settings, challenge: Challenge) -> tuple[str, dict[str, str]]:
    """Return the provider's address that signs a person in, and what to keep until its answer.

    Raises `UsageError` without a provider, `FetchError` for one that does not answer.
    """
    provider, flow = _discover(settings), {"nonce": token_urlsafe(), "verifier": token_urlsafe(48)}
    address, _ = _client(settings, provider, None).create_authorization_url(
        provider.authorization,
        state=challenge.value.hex(),
        code_verifier=flow["verifier"],
        nonce=flow["nonce"],
    )
    return address, flow


def read_answer(
    settings: Settings, challenge: Challenge, flow: Mapping[str, str], answer: Mapping[str, str]
) -> Subject:
    """Return the account that a provider's answer proves; raises `TokenError` or `FetchError`.

    `answer` has the parameters with which the provider sent the browser back.
    """
    issuer = settings.oidc.issuer
    is_ours = compare_digest(answer.get("state", "").encode(), challenge.value.hex().encode())
    # A provider that names itself is the one that was asked (RFC 9207 §2.4).
    if not is_ours or answer.get("iss", issuer) != issuer or not answer.get("code"):
        raise TokenError(REFUSED, issuer=issuer)
    provider = _discover(settings)
    try:
        with exchange(Address.parse(provider.token), _limits(settings)) as http_session:
            tokens = _client(settings, provider, http_session).fetch_token(
                provider.token,
                grant_type="authorization_code",
                code=answer["code"],
                code_verifier=flow["verifier"],
                allow_redirects=False,
            )
            keys = http_session.get(provider.keys, timeout=_limits(settings).read_seconds).json()
        signed = jwt.decode(tokens["id_token"], KeySet.import_key_set(keys), [*ALGORITHMS])
        claims = CodeIDToken(
            signed.claims,
            signed.header,
            options={
                "iss": {"essential": True, "value": issuer},
                "aud": {"essential": True, "value": settings.oidc.client_id},
            },
            params={
                "nonce": flow["nonce"],
                "client_id": settings.oidc.client_id,
                "access_token": tokens.get("access_token"),
            },
        )
        claims.validate(now=int(clock.machine_time().timestamp()), leeway=LEEWAY)
        subject = claims["sub"]
    except MALFORMED as error:
        raise TokenError(REFUSED, issuer=issuer) from error
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST:
        raise TokenError(REFUSED, issuer=issuer)
    return Subject(issuer, subject)


def sign_in(settings: Settings, subject: Subject, challenge: Challenge) -> Person:
    """Return the person whose account it is; raises `TokenError` for nobody's."""
    people = People(settings.data)
    now, until = clock.machine_time(), challenge.until
    person = people.use_subject(subject, now, challenge.digest, until)
    if person is None:
        raise TokenError(NOT_LINKED)
    return person


def link(settings: Settings, pseudonym: str, subject: Subject, challenge: Challenge) -> None:
    """Link an account to a person who is signed in; raises `TokenError` for another person's."""
    People(settings.data).add_subject(
        pseudonym, subject, clock.machine_time(), challenge.digest, challenge.until
    )


def join(  # noqa: PLR0913, PLR0917 - an acceptance has as many parts
    settings: Settings,
    code: Code,
    pseudonym: str,
    details: Details,
    subject: Subject,
    challenge: Challenge,
) -> Person:
    """Use an invitation with an account; raises `TokenError`."""
    return People(settings.data).join(
        code,
        pseudonym,
        details,
        subject,
        clock.machine_time(),
        challenge=challenge.digest,
        until=challenge.until,
    )


def _client(settings: Settings, provider: _Provider, http_session: Any) -> OAuth2Client:  # noqa: ANN401 - theirs
    configured = settings.oidc
    # Basic authentication is the default of the standard (Discovery, §3).
    by_form = provider.methods and "client_secret_basic" not in provider.methods
    secret = configured.secret()
    method = ("client_secret_post" if by_form else "client_secret_basic") if secret else "none"
    return _Client(
        http_session,
        client_id=configured.client_id,
        client_secret=secret or None,
        token_endpoint_auth_method=method,
        scope="openid",
        redirect_uri=f"{settings.base}login/oidc/callback",
        code_challenge_method="S256",
    )


def _limits(settings: Settings) -> FetchSettings:
    """Return the limits of fetching, with the provider's host allowed: the steward named it."""
    host = urlsplit(settings.oidc.issuer).hostname or ""
    return replace(settings.fetch, allow=(*settings.fetch.allow, host), **LIMITS)  # type: ignore[arg-type]


def _discover(settings: Settings) -> _Provider:
    issuer = settings.oidc.issuer
    if not issuer:
        raise UsageError(NOT_CONFIGURED)
    address = Address.parse(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    with exchange(address, _limits(settings)) as http_session:
        response = http_session.get(address.url, timeout=_limits(settings).read_seconds)
        body = response.content if response.ok else b""
    try:
        document = Document.parse(body, "openid-configuration")
        if document.member("issuer").text() != issuer:
            raise FetchError(WRONG, issuer=issuer, reason="issuer")
        methods = document.member("token_endpoint_auth_methods_supported")
        return _Provider(
            _read_endpoint(document, "authorization_endpoint", issuer),
            _read_endpoint(document, "token_endpoint", issuer),
            _read_endpoint(document, "jwks_uri", issuer),
            tuple(entry.text() for entry in methods.optional(methods.items) or ()),
        )
    except (InputError, StoreError) as error:
        raise FetchError(WRONG, issuer=issuer, reason=error) from error


def _read_endpoint(document: Document, name: str, issuer: str) -> str:
    address = Address.parse(document.member(name).text())
    # A provider of https does not send a code where anybody could read it.
    if Address.parse(issuer).secure and not address.secure:
        raise FetchError(WRONG, issuer=issuer, reason=name)
    return address.url
