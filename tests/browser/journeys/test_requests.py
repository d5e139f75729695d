"""Access is asked for, declined, expires unanswered, and is granted, by both sides in a browser."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from parvis.ledger import SHELL, Request, Requests
from tests.browser.journeys.conftest import READER, People
from tests.browser.journeys.person import PATIENCE, Person, sign_agreement
from tests.browser.journeys.test_new_partner import OFFICES, go_to_task
from tests.browser.test_agreements import Served

TICKETS = "dataset/theatre-b/billets"
WAITING = "waits for an answer"
AGREED = "agreed: the agreement is to be signed"
GRANTED = "granted: an agreement in force permits it"


def ask(person: Person, message: str) -> None:
    """Ask for access from the page of a dataset that one may not read."""
    person.open(TICKETS)
    person.press("Ask for access", "link")
    person.choose("What for")
    person.fill("Who will use the data, and what you will do with them", message)
    person.press("Send the request")
    expect_state(person, WAITING)


def open_request(person: Person, title: str) -> None:
    """Open a request from the page of one's organisation, or of one's account."""
    person.open("my")
    person.press("Requests for access", "link")
    row = person.tab.get_by_role("row").filter(has_text=person.say(title)).first
    person.press_at(row.get_by_role("link").first)


def expect_state(person: Person, state: str) -> None:
    expect(person.tab.locator("main .lead")).to_contain_text(
        person.say(state).capitalize(), timeout=PATIENCE
    )


def test_a_request_is_declined_with_its_reason(people: People) -> None:
    reader = people(READER, "editor")
    owner = people("theatre-b", "editor")
    ask(reader, "A study of rows and seats.")
    open_request(owner, WAITING)
    owner.fill("Why you decline, as the other side will read it", "Not before the season ends.")
    owner.press("Decline")
    expect_state(owner, "declined")
    reader.tab.reload()
    expect_state(reader, "declined")
    reader.expect_text("Not before the season ends.")
    expect(reader.tab.get_by_role("heading", name=reader.say("Answer"))).to_have_count(0)


def test_a_request_that_nobody_answered_has_expired_for_both(people: People, pool: Served) -> None:
    """Nothing can be done with it any more."""
    base, now = pool.settings.base, datetime.now(UTC)
    request = Request(
        id="fedcba9876543210",
        requester=f"{base}id/party/{READER}",
        owner=f"{base}id/partner/theatre-b",
        subject=f"{base}id/{TICKETS}",
        title={"fr": "Billets d’hier", "en": "Yesterday’s tickets"},
        purpose="https://w3id.org/dpv#AcademicResearch",
        until=now.date() + timedelta(days=90),
        message="Une thèse.",
        created=now - timedelta(days=40),
        state="waiting",
        since=now - timedelta(days=40),
        due=now - timedelta(days=10),
    )
    Requests(pool.settings.data).add([request], SHELL)
    for party in (READER, "theatre-b"):
        person = people(party, "editor")
        open_request(person, "expired without an answer")
        expect_state(person, "expired without an answer")
        expect(person.tab.get_by_role("heading", name=person.say("Answer"))).to_have_count(0)


def test_a_request_is_granted_by_an_agreement_that_both_sign(people: People) -> None:
    """From the question to reading."""
    reader = people(READER, "editor")
    owner = people("theatre-b", "editor")
    steward = people("tiers", "steward")
    ask(reader, "Une thèse sur les publics.")
    open_request(owner, WAITING)
    owner.press("Offer this")
    expect_state(owner, "an offer waits for who asked to accept it")
    reader.tab.reload()
    reader.press("Accept the offer")
    expect_state(reader, AGREED)

    owner.tab.reload()
    owner.press("Read and sign the agreement", "link")
    sign_agreement(owner, OFFICES)
    steward.open("steward")
    go_to_task(steward, "agreements")
    row = steward.tab.get_by_role("main").get_by_role(
        "row", name=steward.say("draft, signed by one side")
    )
    steward.press_at(row.get_by_role("link"))
    sign_agreement(steward, OFFICES)
    steward.press("Stewardship", "link")
    steward.press_at(steward.tab.locator("summary", has_text=steward.say("Operation")))
    steward.press("Published versions", "link")
    steward.press("Publish")
    steward.wait_for_job()

    reader.tab.reload()
    expect_state(reader, GRANTED)
