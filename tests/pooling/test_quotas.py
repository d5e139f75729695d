"""The share of each reader."""

import pytest

from parvis.config import Limits, Share
from parvis.errors import ShareError
from parvis.governance import Reader
from parvis.pooling.quotas import Shares, kind

HERE, THERE = Reader(address="192.0.2.1"), Reader(address="192.0.2.2")
PARTY = Reader("https://pool.example/partner/x")


def test_a_reader_is_identified_by_name_or_address() -> None:
    """The kind of reader decides its share."""
    assert (kind(HERE), kind(PARTY)) == ("anonymous", "party")
    shares = Shares(Limits())
    assert shares.admit(HERE).share.seconds == 10
    assert shares.admit(PARTY).share.seconds == 60
    assert shares.admit(HERE).key != shares.admit(THERE).key
    party = shares.admit(Reader(PARTY.iri, address="192.0.2.1"))
    assert party.key == shares.admit(PARTY).key


def test_query_seconds_are_charged_to_a_reader_and_come_back() -> None:
    """The error says when; other readers have their own."""
    shares = Shares(Limits(anonymous=Share(query_seconds=5, window=1)))
    shares.admit(HERE).spent(2.5)
    assert shares.status(HERE).left == 2
    shares.admit(HERE).spent(40.0)
    with pytest.raises(ShareError, match="5 seconds together") as caught:
        shares.admit(HERE)
    assert caught.value.fields["retry"] == 1
    shares.admit(THERE)
    shares.admit(PARTY)


def test_very_short_queries_are_free_and_zero_means_no_limit() -> None:
    """Less than a thousandth of a second is not charged."""
    shares = Shares(Limits(anonymous=Share(query_seconds=1), party=Share(query_seconds=0)))
    for _ in range(2000):
        shares.admit(HERE).spent(0.0009)
    assert shares.status(HERE).left == 1
    shares.admit(PARTY).spent(10_000)
    shares.admit(PARTY)
