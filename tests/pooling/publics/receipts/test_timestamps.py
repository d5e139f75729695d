"""Timestamps: an authority's answer is taken if it is of what was sent, and verified offline."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parvis.config import FetchSettings, Settings
from parvis.errors import AddressError, FetchError, LimitError, SourceError
from parvis.fetch.address import Address
from parvis.pooling.publics.receipts.keys import draw_signer, keys_to_json
from parvis.pooling.publics.receipts.receipt import compose_stamped, write_receipt
from parvis.pooling.publics.receipts.timestamps import (
    read_certificates,
    request_timestamp,
    verify_timestamp,
)
from parvis.pooling.serving.figures.released.verification import check_receipt
from tests.authority import Authority, give, make_authority
from tests.conftest import Answer, Server
from tests.pooling.publics.receipts.test_receipts import FIGURES, TREE, release_at

MESSAGE = b"what is stamped"
FETCH = FetchSettings(allow=("127.0.0.1",), read_seconds=0.2)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def ask(server: Server) -> Callable[[Answer, bytes], bytes]:
    """Return a function that asks a server, which answers as it is told, for a timestamp."""

    def ask_server(answer: Answer, message: bytes = MESSAGE) -> bytes:
        server.answers["/stamps"] = answer
        return request_timestamp(Address(server.address("/stamps")), message, FETCH)

    return ask_server


def test_a_timestamp_is_verified_by_the_certificate_of_its_authority_alone(
    ask: Callable[..., bytes], authority: Authority, tmp_path: Path
) -> None:
    """And it is of one message alone."""
    answer = ask(authority.answer)
    certificates = read_certificates(authority.certificate.read_bytes(), "root.pem")
    stamped = verify_timestamp(answer, MESSAGE, certificates, "receipt")
    assert abs(datetime.now(UTC) - stamped) < timedelta(minutes=1)
    with pytest.raises(SourceError, match="of something else"):
        verify_timestamp(answer, b"another", certificates, "receipt")
    other = make_authority(tmp_path).certificate.read_bytes()
    with pytest.raises(SourceError, match="not of the authority"):
        verify_timestamp(answer, MESSAGE, read_certificates(other, "root.pem"), "receipt")
    with pytest.raises(SourceError, match="no certificate"):
        read_certificates(b"none", "root.pem")


def test_an_answer_that_is_no_timestamp_of_what_was_sent_is_refused(
    ask: Callable[..., bytes], authority: Authority
) -> None:
    """Be it of another message, of another request of the same, of nothing, or a mistake."""
    of_another = ask(authority.answer, b"another")
    of_before = ask(authority.answer)
    for body in (of_another, of_before, b"", b"<html>", of_before[:-9]):
        with pytest.raises(FetchError, match="no timestamp of what was sent"):
            ask(lambda to, body=body: give(to, body))
    with pytest.raises(FetchError, match="answered 503"):
        ask(lambda to: give(to, b"", 503))


def test_an_enormous_answer_and_a_late_one_are_given_up(ask: Callable[..., bytes]) -> None:
    with pytest.raises(LimitError):
        ask(lambda to: give(to, bytes(1_000_000)))
    ended = threading.Event()
    try:
        with pytest.raises(FetchError):
            ask(lambda _: ended.wait(20))
    finally:
        ended.set()


def test_a_machine_inside_is_not_asked(server: Server) -> None:
    with pytest.raises(AddressError):
        request_timestamp(Address(server.address("/stamps")), MESSAGE, FetchSettings())
    assert server.calls == 0


def test_a_receipt_that_was_stamped_after_its_key_had_ended_is_refused(
    authority: Authority, ask: Callable[..., bytes], tmp_path: Path
) -> None:
    """Whoever copied the key dates a release as it likes; the authority does not."""
    signer, release = draw_signer(tmp_path), release_at(datetime(2019, 1, 1, tzinfo=UTC))
    answer = ask(authority.answer, compose_stamped(release, signer))
    receipts = {
        has_stamp: write_receipt(
            FIGURES[0], 0, TREE, release, signer, (has_stamp and answer) or None
        )
        for has_stamp in (True, False)
    }

    def check(until: datetime | None, *, has_stamp: bool = True) -> datetime | None:
        keys = json.dumps(keys_to_json([replace(signer.key, until=until)])).encode()
        settings = Settings(data=tmp_path, catalog=tmp_path)
        body, root = receipts[has_stamp], authority.certificate.read_bytes()
        verdict = check_receipt(settings, body, "r", keys, offline=True, certificates=root)
        return verdict.stamped

    assert check(None) == check(datetime.now(UTC) + timedelta(minutes=5))
    with pytest.raises(SourceError, match="has signed nothing since"):
        check(datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(SourceError, match="has no timestamp"):
        check(None, has_stamp=False)
