"""What each reader may take."""

import pytest

from parvis.config import Limits, Share
from parvis.errors import ShareError
from parvis.governance import Reader
from parvis.pooling.quotas import Shares, kind

HERE, THERE = Reader(address="192.0.2.1"), Reader(address="192.0.2.2")
PARTY = Reader("https://pool.example/partner/x")


def test_a_reader_has_a_name_or_an_address() -> None:
    """Kinds differ in what they may take."""
    assert (kind(HERE), kind(PARTY)) == ("anonymous", "party")
    shares = Shares(Limits())
    assert shares.asker(HERE).share.seconds == 10
    assert shares.asker(PARTY).share.seconds == 60
    assert shares.asker(HERE).key != shares.asker(THERE).key
    party = shares.asker(Reader(PARTY.iri, address="192.0.2.1"))
    assert party.key == shares.asker(PARTY).key


def test_query_seconds_run_out_for_one_reader_and_come_back() -> None:
    """The error says when; other readers have theirs."""
    shares = Shares(Limits(anonymous=Share(query_seconds=5, window=1)))
    shares.asker(HERE).spent(2.5)
    assert shares.standing(HERE).left == 2
    shares.asker(HERE).spent(40.0)
    with pytest.raises(ShareError, match="5 seconds together") as caught:
        shares.asker(HERE)
    assert caught.value.fields["retry"] == 1
    shares.asker(THERE)
    shares.asker(PARTY)


def test_a_look_up_costs_nothing_and_no_limit_is_none() -> None:
    """What takes less than a thousandth of a second is not counted."""
    shares = Shares(Limits(anonymous=Share(query_seconds=1), party=Share(query_seconds=0)))
    for _ in range(2000):
        shares.asker(HERE).spent(0.0009)
    assert shares.standing(HERE).left == 1
    shares.asker(PARTY).spent(10_000)
    shares.asker(PARTY)
