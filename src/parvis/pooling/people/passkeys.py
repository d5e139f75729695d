"""Sign in by a passkey (WebAuthn Level 3): the browser proves that it has a private key."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_bytes
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json
from webauthn.helpers import parse_authentication_credential_json as parse_authentication
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from parvis.config import Settings, clock
from parvis.errors import TokenError
from parvis.i18n import N_
from parvis.ledger import Code, Details, Passkey, People, Person

REFUSED = N_(
    "This passkey was not accepted: begin again. If it happens again, use another passkey, or ask"
    " for a new invitation."
)
UNKNOWN = N_(
    "This passkey opens nothing here: it was removed, or it is of another site. Use another one, or"
    " ask for a new invitation."
)
LONGEST = 20_000
"""Characters of a browser's response."""
CHALLENGE = 32
"""Bytes of a challenge; Level 3, §13.4.3 asks for 16 at least."""
MALFORMED = (
    WebAuthnException,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
)
"""What the library raises for a response that a stranger made up."""


@dataclass(frozen=True)
class Challenge:
    """A challenge that a browser answers once, before an instant."""

    value: bytes
    until: datetime

    @classmethod
    def new(cls, until: datetime) -> "Challenge":
        return cls(token_bytes(CHALLENGE), until)

    @property
    def digest(self) -> bytes:
        return sha256(self.value).digest()


def offer_sign_in(settings: Settings, challenge: Challenge) -> str:
    """Return the options for a browser that signs in, as JSON; it offers the keys that it has."""
    return options_to_json(
        webauthn.generate_authentication_options(
            rp_id=_site(settings),
            challenge=challenge.value,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def offer_registration(settings: Settings, pseudonym: str, name: str, challenge: Challenge) -> str:
    """Return the options for a browser that makes a passkey of a person, as JSON."""
    existing = People(settings.data).passkeys(pseudonym)
    return options_to_json(
        webauthn.generate_registration_options(
            rp_id=_site(settings),
            rp_name="parvis",
            user_id=pseudonym.encode(),
            user_name=name or pseudonym,
            challenge=challenge.value,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.id))
                for passkey in existing
            ],
        )
    )


def sign_in(settings: Settings, response: str, challenge: Challenge) -> Person:
    """Return the person whose passkey answered a challenge; raises `TokenError`."""
    people, now = People(settings.data), clock.machine_time()
    try:
        credential = parse_authentication(response[:LONGEST])
        passkey = people.passkey(credential.id)
        if passkey is None:
            raise TokenError(UNKNOWN)
        verified = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge.value,
            expected_rp_id=_site(settings),
            expected_origin=_origin(settings),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
        # A key that names another person's account than its own is not the one we registered.
        handle = credential.response.user_handle
    except MALFORMED as error:
        raise TokenError(REFUSED) from error
    if handle is not None and handle != passkey.person.encode():
        raise TokenError(REFUSED)
    return people.use_passkey(
        passkey.id, verified.new_sign_count, now, challenge.digest, challenge.until
    )


def join(  # noqa: PLR0913, PLR0917 - an acceptance has as many parts
    settings: Settings,
    code: Code,
    pseudonym: str,
    details: Details,
    response: str,
    challenge: Challenge,
) -> Person:
    """Use an invitation with a new passkey; raises `TokenError`."""
    passkey = _verify(settings, pseudonym, "", response, challenge)
    return People(settings.data).join(
        code,
        pseudonym,
        details,
        passkey,
        passkey.created,
        challenge=challenge.digest,
        until=challenge.until,
    )


def add_passkey(
    settings: Settings, pseudonym: str, label: str, response: str, challenge: Challenge
) -> Passkey:
    """Add a passkey to a person's; raises `TokenError`."""
    passkey = _verify(settings, pseudonym, label, response, challenge)
    People(settings.data).add_passkey(passkey, challenge.digest, challenge.until)
    return passkey


def _verify(
    settings: Settings, pseudonym: str, label: str, response: str, challenge: Challenge
) -> Passkey:
    try:
        verified = webauthn.verify_registration_response(
            credential=response[:LONGEST],
            expected_challenge=challenge.value,
            expected_rp_id=_site(settings),
            expected_origin=_origin(settings),
            require_user_verification=True,
        )
    except MALFORMED as error:
        raise TokenError(REFUSED) from error
    return Passkey(
        bytes_to_base64url(verified.credential_id),
        pseudonym,
        verified.credential_public_key,
        verified.sign_count,
        label,
        clock.machine_time(),
    )


def _site(settings: Settings) -> str:
    """Return the name of the site that passkeys are for: the host of the base."""
    return urlsplit(settings.base).hostname or ""


def _origin(settings: Settings) -> str:
    parts = urlsplit(settings.base)
    return f"{parts.scheme}://{parts.netloc.lower()}"
