"""A passkey signs in its person, once per challenge, from this site alone."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.config import Settings, clock
from parvis.errors import TokenError
from parvis.ledger import People
from parvis.pooling import people
from parvis.pooling.people.passkeys import Challenge, sign_in
from tests.authenticator import PRESENT, Authenticator, decode, encode
from tests.web.pages.account.conftest import SITE, Visitor

Join = Callable[..., Visitor]


def test_an_invited_person_signs_in_by_the_passkey(join: Join) -> None:
    person = join()
    assert "Ana" in person.open("/en/account").text
    person.send("/logout")
    assert person.open("/en/account").status_code == 403
    response = person.sign_in()
    assert (response.status_code, response.location) == (303, "/en/my")
    cookie = next(text for text in response.headers.getlist("Set-Cookie") if "parvis=" in text)
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(cookie.split("; "))


def test_an_answer_signs_in_once(join: Join, visitor: Callable[[], Visitor]) -> None:
    """Neither again in the same browser, with the step’s cookie put back, nor in another."""
    person, stranger = join(), visitor()
    person.send("/logout")
    options = person.options(purpose="sign-in")
    step = person.client.get_cookie("__Host-parvis-step", domain="pool.test")
    assert step is not None
    answer = person.device.sign_in(options)
    assert stranger.post("/login/passkey", credential=answer).status_code == 401
    stranger.options(purpose="sign-in")
    assert stranger.post("/login/passkey", credential=answer).status_code == 401
    assert person.post("/login/passkey", credential=answer).status_code == 303
    assert person.post("/login/passkey", credential=answer).status_code == 401
    stranger.client.set_cookie("__Host-parvis-step", step.value, domain="pool.test", secure=True)
    assert stranger.post("/login/passkey", credential=answer).status_code == 401
    assert stranger.cookie == ""


def test_an_answer_that_comes_late_is_refused(join: Join) -> None:
    person = join()
    person.send("/logout")
    answer = person.device.sign_in(person.options(purpose="sign-in"))
    later = clock.machine_time() + timedelta(minutes=11)
    with clock.set_clock(lambda: later):
        response = person.post("/en/login/passkey", credential=answer)
    assert response.status_code == 401
    assert "took too long" in response.text


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"flags": PRESENT},
        {"count": -1},
        {"handle": b"somebody else"},
        {"id": b"another key 0123"},
        {"key": Authenticator("").key},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_passkey_of_elsewhere_or_a_copied_one_is_refused(
    join: Join, change: dict[str, object]
) -> None:
    """Another site, nobody verified, an older counter, another person, another key."""
    person = join()
    person.send("/logout")
    assert person.sign_in().status_code == 303
    person.send("/logout")
    person.device = replace(person.device, **change)  # type: ignore[arg-type]
    response = person.sign_in()
    assert response.status_code == 401
    assert person.cookie == ""
    assert "Traceback" not in response.text


def test_a_further_passkey_is_added_and_the_last_is_not_removed(
    join: Join, research_settings: Settings
) -> None:
    person = join()
    first = person.device
    person.device = Authenticator(SITE.rstrip("/"))
    answer = person.device.register(person.options(purpose="add", proof=""))
    added = person.send("/en/account/passkey", label="key\x00ring", credential=answer)
    assert (added.status_code, added.location) == (303, "/en/account?done=passkey")
    (card,) = people.list_people(research_settings)
    labels = {key.label for key in People(research_settings.data).passkeys(card.pseudonym)}
    assert labels == {"", "keyring"}
    assert person.send("/account/passkey/remove", id=encode(first.id)).status_code == 303
    last = person.send("/account/passkey/remove", id=encode(person.device.id))
    assert last.status_code == 400
    assert person.sign_in().status_code == 303
    person.device = first
    assert person.sign_in().status_code == 401


def test_the_options_ask_for_a_key_that_verifies_its_person(
    join: Join, visitor: Callable[[], Visitor], research_settings: Settings
) -> None:
    """They hold the pseudonym, no address; nobody adds a passkey to another person."""
    options = visitor().options(purpose="sign-in")
    assert (options["rpId"], options["userVerification"]) == ("pool.test", "required")
    assert len(decode(options["challenge"])) == 32
    assert visitor().post("/passkey/options", purpose="add").status_code == 403
    assert visitor().post("/passkey/options", purpose="x" * 10_000).status_code == 403
    link = people.invite(research_settings, "theatre-b", "reader").link
    code = link.rpartition("/")[2]
    made = visitor().options(purpose="join", code=code, name="A\x00" * 5_000)
    assert made["authenticatorSelection"]["residentKey"] == "required"
    one, other = join(name="One"), join(name="Other")
    answer = one.device.register(one.options(purpose="add", proof=""))
    assert other.send("/account/passkey", label="x", credential=answer).status_code == 401


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda values: (
        st.lists(values, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "rawId", "type", "response", "clientDataJSON", "signature"]),
            values,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.text(max_size=200) | JSON.map(json.dumps))
def test_no_made_up_answer_does_more_than_be_refused(
    research_settings: Settings, answer: str
) -> None:
    challenge = Challenge.new(clock.machine_time() + timedelta(minutes=1))
    with pytest.raises(TokenError):
        sign_in(research_settings, answer, challenge)


@pytest.mark.parametrize("answer", ["[" * 19_000, '{"response":' * 1_500, '{"id":' + "9" * 5_000])
def test_a_deep_or_huge_answer_is_refused_as_any_other(
    research_settings: Settings, answer: str
) -> None:
    """Anybody sends one: it must not end in an error of the server."""
    challenge = Challenge.new(clock.machine_time() + timedelta(minutes=1))
    with pytest.raises(TokenError):
        sign_in(research_settings, answer, challenge)
