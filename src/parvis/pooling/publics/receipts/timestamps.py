"""Timestamps of signed releases (RFC 3161): an independent authority says since when one exists.

Whoever copies a key that signs can date what it signs as it likes, but not what an authority
stamped. An answer is parsed here alone, by a library that is written in Rust.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from parvis.config import FetchSettings
from parvis.errors import FetchError, SourceError
from parvis.fetch.address import Address
from parvis.fetch.download import exchange
from parvis.i18n import N_

MOST_BYTES = 16_000
"""The limit of an answer: one with the certificates of its authority has a few kB."""
SECONDS = 10.0
"""The limit of a request: whoever published waits for it."""
SHA256_OID = "2.16.840.1.101.3.4.2.1"
OK = 200

NO_STAMP = N_("{address} answered {status}, not with a timestamp")
NOT_OF_THIS = N_("{address} answered with no timestamp of what was sent")
NO_CERTIFICATE = N_("what should verify the timestamp of {file} holds no certificate (PEM)")
NOT_STAMPED = N_("{file} has no timestamp, which a certificate could verify")
WRONG_TIMESTAMP = N_(
    "the timestamp of {file} is not of the authority of this certificate: {reason}"
)
OTHER_MESSAGE = N_("it is of something else")


def request_timestamp(address: Address, message: bytes, settings: FetchSettings) -> bytes:
    """Ask an authority for a timestamp of a message and return its answer (RFC 3161 §3.4).

    Only a digest is sent. Whose the answer is, `verify_timestamp` tells. Raises `FetchError`,
    `AddressError` or `LimitError` where there is none that is of this message.
    """
    limits = replace(settings, bytes=MOST_BYTES, seconds=min(SECONDS, settings.seconds))
    request = TimestampRequestBuilder(message, HashAlgorithm.SHA256).build()
    with exchange(address, limits) as session:
        response = session.post(
            address.url,
            data=request.as_bytes(),
            headers={"Content-Type": "application/timestamp-query"},
            timeout=(limits.connect_seconds, min(SECONDS, limits.read_seconds)),
        )
        if response.status_code != OK:
            raise FetchError(NO_STAMP, address=address, status=response.status_code)
        body = response.content
    try:
        answer = decode_timestamp_response(body)
        is_of_request = (
            answer.status == PKIStatus.GRANTED
            and _is_of(answer, message)
            and answer.tst_info.nonce == request.nonce
        )
    except ValueError as error:
        raise FetchError(NOT_OF_THIS, address=address) from error
    if not is_of_request:
        raise FetchError(NOT_OF_THIS, address=address)
    return body


def verify_timestamp(
    response: bytes, message: bytes, certificates: Sequence[Certificate], file: object
) -> datetime:
    """Return when an authority stamped a message; raises `SourceError` where it did not."""
    verifier = VerifierBuilder(roots=list(certificates)).build()
    try:
        answer = decode_timestamp_response(response)
        is_sound = verifier.verify(answer, answer.tst_info.message_imprint.message)
        if is_sound and _is_of(answer, message):
            return answer.tst_info.gen_time
    except (VerificationError, ValueError) as error:
        raise SourceError(WRONG_TIMESTAMP, file=file, reason=error) from error
    raise SourceError(WRONG_TIMESTAMP, file=file, reason=OTHER_MESSAGE)


def read_certificates(body: bytes, file: object) -> list[Certificate]:
    """Read the certificates of an authority (PEM); raises `SourceError` where there is none."""
    try:
        return load_pem_x509_certificates(body)
    except ValueError as error:
        raise SourceError(NO_CERTIFICATE, file=file) from error


def _is_of(answer: TimeStampResponse, message: bytes) -> bool:
    imprint = answer.tst_info.message_imprint
    is_sha256 = imprint.hash_algorithm.dotted_string == SHA256_OID
    return is_sha256 and imprint.message == sha256(message).digest()
