"""A report in each form: the same findings, safe to open, readable."""

import csv
import io
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
from lxml import html
from playwright.sync_api import sync_playwright

from parvis.errors import UsageError
from parvis.i18n import LANGUAGES, both
from parvis.pooling.report_forms import COLUMNS, form_of, save, write
from parvis.pooling.report_model import ReportModel
from parvis.report import Finding, Place, Report, ReportChanges, Severity

HOSTILE = '=HYPERLINK("http://x")<script src="http://x/y.js">&'
INFO, WARNING, VIOLATION = Severity


def found(rule: str, severity: Severity, number: int, text: str = "x") -> Finding:
    """Give a finding about a row and its thing."""
    place = Place("envoi.csv", row=number, column="Prix")
    sentence = {lang: f"“{text}” {lang}" for lang in LANGUAGES}
    focus = f"https://pool.example/id/event/{number}"
    return Finding(severity, rule, sentence, place, text, focus, "urn:p", "Event")


@pytest.fixture
def account() -> ReportModel:
    """Give a report with a hostile value, many findings of one rule, and one that was repaired."""
    old = found("Event-name", VIOLATION, 99)
    kept = found("Event-url", WARNING, 1, HOSTILE)
    now = Report(
        findings=[*(found("Event-name", VIOLATION, number) for number in range(2, 42)), kept],
        rows=100,
        checked={"Event": 100, "Offer": 0},
        engine={"Event": "compiled", "Offer": "pyshacl"},
    )
    since = ReportChanges.of(Report(findings=[old, kept]), now)
    return ReportModel(
        subject=HOSTILE,
        report=now,
        good=False,
        verdict=both("refused: nothing was changed"),
        since=since,
        data={"report": now.to_json()},
    )


def page(account: ReportModel, lang: str = "en") -> html.HtmlElement:
    """Parse the page."""
    return html.document_fromstring(write(account, "html", lang))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_stands_alone_in_its_language(account: ReportModel, lang: str) -> None:
    """No script, no image, no address to be fetched; its language is told."""
    whole = page(account, lang)
    assert whole.get("lang") == lang
    assert not whole.xpath("//script | //img | //link | //iframe | //object")
    assert all(link.startswith("#") for link in whole.xpath("//@href | //@src | //@action"))
    assert "url(" not in "".join(whole.xpath("//style/text()"))
    assert ("Ce qui l’élèverait" in whole.text_content()) is (lang == "fr")


def test_what_partners_write_stays_text(account: ReportModel) -> None:
    """Their markup is shown, never obeyed: in the title, the headings, the findings."""
    whole = page(account)
    assert whole.xpath("string(//h1)") == HOSTILE
    assert HOSTILE in whole.xpath("string(//title)")
    assert HOSTILE in whole.xpath("string(//article[2]//li)")


def test_a_page_tells_one_cause_once_with_its_first_examples(account: ReportModel) -> None:
    """The gravest first, ten examples, how many more, what repairing it would bring."""
    first, second = page(account).xpath("//article")
    text = " ".join(first.text_content().split())
    assert "violation Event-name × 40 +20 points · 40 new" in text
    assert len(first.xpath(".//li")) == 10
    assert "… and 30 more" in text
    assert "new" not in second.xpath("string(.//ol)")


def test_a_page_can_be_walked_without_seeing_it(account: ReportModel) -> None:
    """Headings do not skip a level, sections are named, links of the page lead somewhere."""
    whole = page(account)
    levels = [int(one.tag[1]) for one in whole.xpath("//h1 | //h2 | //h3 | //h4")]
    assert levels[0] == 1
    assert all(after <= here + 1 for here, after in pairwise(levels))
    names = set(whole.xpath("//@id"))
    assert len(names) == len(whole.xpath("//@id"))
    assert set(whole.xpath("//@aria-labelledby")) <= names
    assert {link[1:] for link in whole.xpath("//@href")} <= names
    assert all(cell.get("scope") for cell in whole.xpath("//th"))


def test_a_page_tells_what_was_looked_at_and_what_was_not(account: ReportModel) -> None:
    """Counts by shape and severity, the engine, and the shapes that saw nothing."""
    whole = page(account)
    (row,) = whole.xpath("//tbody/tr")
    assert [cell.text_content() for cell in row] == ["Event", "100", "40", "1", "0", "compiled"]
    assert whole.xpath("string(//p[@class='empty'])").endswith(" Offer")


def test_a_page_tells_what_was_repaired(account: ReportModel) -> None:
    """Counts of new, repaired and same, and the repaired findings themselves."""
    whole = page(account)
    assert whole.xpath("//dl//dd/text()") == ["40", "1", "1"]
    assert "row 99" in whole.xpath("string(//details)")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_opens_on_a_phone(
    account: ReportModel, chromium: str, tmp_path: Path, theme: Literal["light", "dark"]
) -> None:
    """From the disk, without a message or a request; nothing wider than the screen."""
    file, complaints = tmp_path / "r.html", list[str]()
    save(account, file, "html", "fr")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        phone = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme=theme)
        phone.on("console", lambda message: complaints.append(message.text))
        phone.on("request", lambda request: complaints.append(request.url))
        phone.goto(file.as_uri())
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
        phone.get_by_role("link", name="Event-name").click()
        assert phone.get_by_role("article", name="violation Event-name × 40").is_visible()
        browser.close()
    assert complaints == [file.as_uri()]


def test_csv_has_a_row_for_each_finding(account: ReportModel) -> None:
    """Those of now with their mark, the repaired ones, then the shapes that saw nothing."""
    heading, *rows = csv.reader(io.StringIO(write(account, "csv", "fr"), newline=""))
    assert tuple(heading) == COLUMNS
    told = [dict(zip(heading, row, strict=True)) for row in rows]
    assert [one["since"] for one in told] == ["new"] * 40 + ["same", "repaired", ""]
    assert told[0]["severity"] == "violation"
    assert (told[0]["file"], told[0]["row"], told[0]["column"]) == ("envoi.csv", "2", "Prix")
    assert (told[0]["message_fr"], told[0]["message_en"]) == ("“x” fr", "“x” en")
    assert (told[-1]["rule"], told[-1]["shape"]) == ("nothing-checked", "Offer")


def test_csv_holds_no_formula(account: ReportModel) -> None:
    """A value that a spreadsheet would calculate is marked as text."""
    rows = list(csv.reader(io.StringIO(write(account, "csv", "fr"), newline="")))
    assert f"'{HOSTILE}" in [cell for row in rows for cell in row]
    assert not [cell for row in rows for cell in row if cell.startswith("=")]


def test_a_saved_csv_carries_its_mark(account: ReportModel, tmp_path: Path) -> None:
    """A spreadsheet then reads the accents; its lines end as the standard has it."""
    save(account, tmp_path / "r.csv", "csv", "fr")
    written = (tmp_path / "r.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbfseverity,")
    assert b"\r\r" not in written


def test_people_read_lines_with_score_and_what_changed(account: ReportModel) -> None:
    """The gravest first; what was looked at, the score, what is new, the verdict last."""
    lines = write(account, "human", "en").splitlines()
    assert lines[0] == "violation · Event-name · 40 · +20 points · 40 new"
    assert lines[4] == "    … and 37 more"
    assert lines[-5:] == [
        "looked at: Event 100",
        "nothing to look at for: Offer",
        "score: 79.7 out of 100",
        "findings since the last submission: 40 new, 1 repaired, 1 the same",
        "refused: nothing was changed",
    ]


def test_programs_read_counts_by_shape_and_severity(account: ReportModel) -> None:
    """JSON has a row for each shape, those that saw nothing included."""
    shapes = json.loads(write(account, "json", "fr"))["report"]["shapes"]
    assert shapes == [
        {"shape": "Event", "checked": 100, "violation": 40, "warning": 1, "info": 0},
        {"shape": "Offer", "checked": 0, "violation": 0, "warning": 0, "info": 0},
    ]


def test_a_report_of_very_many_findings_stays_short() -> None:
    """A hundred thousand alike take no more of a page than eleven."""
    report = Report(checked={"Event": 100_000})
    report.extend(found("Event-name", VIOLATION, number) for number in range(100_000))
    account = ReportModel("f", report, good=False, verdict=both("refused: nothing was changed"))
    text = write(account, "html", "fr")
    assert len(text) < 20_000
    assert re.search("et 99\\s990 de plus", text)


def test_the_ending_gives_the_form(tmp_path: Path) -> None:
    """Another ending, or a folder that is not there, is refused before anything is done."""
    assert form_of(tmp_path / "r.HTML") == "html"
    for name in ("r.txt", "r", "absent/r.html"):
        with pytest.raises(UsageError):
            form_of(tmp_path / name)
