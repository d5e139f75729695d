"""My notices on pages: preferences, a secret feed, and the way out of e-mails."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from parvis.config import MailSettings, Settings
from parvis.ledger import FILE, Database, Details, Membership, Outbox, Person, Sessions
from parvis.ledger.people.persons import insert_person, replace_details
from parvis.pooling.notifications import NoticeKind, notify
from parvis.pooling.notifications.outbox import unsubscribe_link
from parvis.pooling.serving.readers import create_token
from parvis.web import create_app
from parvis.web.http.access import cookie_name

BROWSER = {"Accept": "text/html"}
FACTS = {"party": "X & <b>Y</b>", "title": "Billets", "day": "2026-12-31", "path": "requests/1"}
RECEIVED = NoticeKind.REQUEST_RECEIVED


@pytest.fixture
def mailing_settings(editable_settings: Settings) -> Settings:
    return replace(editable_settings, mail=MailSettings("127.0.0.1", 1, sender="a@pool.test"))


@pytest.fixture
def mailing_client(mailing_settings: Settings) -> Iterator[FlaskClient]:
    app = create_app(mailing_settings)
    app.testing = True
    yield app.test_client()
    app.extensions["parvis"].close()


@pytest.fixture
def ana(mailing_client: FlaskClient, mailing_settings: Settings) -> Person:
    """Sign a person of a partner in."""
    settings, now = mailing_settings, datetime.now(UTC)
    membership = Membership(f"{settings.base}id/partner/theatre-b", "editor")
    details = Details("Ana", "ana@theatre.test", "fr")
    person = Person("p1", membership, now, details=details)
    with Database(settings.data / FILE).writing() as connection:
        insert_person(connection, person)
        replace_details(connection, "p1", details)
    code = Sessions(settings.data).begin(now, now + timedelta(hours=1), "/", person="p1")
    mailing_client.set_cookie(cookie_name(settings.base), code.reveal(), domain="localhost")
    return person


def proof_of(page: str) -> str:
    return str(re.findall(r'name="proof" value="([^"]+)"', page)[0])


def test_a_person_chooses_what_to_be_told_and_when(
    mailing_client: FlaskClient, mailing_settings: Settings, ana: Person
) -> None:
    party = ana.membership.party
    notify(mailing_settings, RECEIVED, party, FACTS)
    response = mailing_client.get("/fr/notices", headers=BROWSER)
    page = response.get_data(as_text=True)
    account = mailing_client.get("/fr/account", headers=BROWSER).get_data(as_text=True)
    assert 'href="/fr/notices"' in account
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "X &amp; &lt;b&gt;Y&lt;/b&gt; demande l’accès" in page
    form = {"proof": proof_of(page), str(RECEIVED): "never", "working_days": "1"}
    refused = mailing_client.post("/fr/notices", data=form | {"webhook": "ftp://x"})
    assert refused.status_code == 400
    assert mailing_client.post("/fr/notices", data=form).status_code == 303
    preferences = Outbox(mailing_settings.data).preferences("p1")
    assert preferences.working_days
    assert notify(mailing_settings, RECEIVED, party, FACTS) == 0
    wrong = mailing_client.post("/fr/notices", data=form | {str(RECEIVED): "often"})
    assert wrong.status_code == 400


def test_the_feed_is_read_by_its_secret_address_until_it_is_replaced(
    mailing_client: FlaskClient, mailing_settings: Settings, ana: Person
) -> None:
    notify(mailing_settings, RECEIVED, ana.membership.party, FACTS)
    page = mailing_client.get("/fr/notices", headers=BROWSER).get_data(as_text=True)
    (address,) = re.findall(r"/notices/[\w.]+\.atom", page)
    reader = mailing_client.application.test_client()
    feed = reader.get(address)
    assert feed.mimetype == "application/atom+xml"
    assert feed.headers["Cache-Control"] == "private, no-store"
    assert "X &amp; &lt;b&gt;Y&lt;/b&gt; demande" in feed.get_data(as_text=True)
    mailing_client.post("/fr/notices/feed", data={"proof": proof_of(page)})
    assert reader.get(address).status_code == 404
    assert reader.get(address.replace(".atom", "0.atom")).status_code == 404


def test_the_link_of_an_email_stops_it_without_signing_in_and_only_by_post(
    mailing_client: FlaskClient, mailing_settings: Settings, ana: Person
) -> None:
    """A mail program posts to it by itself (RFC 8058); one that looks ahead changes nothing."""
    address = unsubscribe_link(mailing_settings, "p1", RECEIVED)
    path = "/" + address.removeprefix(mailing_settings.base)
    stranger = mailing_client.application.test_client()
    page = stranger.get(path, headers=BROWSER)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    party = ana.membership.party
    assert notify(mailing_settings, RECEIVED, party, FACTS) == 1
    done = stranger.post(path, data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert notify(mailing_settings, RECEIVED, party, FACTS) == 0
    assert stranger.post(f"{path}0").status_code == 404
    assert "p1@" not in page.get_data(as_text=True)


def test_notices_are_for_people_and_the_outbox_for_the_steward(
    mailing_client: FlaskClient, mailing_settings: Settings, ana: Person
) -> None:
    """The outbox names nobody."""
    notify(mailing_settings, RECEIVED, ana.membership.party, FACTS)
    stranger = mailing_client.application.test_client()
    for path in ("/notices", "/steward/outbox"):
        assert stranger.get(path).status_code == 403
    assert mailing_client.get("/steward/outbox").status_code == 403
    token = create_token(mailing_settings, "tiers").text
    headers = BROWSER | {"Authorization": f"Bearer {token}"}
    assert stranger.get("/notices", headers=headers).status_code == 403
    page = stranger.get("/fr/steward/outbox", headers=headers)
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert "une demande d’accès à nos données" in text
    assert "ana@theatre.test" not in text
    assert stranger.post("/steward/outbox/retry", headers=headers).status_code == 303
