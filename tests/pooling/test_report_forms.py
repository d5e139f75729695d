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
from parvis.report import Finding, Place, Report, ReportChanges, RuleTitle, Severity

HOSTILE = '=HYPERLINK("http://x")<script src="http://x/y.js">&'
INFO, WARNING, VIOLATION = Severity
EVENT = {"fr": "événement", "en": "event"}
TITLES = {
    "Event": RuleTitle(EVENT),
    "Event-name": RuleTitle(EVENT, {"fr": "nom", "en": "name"}),
    "Event-url": RuleTitle(EVENT, {"fr": "page Web", "en": "Web page"}),
    "Offer": RuleTitle({"fr": "offre", "en": "offer"}),
}


def build_finding(rule: str, severity: Severity, number: int, text: str = "x") -> Finding:
    """Build a finding about a row and its entity."""
    place = Place("envoi.csv", row=number, column="Prix")
    sentence = {lang: f"“{text}” {lang}" for lang in LANGUAGES}
    focus = f"https://pool.example/id/event/{number}"
    return Finding(severity, rule, sentence, place, text, focus, "urn:p", "Event")


@pytest.fixture
def report_model() -> ReportModel:
    """Build a report with a hostile value, many findings of a rule, and a repaired finding."""
    former = build_finding("Event-name", VIOLATION, 99)
    unchanged = build_finding("Event-url", WARNING, 1, HOSTILE)
    report = Report(
        findings=[
            *(build_finding("Event-name", VIOLATION, number) for number in range(2, 42)),
            unchanged,
        ],
        rows=100,
        checked={"Event": 100, "Offer": 0},
        engine={"Event": "compiled", "Offer": "pyshacl"},
        titles=TITLES,
    )
    since = ReportChanges.of(Report(findings=[former, unchanged]), report)
    return ReportModel(
        subject=HOSTILE,
        report=report,
        good=False,
        verdict=both("refused: nothing was changed"),
        since=since,
        data={"report": report.to_json()},
    )


def parse_page(report_model: ReportModel, lang: str = "en") -> html.HtmlElement:
    return html.document_fromstring(write(report_model, "html", lang))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_is_self_contained_and_in_its_language(report_model: ReportModel, lang: str) -> None:
    """No script, no image, and no address to fetch."""
    document = parse_page(report_model, lang)
    assert document.get("lang") == lang
    assert not document.xpath("//script | //img | //link | //iframe | //object")
    assert all(link.startswith("#") for link in document.xpath("//@href | //@src | //@action"))
    assert "url(" not in "".join(document.xpath("//style/text()"))
    assert ("Ce qui l’élèverait" in document.text_content()) is (lang == "fr")


def test_partners_values_remain_text(report_model: ReportModel) -> None:
    """Their markup is shown as text in the title, the headings and the findings."""
    document = parse_page(report_model)
    assert document.xpath("string(//h1)") == HOSTILE
    assert HOSTILE in document.xpath("string(//title)")
    assert HOSTILE in document.xpath("string(//article[2]//li)")


def test_a_page_reports_a_cause_once_with_its_first_examples(report_model: ReportModel) -> None:
    """The gravest first, with ten examples, the number of others, and the gain of repairing it."""
    first, second = parse_page(report_model).xpath("//article")
    text = " ".join(first.text_content().split())
    assert "to correct Event: name × 40 score +20 · new since the last submission: 40" in text
    assert len(first.xpath(".//li")) == 10
    assert "… and 30 more" in text
    assert "new" not in second.xpath("string(.//ol)")
    (gain, _) = parse_page(report_model).xpath("//ul[@class='gains']/li")
    assert " ".join(gain.text_content().split()) == "Event: name +20"


def test_a_page_is_accessible_without_sight(report_model: ReportModel) -> None:
    """Headings skip no level, sections have names, internal links have targets."""
    document = parse_page(report_model)
    levels = [int(heading.tag[1]) for heading in document.xpath("//h1 | //h2 | //h3 | //h4")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    names = set(document.xpath("//@id"))
    assert len(names) == len(document.xpath("//@id"))
    assert set(document.xpath("//@aria-labelledby")) <= names
    assert {link[1:] for link in document.xpath("//@href")} <= names
    assert all(cell.get("scope") for cell in document.xpath("//th"))


def test_a_page_lists_the_kinds_of_things_validated_and_absent(report_model: ReportModel) -> None:
    """In words: counts by kind and severity, and the kinds of which there is nothing."""
    document = parse_page(report_model)
    (row,) = document.xpath("//tbody/tr")
    assert [cell.text_content() for cell in row] == ["event", "100", "40", "1", "0"]
    assert document.xpath("string(//p[@class='empty'])").endswith(" offer")


def test_a_page_lists_repaired_findings(report_model: ReportModel) -> None:
    """With the counts of new, repaired and repeated ones."""
    document = parse_page(report_model)
    assert document.xpath("//dl//dd/text()") == ["40", "1", "1"]
    assert "row 99" in document.xpath("string(//details)")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_opens_on_a_phone(
    report_model: ReportModel, chromium: str, tmp_path: Path, theme: Literal["light", "dark"]
) -> None:
    """From the disk, without a message or a request; nothing is wider than the screen."""
    file, messages = tmp_path / "r.html", list[str]()
    save(report_model, file, "html", "fr")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        phone = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme=theme)
        phone.on("console", lambda message: messages.append(message.text))
        phone.on("request", lambda request: messages.append(request.url))
        phone.goto(file.as_uri())
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
        phone.get_by_role("link", name="Événement : nom").click()
        assert phone.get_by_role("article", name="à corriger Événement : nom × 40").is_visible()
        browser.close()
    assert messages == [file.as_uri()]


def test_csv_has_a_row_for_each_finding(report_model: ReportModel) -> None:
    """The current ones with their mark, the repaired ones, then the empty shapes."""
    heading, *rows = csv.reader(io.StringIO(write(report_model, "csv", "fr"), newline=""))
    assert tuple(heading) == COLUMNS
    records = [dict(zip(heading, row, strict=True)) for row in rows]
    assert [record["since"] for record in records] == ["new"] * 40 + ["same", "repaired", ""]
    assert records[0]["severity"] == "violation"
    assert (records[0]["file"], records[0]["row"], records[0]["column"]) == (
        "envoi.csv",
        "2",
        "Prix",
    )
    assert (records[0]["message_fr"], records[0]["message_en"]) == ("“x” fr", "“x” en")
    assert (records[-1]["rule"], records[-1]["shape"]) == ("nothing-checked", "Offer")


def test_csv_contains_no_formula(report_model: ReportModel) -> None:
    """A value that a spreadsheet would calculate is marked as text."""
    rows = list(csv.reader(io.StringIO(write(report_model, "csv", "fr"), newline="")))
    assert f"'{HOSTILE}" in [cell for row in rows for cell in row]
    assert not [cell for row in rows for cell in row if cell.startswith("=")]


def test_a_saved_csv_starts_with_a_byte_order_mark(
    report_model: ReportModel, tmp_path: Path
) -> None:
    """So that spreadsheets read the accents; its lines end as the standard requires."""
    save(report_model, tmp_path / "r.csv", "csv", "fr")
    content = (tmp_path / "r.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfseverity,")
    assert b"\r\r" not in content


def test_the_text_form_lists_findings_score_and_changes(report_model: ReportModel) -> None:
    """The gravest first; then the validated shapes, the score, the changes and the verdict."""
    lines = write(report_model, "human", "en").splitlines()
    assert lines[0] == (
        "to correct · Event: name × 40 · score +20 · new since the last submission: 40"
    )
    assert lines[4] == "    … and 37 more"
    assert lines[-5:] == [
        "looked at: event × 100",
        "not in this file: offer",
        "score: 79.7 out of 100",
        "since the last submission: new 40, repaired 1, the same 1",
        "refused: nothing was changed",
    ]


def test_json_has_counts_by_shape_and_severity(report_model: ReportModel) -> None:
    """Including the shapes without focus nodes."""
    shapes = json.loads(write(report_model, "json", "fr"))["report"]["shapes"]
    assert shapes == [
        {"shape": "Event", "checked": 100, "violation": 40, "warning": 1, "info": 0},
        {"shape": "Offer", "checked": 0, "violation": 0, "warning": 0, "info": 0},
    ]


def test_a_report_of_very_many_findings_stays_short() -> None:
    """A hundred thousand of a kind take no more of a page than eleven."""
    report = Report(checked={"Event": 100_000})
    report.extend(build_finding("Event-name", VIOLATION, number) for number in range(100_000))
    report_model = ReportModel(
        "f", report, good=False, verdict=both("refused: nothing was changed")
    )
    text = write(report_model, "html", "fr")
    assert len(text) < 20_000
    assert re.search("et 99\\s990 de plus", text)


def test_the_file_extension_selects_the_form(tmp_path: Path) -> None:
    """Another extension or a missing folder is refused before anything is done."""
    assert form_of(tmp_path / "r.HTML") == "html"
    for name in ("r.txt", "r", "absent/r.html"):
        with pytest.raises(UsageError):
            form_of(tmp_path / name)
