"""A project is closed, a published version recalled, and a person has a smaller role."""

import re

from playwright.sync_api import expect

from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from tests.browser.journeys.conftest import People
from tests.browser.journeys.person import PATIENCE
from tests.browser.test_agreements import Served

PROJECTS = {"fr": "Projet inventé", "en": "Invented project"}


def test_a_project_is_closed_and_says_what_was_learned(people: People) -> None:
    steward = people("tiers", "steward")
    steward.open("steward")
    steward.press("Agreements", "link")
    steward.press("Projects", "link")
    steward.press_at(
        steward.tab.get_by_role("main").get_by_role("link", name=PROJECTS[steward.lang]).first
    )
    steward.fill("What was learned, in French", "La salle se remplit en février.")
    steward.fill("What was learned, in English", "The house fills in February.")
    steward.fill("To be sure, write the short name: %(name)s", "saison", name="saison")
    steward.tab.locator("#close-reason").fill("the season is over")
    steward.press("Close the project")
    closed = {"fr": "clos le", "en": "closed on"}[steward.lang]
    expect(steward.tab.locator("main .lead")).to_contain_text(closed, timeout=PATIENCE)
    steward.press("The page that everyone sees", "link")
    learned = {"fr": "La salle se remplit en février.", "en": "The house fills in February."}
    steward.expect_text(learned[steward.lang])


def test_a_published_version_is_recalled(people: People, pool: Served) -> None:
    """Its name is typed, and the version before is served."""
    with Pool.open(pool.settings) as opened:
        publish(opened)
    steward = people("tiers", "steward")
    steward.open("steward")
    steward.press_at(steward.tab.locator("summary", has_text=steward.say("Operation")))
    steward.press("Published versions", "link")
    rows = steward.tab.get_by_role("main").locator("tbody tr")
    expect(rows.filter(has_text=steward.say("served now"))).to_have_count(1, timeout=PATIENCE)
    before = rows.count()
    assert before > 1
    steward.press("Recall", "link", rows.filter(has_text=steward.say("served now")))
    label = steward.tab.locator("label[for=typed]").inner_text()
    named = re.search(r"[«“]\s*(.+?)\s*[»”]", label)
    assert named is not None, label
    steward.fill_at(steward.tab.locator("#typed"), named[1])
    steward.press("Recall")
    steward.wait_for_job()
    steward.press("Published versions", "link")
    expect(rows).to_have_count(before - 1, timeout=PATIENCE)
    expect(rows.filter(has_text=steward.say("served now"))).to_have_count(1)


def test_an_editor_who_becomes_a_reader_gives_no_more_files(people: People) -> None:
    """The sessions end at once, and the passkey stays."""
    manager = people("theatre-b", "editor")
    guest = people("", "")
    manager.open("my")
    manager.press("People", "link")
    manager.press("Make a link")
    guest.tab.goto(manager.tab.locator("code", has_text="/invitation/").inner_text())
    guest.fill("Name", "Zoé")
    guest.press("Create my passkey and accept")
    guest.expect_heading("My account")
    guest.open("give")
    expect(
        guest.tab.get_by_role("main").get_by_role("link", name=guest.say("Drop a file"))
    ).to_be_visible()

    manager.open("people")
    row = manager.tab.get_by_role("row", name="Zoé")
    role = row.get_by_role("combobox")
    if manager.by_keys:
        role.focus()
        manager.tab.keyboard.type(manager.say("reader"))
    else:
        role.select_option("reader")
    manager.press_at(row.get_by_role("button", name=manager.say("Change")))
    manager.expect_text("The role is changed; the person signs in again.", ".toast")

    guest.watched.expected = 401
    guest.open("account")
    guest.open("login?next=/give")
    guest.press("Use my passkey")
    guest.expect_heading("Give data")
    expect(
        guest.tab.get_by_role("main").get_by_role("link", name=guest.say("Drop a file"))
    ).to_have_count(0)
