"""People of a party are invited by who may, and their texts are bounded."""

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.config import Settings
from parvis.errors import UnknownThing, UsageError
from parvis.ledger import Author, Code, Details, Passkey, People, Person, new_pseudonym
from parvis.pooling import people
from parvis.pooling.people.browsers import BROWSERS, SYSTEMS, name_browser

POOL = Path(__file__).parents[2] / "cases" / "pool"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of a pool without data."""
    return replace(Settings.load(data=tmp_path, catalog=POOL), base="https://pool.test/")


def accept(settings: Settings, link: people.InvitationLink, name: str = "Ana") -> Person:
    """Join by a link, with an address to write to."""
    code = Code.parse(link.link.rpartition("/")[2])
    assert code is not None
    now, pseudonym = datetime.now(UTC), new_pseudonym()
    return People(settings.data).join(
        code,
        pseudonym,
        Details(name, "ana@theatre.example", "en"),
        Passkey(pseudonym, pseudonym, b"", 0, "", now),
        now,
        challenge=pseudonym.encode(),
        until=now + timedelta(minutes=5),
    )


def test_a_person_is_invited_and_listed_with_an_address(settings: Settings) -> None:
    link = people.invite(settings, "theatre-b", "editor")
    assert link.link.startswith("https://pool.test/invitation/")
    assert link.to_json()["role"] == "editor"
    person = accept(settings, link)
    (card,) = people.list_people(settings, "https://pool.test/id/partner/theatre-b")
    assert (card.pseudonym, card.role, card.name) == (person.pseudonym, "editor", "Ana")
    assert [contact.email for contact in people.contacts(settings, card.party)] == [
        "ana@theatre.example"
    ]


@pytest.mark.parametrize(
    ("party", "role"),
    [("theatre-b", "steward"), ("theatre-b", "sender"), ("tiers", "editor"), ("tiers", "x" * 9999)],
)
def test_a_party_has_only_its_own_roles(settings: Settings, party: str, role: str) -> None:
    with pytest.raises(UsageError, match="is no role"):
        people.invite(settings, party, role)


def test_an_editor_manages_its_own_party_alone(settings: Settings) -> None:
    """Others are as if they did not exist; a steward manages all."""
    person = accept(settings, people.invite(settings, "theatre-b", "editor"))
    stranger = Author("https://pool.test/id/partner/other", "editor", "x")
    invitation = people.invite(settings, "theatre-b", "reader").invitation
    for refused in (
        lambda: people.invite(settings, "theatre-b", "reader", author=stranger),
        lambda: people.change_role(settings, person.pseudonym, "reader", stranger),
        lambda: people.remove(settings, person.pseudonym, stranger),
        lambda: people.end_sessions(settings, person.pseudonym, author=stranger),
        lambda: people.list_sessions(settings, person.pseudonym, stranger),
        lambda: people.withdraw_invitation(settings, invitation.id, stranger),
    ):
        with pytest.raises(UnknownThing):
            refused()
    steward = Author("https://pool.test/id/partner/tiers", "steward", "y")
    assert people.change_role(settings, person.pseudonym, "reader", steward).role == "reader"
    people.remove(settings, person.pseudonym, person.author)
    assert people.list_people(settings) == []


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_persons_texts_are_visible_and_bounded_or_refused(name: str, email: str) -> None:
    try:
        details = people.read_details(name, email, "fr")
    except UsageError:
        return
    assert 0 < len(details.name) <= 100
    assert all(unicodedata.category(sign)[0] != "C" for sign in details.name + details.email)
    assert not details.email or "@" in details.email


@pytest.mark.parametrize("name", ["", " \u200b\u202e\x00 ", "x" * 101, "x" * 10_000, "a " * 5_000])
def test_a_name_that_nobody_could_read_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        people.read_details(name, "", "fr")


def test_control_characters_and_marks_of_direction_are_left_out() -> None:
    details = people.read_details("Ana\x1b[2J\u202eeluaP\r\n", "", "de")
    assert details == Details("Ana[2JeluaP", "", "fr")


@pytest.mark.parametrize(
    "email", ["ana", "@x.example", "a@b@c.example", "a@x", "a@.example", "a b@x.example"]
)
def test_a_wrong_address_is_refused(email: str) -> None:
    with pytest.raises(UsageError, match="no e-mail address"):
        people.read_details("Ana", email, "fr")


@given(st.text(max_size=2_000))
def test_a_browser_is_named_from_fixed_lists(header: str) -> None:
    browser, _, system = name_browser(header).partition("/")
    assert browser in {"", *(name for _, name in BROWSERS)}
    assert system in {"", *(name for _, name in SYSTEMS)}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox/Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/140 Safari/537 Edg/140", "Edge/Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18 like Mac OS X) Version/18 Safari", "/iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18 Safari/605", "Safari/macOS"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140 Mobile Safari/537", "Chrome/Android"),
        ("<script>\x00" * 2_000, "/"),
    ],
)
def test_the_browsers_of_people_are_recognised(header: str, expected: str) -> None:
    assert name_browser(header) == expected
