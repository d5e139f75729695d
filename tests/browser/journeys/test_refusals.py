"""Files that are refused: at the door, or by the steward; the corrected one is submitted anew."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.journeys.conftest import POOL, People
from tests.browser.journeys.person import Person
from tests.browser.journeys.test_new_partner import go_to_task

BUYERS = """Prénom;Nom de famille;Courriel;Montant
Zoé;Tremblay;zoe@exemple.example;25,50
Ana;Roy;ana@exemple.example;25,50
"""
SHOWS = (POOL / "theatre-b" / "spectacles" / "spectacles.csv").read_text(encoding="utf-8")


def submit_for_shows(partner: Person, file: Path) -> None:
    """Submit a file of the dataset from the page where files are dropped."""
    partner.hand_over(file)
    partner.press("Drop this file")
    partner.press("These columns are right: continue")
    partner.press("Check all of the file")
    partner.press("Submit it to the trusted third party")
    partner.expect_text("waits for the steward")


def open_file(steward: Person, name: str) -> None:
    steward.open("steward")
    go_to_task(steward, "queue")
    steward.press_at(steward.tab.get_by_role("main").get_by_role("link", name=name))


def test_a_file_that_identifies_persons_is_not_stored(people: People, tmp_path: Path) -> None:
    """The page names the columns and leads to the next file."""
    partner = people("theatre-b", "editor")
    partner.watched.expected = 422
    file = tmp_path / "buyers.csv"
    file.write_text(BUYERS, encoding="utf-8")
    partner.open("give")
    partner.press("Drop a file", "link")
    partner.hand_over(file)
    partner.press("Drop this file")
    partner.expect_heading("This file identifies persons")
    partner.expect_text("Nothing of it was stored.")
    expect(
        partner.tab.get_by_role("main").get_by_role("row").filter(has_text="Courriel")
    ).to_have_count(1)
    partner.press("Drop another file", "link")
    expect(partner.tab.get_by_role("main").get_by_text("buyers.csv")).to_have_count(0)


def test_a_refused_file_is_corrected_and_accepted(people: People, tmp_path: Path) -> None:
    """The partner reads why, and the way back is on the same page."""
    partner = people("theatre-b", "editor")
    steward = people("tiers", "steward")
    wrong, right = tmp_path / "spectacles-1.csv", tmp_path / "spectacles-2.csv"
    wrong.write_text(SHOWS.replace("19:30", "09:30"), encoding="utf-8")
    right.write_text(SHOWS.replace("19:30", "19:45"), encoding="utf-8")

    partner.open("give")
    partner.press_at(
        partner.tab.get_by_role("main").get_by_role("heading").get_by_role("link").first
    )
    partner.open("drafts?dataset=spectacles")
    submit_for_shows(partner, wrong)
    open_file(steward, wrong.name)
    steward.fill("Why it is refused, as its partner will read it", "L’heure n’est pas la bonne.")
    steward.press("Refuse")
    steward.expect_text("L’heure n’est pas la bonne.")

    partner.tab.reload()
    partner.expect_text("L’heure n’est pas la bonne.")
    partner.press("Drop the corrected file", "link")
    submit_for_shows(partner, right)
    open_file(steward, right.name)
    steward.press("Accept")
    steward.expect_text("It enters the site with the next publication.")
    partner.tab.reload()
    partner.expect_text("It enters the site with the next publication.")
