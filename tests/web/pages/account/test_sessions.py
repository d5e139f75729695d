"""A session ends for good: signed out, rotated, after another role, with its person or token."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from parvis.config import Settings
from parvis.ledger import Act, Audit, Sessions
from parvis.pooling import people
from parvis.pooling.serving.readers import create_token, revoke_token
from tests.web.pages.account.conftest import BROWSER, COOKIE, SITE, Visitor

Join = Callable[..., Visitor]


def end_by_signing_out(person: Visitor, _: Settings) -> None:
    assert person.send("/logout").status_code == 303


def end_by_signing_in_again(person: Visitor, _: Settings) -> None:
    assert person.sign_in().status_code == 303


def end_by_another_role(_: Visitor, settings: Settings) -> None:
    (card,) = people.list_people(settings)
    people.change_role(settings, card.pseudonym, "reader")


def end_by_removal(_: Visitor, settings: Settings) -> None:
    (card,) = people.list_people(settings)
    people.remove(settings, card.pseudonym)


def end_in_the_list(person: Visitor, _: Settings) -> None:
    assert person.send("/account/sessions/end").status_code == 303


@pytest.mark.parametrize(
    "end",
    [
        end_by_signing_out,
        end_by_signing_in_again,
        end_by_another_role,
        end_by_removal,
        end_in_the_list,
    ],
)
def test_a_cookie_replayed_in_another_browser_opens_nothing_once_its_session_ended(
    join: Join,
    visitor: Callable[[], Visitor],
    research_settings: Settings,
    end: Callable[[Visitor, Settings], None],
) -> None:
    """Until then it would: nothing binds it to an address."""
    person = join()
    cookie = person.cookie
    assert "Ana" in visitor().replay(cookie).text
    end(person, research_settings)
    response = visitor().replay(cookie)
    assert response.status_code == 401
    assert "Ana" not in response.text
    assert f"{COOKIE}=;" in response.headers["Set-Cookie"]


def test_a_person_removed_while_signed_in_may_do_nothing_more(
    join: Join, research_settings: Settings
) -> None:
    """Neither read what the party reads, nor send a form that was open."""
    person = join()
    hidden = "/dataset/theatre-b/reserve"
    assert person.open(hidden).status_code == 200
    proof = person.open("/en/account").text.partition('name="proof" value="')[2].partition('"')[0]
    (card,) = people.list_people(research_settings)
    people.remove(research_settings, card.pseudonym)
    assert person.post("/account/details", proof=proof, name="Back").status_code == 401
    assert person.open(hidden).status_code == 404
    assert person.sign_in().status_code == 401
    assert people.list_people(research_settings) == []


def test_a_person_with_another_role_may_do_less_at_once(
    join: Join, research_settings: Settings
) -> None:
    person = join()
    assert person.open("/en/people").status_code == 200
    (card,) = people.list_people(research_settings)
    people.change_role(research_settings, card.pseudonym, "reader")
    assert person.open("/en/people").status_code == 401
    person.sign_in()
    assert person.open("/en/people").status_code == 403
    assert person.send("/people/invite", role="editor").status_code == 403


def test_sessions_are_listed_by_browser_and_ended_one_by_one(
    join: Join, visitor: Callable[[], Visitor]
) -> None:
    person = join()
    phone = visitor()
    phone.device = person.device
    phone.sign_in()
    page = person.open("/en/account").text
    assert page.count("Firefox on Windows") >= 2
    assert person.send("/account/sessions/end", id="0123456789").status_code == 404
    # The first ten characters of a cookie are the id of its session.
    for cookie, is_own in ((phone.cookie, False), (person.cookie, True)):
        response = person.send("/en/account/sessions/end", id=cookie[:10])
        assert response.location == ("/en/login" if is_own else "/en/account?done=session")
    assert phone.open("/en/account").status_code == 401
    assert person.open("/en/account").status_code == 403


def test_a_token_opens_a_session_that_ends_with_it(
    browser: FlaskClient, research_settings: Settings
) -> None:
    """It is listed as a person’s."""
    issued = create_token(research_settings, "theatre-b", label="essai")
    browser.post("/login", base_url=SITE, data={"token": issued.text})
    page = browser.get("/en/account", base_url=SITE, headers=BROWSER)
    assert issued.token.id in page.text
    assert len(Sessions(research_settings.data).open(issued.token.created, token=issued.token.id))
    assert browser.get("/en/people", base_url=SITE, headers=BROWSER).status_code == 403
    revoke_token(research_settings, issued.token.id)
    assert browser.get("/en/account", base_url=SITE, headers=BROWSER).status_code == 401


def test_a_program_with_a_token_has_no_account_page(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    headers = {"Authorization": f"Bearer {issue_token('theatre-b')}"}
    assert browser.get("/account", base_url=SITE, headers=headers).status_code == 403


def test_the_trail_names_a_person_by_role_and_pseudonym(
    join: Join, research_settings: Settings
) -> None:
    """For reading and for acts, without token, name or address."""
    person = join()
    (card,) = people.list_people(research_settings)
    person.open("/search?q=spectacle")
    trail, _ = person.client.application.extensions["parvis.trail"]
    trail.close()
    entries = [link.entry for link in Audit(research_settings.data).latest(list(Act), 5)]
    (read,) = [entry for entry in entries if entry["act"] == "search"]
    assert (read["role"], read["person"]) == ("editor", card.pseudonym)
    assert read["by"] == card.party
    assert "token" not in read
    assert not any("Ana" in str(entry) or "@" in str(entry) for entry in entries)
