"""Who manages a party invites its people; an invitation serves once, in time."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from parvis.config import Settings, clock
from parvis.ledger import People
from parvis.pooling import people
from tests.web.pages.account.conftest import SITE, Visitor

Join = Callable[..., Visitor]
New = Callable[[], Visitor]
LINK = "https://pool.test/invitation/"


def read_link(page: str) -> str:
    """Return the link that a page shows once."""
    return LINK + page.partition(LINK)[2].partition("<")[0]


def test_a_manager_invites_demotes_and_removes_a_person(
    join: Join, visitor: New, research_settings: Settings
) -> None:
    """All by pages; the invited person sees nothing of that."""
    manager = join(name="Manager")
    shown = manager.send("/en/people/invite", role="editor").text
    assert LINK not in manager.open("/en/people").text
    guest = visitor()
    assert guest.accept(read_link(shown), "Guest").location == "/en/account"
    (card,) = [card for card in people.list_people(research_settings) if card.name == "Guest"]
    path = f"/en/people/{card.pseudonym}"
    assert manager.send(f"{path}/role", role="reader").status_code == 303
    assert "signs in again" in manager.open("/en/people?done=role").text
    guest.sign_in()
    assert guest.open("/en/people").status_code == 403
    assert manager.send(f"{path}/sessions").status_code == 303
    assert guest.open("/en/account").status_code == 401
    assert manager.send(f"{path}/remove").status_code == 303
    assert "Guest" not in manager.open("/en/people").text
    assert guest.sign_in().status_code == 401


def test_an_invitation_serves_once(visitor: New, research_settings: Settings) -> None:
    """Replayed, it opens nothing, shows nothing, and adds nobody."""
    link = people.invite(research_settings, "theatre-b", "editor").link
    assert "Theatre B" in visitor().open(link.replace("/invitation", "/en/invitation")).text
    assert visitor().accept(link).status_code == 303
    code = link.rpartition("/")[2]
    replayed = visitor()
    assert replayed.post("/passkey/options", purpose="join", code=code).status_code == 401
    assert replayed.post(f"/invitation/{code}", name="Other").status_code == 401
    assert "Theatre B" not in replayed.open(f"/en/invitation/{code}").text
    assert len(people.list_people(research_settings)) == 1


def test_a_party_added_since_the_publication_is_named_by_its_record(
    join: Join, research_settings: Settings
) -> None:
    """Its first person never sees an identifier in place of its name."""
    folder = research_settings.catalog / "quartet"
    folder.mkdir()
    record = folder / "party.ttl"
    try:
        record.write_text(
            "@prefix schema: <http://schema.org/> . <id/party/quartet> a <http://xmlns.com/foaf/0.1"
            '/Agent> ; schema:name "Le quatuor"@fr , "The quartet"@en .',
            encoding="utf-8",
        )
        page = join("quartet").open("/en/account").text
        assert "The quartet" in page
        assert "id/party/quartet" not in page
    finally:
        record.unlink()
        folder.rmdir()


def test_an_invitation_answered_in_two_windows_adds_one_person(
    visitor: New, research_settings: Settings
) -> None:
    link = people.invite(research_settings, "theatre-b", "editor").link
    code = link.rpartition("/")[2]
    windows = [visitor(), visitor()]
    answers = [
        window.device.register(window.options(purpose="join", code=code)) for window in windows
    ]
    statuses = [
        window.post(f"/invitation/{code}", name="A", credential=answer).status_code
        for window, answer in zip(windows, answers, strict=True)
    ]
    assert statuses == [303, 401]


def test_an_invitation_that_is_over_opens_nothing(
    visitor: New, research_settings: Settings
) -> None:
    link = people.invite(research_settings, "theatre-b", "editor", days=1).link
    later = clock.machine_time() + timedelta(days=1, seconds=1)
    with clock.set_clock(lambda: later):
        response = visitor().open(f"/en/invitation/{link.rpartition('/')[2]}")
    assert response.status_code == 401
    assert "Ask for another one" in response.text


@pytest.mark.parametrize("wrong", ["", "x", "x" * 10_000, "é", "0" * 53])
def test_what_is_no_invitation_opens_nothing(visitor: New, wrong: str) -> None:
    assert visitor().open(f"/invitation/{wrong or 'none'}").status_code in {401, 414}


def test_a_step_begun_for_one_invitation_does_not_accept_another(
    visitor: New, research_settings: Settings
) -> None:
    """Not one of another role, either."""
    reader, editor = (
        people.invite(research_settings, "theatre-b", role).link.rpartition("/")[2]
        for role in ("reader", "editor")
    )
    guest = visitor()
    answer = guest.device.register(guest.options(purpose="join", code=reader))
    assert guest.post(f"/invitation/{editor}", name="A", credential=answer).status_code == 401
    assert people.list_people(research_settings) == []


@pytest.mark.parametrize("name", ["", "\x00\u202e", "x" * 10_000])
def test_a_bad_name_is_told_and_the_invitation_still_serves(
    visitor: New, research_settings: Settings, name: str
) -> None:
    link = people.invite(research_settings, "theatre-b", "editor").link
    guest = visitor()
    response = guest.accept(link, name)
    assert response.status_code == 400
    assert 'role="alert"' in response.text
    assert guest.accept(link, "Good").status_code == 303


def test_two_people_may_have_one_email(join: Join, research_settings: Settings) -> None:
    """It identifies nobody: each signs in as themselves."""
    first, second = join(name="First"), join(name="Second")
    assert len({card.email for card in people.contacts(research_settings, PARTY)}) == 1
    for person, name in ((first, "First"), (second, "Second")):
        person.sign_in()
        assert f'value="{name}"' in person.open("/en/account").text


PARTY = "https://pool.test/id/partner/theatre-b"


def test_names_are_escaped_where_they_are_shown(join: Join) -> None:
    person = join(name="<script>alert(1)</script>")
    for path in ("/en/account", "/en/people"):
        page = person.open(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


def test_a_manager_sees_and_manages_its_own_party_alone(
    join: Join, research_settings: Settings
) -> None:
    """Whatever the form says; a steward manages all."""
    stranger, steward = join("chercheuse", name="Stranger"), join("tiers", "steward", "Steward")
    join(name="Ana Trudel")
    (ana,) = people.list_people(research_settings, PARTY)
    assert "Ana Trudel" not in stranger.open("/en/people").text
    assert stranger.open("/en/steward/people").status_code == 403
    for act in ("role", "remove", "sessions"):
        response = stranger.send(f"/people/{ana.pseudonym}/{act}", role="reader")
        assert response.status_code == 404
    shown = stranger.send("/en/people/invite", role="reader", party="theatre-b", all="1").text
    assert "Theatre B" not in shown
    own = {entry.membership.party for entry in people.list_invitations(research_settings)}
    assert own == {"https://pool.test/id/party/chercheuse"}
    assert "Ana Trudel" in steward.open("/en/steward/people").text
    invited = steward.send("/en/people/invite", role="reader", party="theatre-b", all="1").text
    assert LINK in invited
    withdrawn = people.list_invitations(research_settings, PARTY)[0].id
    assert steward.send(f"/people/invitation/{withdrawn}/withdraw", all="1").status_code == 303
    assert people.list_invitations(research_settings, PARTY) == []
    assert steward.send(f"/people/{ana.pseudonym}/remove", all="1").status_code == 303


def test_a_program_of_the_steward_lists_people_as_the_command_does(
    join: Join, issue_token: Callable[[str], str]
) -> None:
    """In JSON, of every party or of one's own; no other token does."""
    person = join(name="Ana")
    for party, status in (("tiers", 200), ("theatre-b", 403)):
        headers = {
            "Authorization": f"Bearer {issue_token(party)}",
            "Accept": "application/json",
        }
        response = person.client.get("/steward/people", base_url=SITE, headers=headers)
        assert response.status_code == status
        if status == 200:
            (listed,) = response.get_json()["people"]
            assert (listed["name"], listed["role"]) == ("Ana", "editor")


def test_the_last_steward_cannot_be_removed_in_a_browser(
    join: Join, research_settings: Settings
) -> None:
    """Not by themselves, nor by their own account’s page."""
    steward = join("tiers", "steward", "Steward")
    (card,) = people.list_people(research_settings)
    for path, fields in (
        (f"/en/people/{card.pseudonym}/remove", {}),
        (f"/en/people/{card.pseudonym}/role", {"role": "protector"}),
        ("/en/account/delete", {"confirmed": "1"}),
    ):
        response = steward.send(path, **fields)
        assert response.status_code == 400
        assert "last steward" in response.text
    assert people.list_people(research_settings) == [card]


def test_a_person_changes_and_deletes_their_account(
    join: Join, research_settings: Settings
) -> None:
    person = join()
    (card,) = people.list_people(research_settings)
    form = {"name": "Ana B.", "email": "", "language": "fr"}
    assert person.send("/account/details", **form).status_code == 303
    assert People(research_settings.data).get(card.pseudonym).details.name == "Ana B."
    assert person.send("/account/details", name="A", email="wrong").status_code == 400
    assert person.send("/account/delete").status_code == 400
    assert person.send("/account/delete", confirmed="1").status_code == 303
    assert people.list_people(research_settings) == []
    assert person.open("/en/account").status_code == 403


def test_a_form_of_another_site_or_session_changes_nothing(
    join: Join, research_settings: Settings
) -> None:
    """Cross-site request forgery: by origin, and by the token of the form."""
    person, other = join(name="Ana"), join(name="Other")
    foreign = other.open("/en/account").text.partition('name="proof" value="')[2].partition('"')[0]
    for path, fields in (
        ("/people/invite", {"role": "editor"}),
        ("/account/details", {"name": "Forged"}),
        ("/account/delete", {"confirmed": "1"}),
        ("/account/sessions/end", {}),
    ):
        for proof in ("", foreign):
            assert person.post(path, proof=proof, **fields).status_code == 403
        headers = {"Origin": "https://evil.example"}
        forged = person.client.post(path, base_url=SITE, data=fields, headers=headers)
        assert forged.status_code == 403
    assert sorted(card.name for card in people.list_people(research_settings)) == ["Ana", "Other"]
    assert people.list_invitations(research_settings) == []
