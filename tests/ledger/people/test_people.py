"""People join by an invitation used once, and leave nothing but a pseudonym."""

import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from parvis.errors import LimitError, TokenError, UnknownThing, UsageError
from parvis.ledger import (
    FILE,
    SHELL,
    Act,
    Audit,
    Author,
    Code,
    Database,
    Details,
    Membership,
    Passkey,
    People,
    Person,
    Sessions,
    Subject,
    new_pseudonym,
)
from parvis.ledger.people import invitations
from parvis.ledger.people.people import MOST_PASSKEYS

PARTY = "https://pool.test/id/partner/theatre-b"
THIRD = "https://pool.test/id/partner/tiers"
NAME = "Zoé Canari-Introuvable"
EMAIL = "zoe.canari@introuvable.example"
EDITOR = Membership(PARTY, "editor", purposes=frozenset({"urn:x:purpose"}))
STEWARD = Membership(THIRD, "steward", third_party=True)
MINUTES = timedelta(minutes=10)


@pytest.fixture
def people(tmp_path: Path) -> People:
    """Return the people of an empty data folder."""
    return People(tmp_path)


def add_person(
    people: People, now: datetime, membership: Membership = EDITOR, key: str = "key"
) -> Person:
    """Invite somebody, who joins with a passkey."""
    code, _ = people.invite(membership, now, now + timedelta(days=7))
    name = new_pseudonym()
    return people.join(
        code,
        name,
        Details(NAME, EMAIL, "fr"),
        Passkey(key, name, b"public", 0, "", now),
        now,
        challenge=sha256(key.encode()).digest(),
        until=now + MINUTES,
    )


def test_who_joins_has_the_party_the_role_and_the_purposes_of_the_invitation(
    people: People, now: datetime
) -> None:
    person = add_person(people, now)
    assert people.get(person.pseudonym) == person
    assert (person.membership, person.details) == (EDITOR, Details(NAME, EMAIL, "fr"))
    assert person.author == Author(PARTY, "editor", person.pseudonym)
    assert people.all(PARTY) == people.all() == [person]
    assert people.all("https://pool.test/id/partner/other") == []


def test_an_invitation_is_used_once(people: People, now: datetime) -> None:
    """The second use adds nobody."""
    code, _ = people.invite(EDITOR, now, now + timedelta(days=7))
    for number in (1, 2):
        name, key = new_pseudonym(), f"key-{number}"
        proof = Passkey(key, name, b"", 0, "", now)
        parts = {"challenge": key.encode(), "until": now + MINUTES}
        if number == 1:
            people.join(code, name, Details("A"), proof, now, **parts)  # type: ignore[arg-type]
        else:
            with pytest.raises(TokenError, match="not valid"):
                people.join(code, name, Details("B"), proof, now, **parts)  # type: ignore[arg-type]
    assert [person.details.name for person in people.all()] == ["A"]
    assert people.invitations(now) == []


def test_an_invitation_that_is_over_withdrawn_or_guessed_opens_nothing(
    people: People, now: datetime
) -> None:
    """All are refused with one sentence."""
    expired, _ = people.invite(EDITOR, now, now + MINUTES)
    withdrawn, entry = people.invite(EDITOR, now, now + timedelta(days=7))
    people.withdraw(entry.id, now)
    guessed = Code(people.invite(EDITOR, now, now + timedelta(days=7))[0].id, Code.new().secret)
    later = now + timedelta(hours=1)
    sentences = set()
    for code in (expired, withdrawn, guessed, Code.new(), None):
        with pytest.raises(TokenError) as refusal:
            people.open_invitation(code, later)
        sentences.add(str(refusal.value))
    assert len(sentences) == 1
    with pytest.raises(UnknownThing):
        people.withdraw(entry.id, now)


def test_a_challenge_and_a_passkey_serve_once(people: People, now: datetime) -> None:
    """The invitation stays unused where the passkey is another person's."""
    add_person(people, now, key="taken")
    code, entry = people.invite(EDITOR, now, now + timedelta(days=7))
    for key, challenge in (("taken", b"fresh"), ("other", sha256(b"taken").digest())):
        proof = Passkey(key, "x", b"", 0, "", now)
        with pytest.raises(TokenError):
            people.join(
                code, "x", Details("X"), proof, now, challenge=challenge, until=now + MINUTES
            )
    assert [invitation.id for invitation in people.invitations(now)] == [entry.id]
    assert len(people.all()) == 1


def test_a_removed_person_leaves_a_pseudonym_and_nothing_else(
    people: People, now: datetime, tmp_path: Path
) -> None:
    """No file of the ledger holds the name any more, its journal included."""
    reader = sqlite3.connect(tmp_path / FILE)  # the server reads meanwhile: the journal stays
    person = add_person(people, now, key="key-canary-0123456789")
    Sessions(tmp_path).begin(
        now, now + timedelta(hours=1), "Firefox/Windows", person=person.pseudonym
    )
    reader.execute("SELECT count(*) FROM person").fetchall()
    people.remove(person.pseudonym, now)
    for file in tmp_path.glob(f"{FILE}*"):
        content = file.read_bytes()
        for text in (NAME, EMAIL, "key-canary-0123456789", "Firefox/Windows"):
            assert text.encode() not in content, (file, text)
    reader.close()
    assert people.all() == []
    assert people.passkeys(person.pseudonym) == []
    with pytest.raises(UnknownThing):
        people.get(person.pseudonym)
    acts = [Act.PERSON_INVITED, Act.PERSON_JOINED, Act.PERSON_REMOVED]
    removed, joined, _ = (link.entry for link in Audit(tmp_path).latest(acts, 9))
    assert removed["subject"] == joined["person"] == person.pseudonym
    assert (joined["by"], joined["role"]) == (PARTY, "editor")


def test_the_last_steward_stays_except_at_the_command_line(people: People, now: datetime) -> None:
    """Not demoted, not removed, not by themselves either."""
    first = add_person(people, now, STEWARD)
    for author in (first.author, Author(THIRD, "steward")):
        with pytest.raises(UsageError, match="last steward"):
            people.remove(first.pseudonym, now, author)
        with pytest.raises(UsageError, match="last steward"):
            people.change_role(first.pseudonym, "protector", now, author)
    second = add_person(people, now, STEWARD, "second")
    people.change_role(first.pseudonym, "protector", now, second.author)
    with pytest.raises(UsageError):
        people.remove(second.pseudonym, now, second.author)
    people.remove(second.pseudonym, now, SHELL)
    assert [person.membership.role for person in people.all()] == ["protector"]


def test_a_role_that_changes_ends_the_sessions(
    people: People, now: datetime, tmp_path: Path
) -> None:
    person, sessions = add_person(people, now), Sessions(tmp_path)
    code = sessions.begin(now, now + timedelta(hours=1), "", person=person.pseudonym)
    people.change_role(person.pseudonym, "reader", now)
    with pytest.raises(TokenError):
        sessions.check(code, now)
    (link,) = Audit(tmp_path).latest([Act.PERSON_ROLE], 9)
    assert (link.entry["subject"], link.entry["to"]) == (person.pseudonym, "reader")


def test_an_account_at_a_provider_is_one_persons(people: People, now: datetime) -> None:
    """Nobody's account signs in nobody, whatever its email."""
    subject = Subject("https://login.example", "42")
    code, _ = people.invite(EDITOR, now, now + timedelta(days=7))
    until = now + MINUTES
    people.join(code, "p", Details("A"), subject, now, challenge=b"1", until=until)
    person = people.use_subject(subject, now, b"2", until)
    assert person is not None
    assert person.pseudonym == "p"
    assert people.use_subject(replace(subject, subject="43"), now, b"3", until) is None
    with pytest.raises(TokenError):
        people.use_subject(subject, now, b"2", until)


def test_a_restored_backup_brings_back_nobody_and_no_role(
    people: People, now: datetime, tmp_path: Path
) -> None:
    """Who joined since stays; an invitation used since is of no more use."""
    gone, demoted = add_person(people, now), add_person(people, now, key="second")
    code, _ = people.invite(EDITOR, now, now + timedelta(days=7))
    saved = tmp_path / "saved.sqlite"
    Database(tmp_path / FILE).copy(saved)
    people.remove(gone.pseudonym, now)
    people.change_role(demoted.pseudonym, "reader", now)
    details, until = Details("Third"), now + MINUTES
    third = people.join(
        code,
        "third",
        details,
        Passkey("3", "third", b"", 0, "", now),
        now,
        challenge=b"3",
        until=until,
    )
    people.take_over(saved)
    roles = {person.pseudonym: person.membership.role for person in people.all()}
    assert roles == {demoted.pseudonym: "reader", third.pseudonym: "editor"}
    assert people.passkeys(gone.pseudonym) == []
    with pytest.raises(TokenError):
        people.open_invitation(code, now)


def test_a_backup_brings_its_people_to_a_new_place(
    people: People, now: datetime, tmp_path: Path
) -> None:
    """With their passkeys, without their sessions."""
    person = add_person(people, now)
    Sessions(tmp_path).begin(now, now + timedelta(hours=1), "", person=person.pseudonym)
    other = People(tmp_path / "new")
    other.take_over(tmp_path / FILE)
    assert other.all() == [person]
    assert [passkey.id for passkey in other.passkeys(person.pseudonym)] == ["key"]
    assert Sessions(tmp_path / "new").open(now, person=person.pseudonym) == []


def test_a_party_has_no_more_invitations_than_it_may(
    people: People, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither waiting nor within a day; another party has its own."""
    monkeypatch.setattr(invitations, "MOST", 2)
    monkeypatch.setattr(invitations, "MOST_A_DAY", 3)
    until = now + timedelta(days=7)
    first, second = (people.invite(EDITOR, now, until)[1].id for _ in range(2))
    with pytest.raises(LimitError, match="wait already"):
        people.invite(EDITOR, now, until)
    people.invite(STEWARD, now, until)
    people.withdraw(first, now)
    people.invite(EDITOR, now, until)
    people.withdraw(second, now)
    with pytest.raises(LimitError, match="within a day"):
        people.invite(EDITOR, now, until)
    people.invite(EDITOR, now + timedelta(days=1), until)


def test_a_person_has_no_more_passkeys_than_anybody_has_devices(
    people: People, now: datetime
) -> None:
    """One who removes a passkey may add another."""
    person = add_person(people, now)

    def add(key: str) -> None:
        passkey = Passkey(key, person.pseudonym, b"public", 0, "", now)
        people.add_passkey(passkey, sha256(key.encode()).digest(), now + MINUTES)

    for number in range(1, MOST_PASSKEYS):
        add(f"key-{number}")
    with pytest.raises(LimitError, match="remove one"):
        add("next")
    people.remove_passkey(person.pseudonym, "key", now)
    add("next")
    assert len(people.passkeys(person.pseudonym)) == MOST_PASSKEYS
