"""A new partner goes from its invitation to its first published dataset, in the browser alone."""

import re
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.browser.journeys.conftest import People
from tests.browser.journeys.person import PATIENCE, Effort, Person, sign_agreement

MOST_CLICKS, MOST_FIELDS = 25, 12
"""What a first dataset may cost the people of both sides: five minutes of their time."""
SEASON = """Titre;Date;Heure;Lieu;Ville;Genre;Prix
Le vent;2026-11-25;19:30;Salle A;Rimouski;Théâtre;25,50 $
Le feu;2026-11-26;19:30;Salle A;Rimouski;Théâtre;25,50 $
Cirque nu;2026-12-01;20:00;Salle B;Matane;Cirque;25,50 $
"""
OFFICES = ("direction générale", "general director")


def invite_partner(steward: Person, slug: str) -> str:
    """Add a partner by the steward's page, and return the link for its first person."""
    steward.open("steward")
    steward.press("Partners and parties", "link")
    steward.fill("Name in French", f"Théâtre {slug}")
    steward.fill("Name in English", f"Theatre {slug}")
    steward.fill("Short name, in its addresses: a to z, 0 to 9 and hyphens", slug)
    steward.choose("Kind of organisation")
    steward.fill("Why; the history keeps the reason, so name nobody in it", "adhésion")
    steward.press("Add")
    return steward.tab.locator("code", has_text="/invitation/").inner_text()


def drop_first_file(partner: Person, file: Path) -> None:
    """Accept the passkey, drop the file, answer the questions of the agreement, and sign it."""
    partner.fill("Name", "Zoé")
    partner.press("Create my passkey and accept")
    partner.expect_heading("My account")
    partner.press("Give", "link")
    partner.press("Drop a file", "link")
    partner.hand_over(file)
    partner.press("Drop this file")
    partner.press("These columns are right: continue")
    partner.press("Show what it says")
    partner.press("Draft this agreement")
    partner.press("Check all of the file")
    partner.press("Read and sign the agreement", "link")
    sign_agreement(partner, OFFICES)
    waits = {"fr": "attend Tiers neutre", "en": "waits for Neutral third party"}[partner.lang]
    expect(partner.tab.locator("main")).to_contain_text(waits, timeout=PATIENCE)


def go_to_task(steward: Person, task: str) -> None:
    steward.press("Stewardship", "link")
    steward.press_at(steward.tab.locator(f"#task-{task}").get_by_role("link").first)


def expect_reading(partner: Person, reader: str) -> None:
    """Wait until the page of what became of the data names a reader: the trail follows."""
    end = time.monotonic() + PATIENCE / 1000
    row = partner.tab.get_by_role("row").filter(has_text=reader)
    while not row.count():
        assert time.monotonic() < end, partner.tab.locator("main").inner_text()
        partner.tab.wait_for_timeout(300)
        partner.tab.reload()
    expect(row.first).to_contain_text(partner.say("content read"))


def status_of(address: str) -> int:
    """Return how a page answers somebody who has no account."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.netloc, timeout=60)
    connection.request("GET", parts.path)
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_new_partner_publishes_its_first_dataset(people: People, tmp_path: Path) -> None:
    """Few clicks and fields, of both sides together; then the first reading is seen."""
    effort, slug = Effort(), "large"
    steward = people("tiers", "steward", effort)
    partner = people("", "", effort)
    file = tmp_path / "saison.csv"
    file.write_text(SEASON, encoding="utf-8")

    partner.tab.goto(invite_partner(steward, slug))
    drop_first_file(partner, file)

    go_to_task(steward, "agreements")
    steward.press_at(
        steward.tab.get_by_role("main")
        .get_by_role("row", name=re.compile(f"Th[eé][aâ]tre {slug}"))
        .get_by_role("link")
    )
    sign_agreement(steward, OFFICES)

    partner.press_at(partner.tab.get_by_role("link", name="saison.csv"))
    partner.press("Check it again")
    partner.press("Submit it to the trusted third party")
    partner.expect_text("waits for the steward")

    go_to_task(steward, "queue")
    steward.press_at(steward.tab.get_by_role("main").get_by_role("link", name="saison.csv"))
    steward.press("Accept")
    steward.press("Publish")
    steward.wait_for_job()

    partner.tab.reload()
    partner.expect_text("is published")
    partner.press("Its page", "link")
    expect(partner.tab.get_by_role("heading", level=1)).to_contain_text("saison", timeout=PATIENCE)
    assert status_of(partner.tab.url) == 200
    assert effort.clicks <= MOST_CLICKS
    assert effort.fields <= MOST_FIELDS

    address = partner.tab.url
    reader = people("theatre-b", "reader")
    reader.tab.goto(address)
    reader.tab.request.get(f"{address}.ttl")
    partner.press("My organisation", "link")
    partner.press("What became of my data, day by day", "link")
    named = {"fr": "Théâtre B (inventé)", "en": "Theatre B (invented)"}
    expect_reading(partner, named[partner.lang])
