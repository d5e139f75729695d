"""Programs send the figures of a box office with a partner's token."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parvis.config import Settings
from parvis.ledger import Act, Audit, BoxOffice, Deposits
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.readers import create_token
from parvis.statistics.box_office import season_of
from tests.box_office import IRI, KEY, NIGHT, YESTERDAY, add_dataset

NIGHTS = f"/box-office/{KEY.dataset}"
BODY = {name: value for name, value in NIGHT.items() if name != "performance"}


def read(answer: TestResponse) -> dict[str, Any]:
    """Return an answer in JSON."""
    document: dict[str, Any] = json.loads(answer.text)
    return document


@pytest.fixture
def settings(editable_settings: Settings) -> Settings:
    """Return the settings of a published pool with a dataset for figures."""
    add_dataset(editable_settings.catalog / KEY.partner)
    with Pool.open(editable_settings) as pool:
        publish(pool)
    return editable_settings


class Program:
    """A program with a token."""

    def __init__(self, client: FlaskClient, token: str | None) -> None:
        self.client = client
        self.headers = {"Accept": "application/json"}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def put(self, performance: str, **changes: object) -> TestResponse:
        body = json.dumps(BODY | changes)
        return self.client.put(f"{NIGHTS}/{performance}", data=body, headers=self.headers)

    def post(self, body: object) -> TestResponse:
        return self.client.post(NIGHTS, data=json.dumps(body), headers=self.headers)

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers=self.headers)


@pytest.fixture
def program(settings: Settings, editable_client: FlaskClient) -> Program:
    return Program(editable_client, create_token(settings, "theatre-b", scope="give").text)


def test_a_performance_is_sent_and_sent_again(program: Program, settings: Settings) -> None:
    """Accepted means stored: the answer says what was understood."""
    for _ in range(2):
        answer = program.put("LUEUR-1")
        assert answer.status_code == 202
        assert read(answer) == {"stored": 1, "refused": {}, "doubts": {}}
    (report,) = BoxOffice(settings.data).last(IRI)
    assert (report.performance, report.facts["area"]) == ("LUEUR-1", "03")


def test_figures_that_fall_are_a_conflict_unless_they_are_a_correction(program: Program) -> None:
    program.put("lueur-1")
    answer = program.put("lueur-1", ticketsSold=1)
    assert answer.status_code == 409
    assert read(answer)["details"]["fr"].startswith("lueur-1\u00a0: ticketsSold passe de 230")
    assert program.put("lueur-1", ticketsSold=1, correction=True).status_code == 202


def test_a_night_of_performances_is_one_request(program: Program) -> None:
    """Those that are refused are named; the others are stored."""
    nights = [NIGHT | {"performance": f"lueur-{number}"} for number in range(50)]
    assert read(program.post({"performances": nights}))["stored"] == 50
    nights[7] = nights[7] | {"ticketsSold": 3}
    answer = program.post({"performances": nights})
    assert (answer.status_code, read(answer)["stored"]) == (202, 49)
    assert [*read(answer)["refused"]] == ["lueur-7"]


@pytest.mark.parametrize("body", ["", "[]", "{", '{"performances": 1}', "null", '"a"'])
def test_a_body_of_another_form_is_refused_in_both_languages(program: Program, body: str) -> None:
    answer = program.client.post(NIGHTS, data=body, headers=program.headers)
    assert answer.status_code == 400
    assert read(answer)["details"].keys() == {"fr", "en"}


@pytest.mark.parametrize("scope", [None, "read"])
def test_only_a_token_to_give_sends_figures(
    settings: Settings, editable_client: FlaskClient, scope: str | None
) -> None:
    token = create_token(settings, "theatre-b", scope=scope).text if scope else None
    stranger = Program(editable_client, token)
    answers = (stranger.put("a"), stranger.post({}), stranger.get(f"{NIGHTS}/missing"))
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert list(BoxOffice(settings.data).last(IRI)) == []


def test_another_partner_s_dataset_is_not_there(
    settings: Settings, editable_client: FlaskClient
) -> None:
    other = Program(editable_client, create_token(settings, "tiers", scope="give").text)
    assert other.put("lueur-1").status_code == 404


def test_performances_without_figures_are_listed(program: Program, settings: Settings) -> None:
    """Those of the last months, until their figures are of their own day."""
    day = YESTERDAY.isoformat()
    file = settings.catalog / "theatre-b" / "spectacles" / "spectacles.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("2026-11-25", day).replace("2026-12-03", "2099-01-01"))
    with Pool.open(settings) as pool:
        assert submit(pool, pool.catalog.require_named("theatre-b/spectacles").key).accepted
        publish(pool)

    def list_missing() -> list[tuple[str, str | None]]:
        answer = program.get(f"{NIGHTS}/missing")
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = read(answer)["performances"]
        return [(row["performance"], row["asOf"]) for row in rows]

    assert list_missing() == [("soeurs", None)]
    before = (YESTERDAY - timedelta(days=1)).isoformat()
    assert program.put("soeurs", asOf=before).status_code == 202
    assert list_missing() == [("soeurs", before)]
    program.put("soeurs", asOf=day)
    assert list_missing() == []


def test_the_trail_says_who_sent_how_many(program: Program, settings: Settings) -> None:
    program.post({"performances": [NIGHT]})
    (link,) = Audit(settings.data).latest([Act.DEPOSIT], 9)
    assert link.entry.items() >= {"performances": 1, "refused": 0}.items()


def test_a_partner_reads_its_six_figures(
    program: Program, settings: Settings, editable_client: FlaskClient
) -> None:
    """By year and season; what is to come does not count; others do not learn of the page."""
    past = NIGHT | {"start": f"{YESTERDAY}T20:00:00-05:00", "prices": []}
    to_come = past | {"performance": "lueur-9", "start": "2099-01-01T20:00:00-05:00"}
    program.post({"performances": [past, past | {"performance": "lueur-2"}, to_come]})
    address = "/partner/theatre-b/box-office"
    rows: list[dict[str, Any]] = json.loads(program.get(f"{address}.json").text)
    assert {(row["period"], row["discipline"]) for row in rows} == {
        (period, discipline)
        for period in (str(YESTERDAY.year), season_of(YESTERDAY))
        for discipline in ("total", "theatre")
    }
    assert rows[0] == {
        "period": str(YESTERDAY.year),
        "discipline": "total",
        "performances": 2,
        "tickets_available": 776,
        "attendance": 488,
        "occupancy": 0.6289,
        "revenue": 12381.0,
        "average_revenue": 26.92,
    }
    page = program.client.get(f"/fr{address}", headers=program.headers | {"Accept": "text/html"})
    assert "26,92" in page.text
    assert "62,9" in page.text
    headings, first, *_ = program.get(f"/en{address}.csv").text.splitlines()
    assert first.split(",")[2:4] == ["2", "776"]
    # A share, not percents as on the page.
    assert (headings.split(",")[5], first.split(",")[5]) == ("Occupancy rate", "0.6289")
    assert program.get(f"{address}.xlsx").data[:2] == b"PK"
    steward = Program(editable_client, create_token(settings, "tiers").text)
    assert steward.get(f"{address}.json").status_code == 200
    other = Program(editable_client, create_token(settings, "theatre-b", scope="read").text)
    assert other.get(f"{address}.json").status_code == 200
    stranger = Program(editable_client, None)
    assert stranger.get(f"{address}.json").status_code == 404
    assert stranger.get("/partner/nobody/box-office.json").status_code == 404


def test_a_partner_reads_when_its_tickets_sell_its_best_days_and_its_trend(
    program: Program, editable_client: FlaskClient
) -> None:
    """From the days that its box office sent; the profile needs a release."""
    before = (YESTERDAY - timedelta(days=7)).isoformat()
    night = NIGHT | {"start": f"{YESTERDAY}T20:00:00-05:00", "prices": []}
    week_before = night | {"asOf": before, "ticketsSold": 115, "revenue": "3000", "reserved": 0}
    for report in (week_before, night):
        assert program.post({"performances": [report]}).status_code == 202
    address = "/partner/theatre-b/results"
    tables: dict[str, list[dict[str, Any]]] = json.loads(program.get(f"{address}.json").text)
    assert [(row["weeks"], row["share"]) for row in tables["sales"]] == [(1, 0.5), (0, 1.0)]
    (day,) = tables["weekdays"]
    assert day["weekday"]["code"] == f"{YESTERDAY:%A}".lower()
    assert (day["performances"], day["occupancy"]) == (1, 0.6289)
    (opening,) = tables["openings"]
    assert opening["run"]["en"] == "Opening day"
    (month,) = tables["trend"]
    assert (month["month"], month["attendance"]) == (f"{YESTERDAY:%Y-%m}", 244)
    assert (month["attendance_before"], month["index"]) == (None, None)
    assert tables["profile"] == []
    page = program.client.get(f"/fr{address}", headers=program.headers | {"Accept": "text/html"})
    assert "Meilleurs jours" in page.text
    assert "62,9" in page.text
    assert program.get(f"{address}/sales.csv").text.splitlines()[1:] == [
        "1,1,115,230,0.5",
        "0,1,230,230,1.0",
    ]
    assert program.get(f"{address}.xlsx").data[:2] == b"PK"
    stranger = Program(editable_client, None)
    for ending in (".json", ".xlsx", "/sales.csv"):
        assert stranger.get(f"{address}{ending}").status_code == 404


def send_days(program: Program, number: int = 1) -> None:
    """Send the figures of performances, as they were on two days."""
    for days, sold in ((2, 200), (1, 230)):
        as_of = (YESTERDAY - timedelta(days=days - 1)).isoformat()
        night = NIGHT | {"asOf": as_of, "ticketsSold": sold}
        nights = [night | {"performance": f"lueur-{i}"} for i in range(1, number + 1)]
        assert program.post({"performances": nights}).status_code == 202


def test_a_partner_reads_its_performances_day_by_day(program: Program) -> None:
    """In the form in which they were sent, and as a table that can be given."""
    send_days(program)
    answer = program.get(NIGHTS)
    assert "no-store" in answer.headers["Cache-Control"]
    listed = read(answer)
    assert (listed["count"], listed["page"], listed["pages"]) == (1, 1, 1)
    (performance,) = listed["performances"]
    days = performance.pop("days")
    assert [(day["asOf"], day["ticketsSold"]) for day in days] == [
        ((YESTERDAY - timedelta(days=1)).isoformat(), 200),
        (YESTERDAY.isoformat(), 230),
    ]
    assert performance["revenue"] == days[1]["revenue"] == "6190.50"
    assert performance["prices"][0].items() >= {"channel": "website", "ticketsSold": 80}.items()
    assert read(program.post({"performances": [performance]}))["stored"] == 1
    table = program.get(f"{NIGHTS}?format=csv")
    assert table.mimetype == "text/csv"
    rows = [*csv.DictReader(table.text.splitlines())]
    assert [row["tickets_sold"] for row in rows] == ["200", "230"]
    assert {row["show"] for row in rows} == {"La lueur"}


def test_performances_are_listed_in_pages(program: Program) -> None:
    send_days(program, 60)
    pages = [read(program.get(f"{NIGHTS}?page={page}")) for page in (1, 2, 9)]
    assert [len(page["performances"]) for page in pages] == [50, 10, 10]
    names = {row["performance"] for page in pages for row in page["performances"]}
    assert (len(names), pages[2]["page"], pages[0]["count"]) == (60, 2, 60)
    table = program.get(f"{NIGHTS}?format=csv")
    assert table.headers["Link"].endswith('rel="next"')
    assert "page=2" in table.headers["Link"]
    assert "Link" not in program.get(f"{NIGHTS}?format=csv&page=2").headers
    assert program.get(f"{NIGHTS}?page=x").status_code == 400
    address = "/fr/partner/theatre-b/box-office"
    headers = program.headers | {"Accept": "text/html"}
    page = program.client.get(address, headers=headers).text
    assert page.count("La lueur") == 50
    assert "6190,50" in page.replace("\N{NARROW NO-BREAK SPACE}", "")
    assert "page=2" in page
    assert program.client.get(f"{address}?page=2", headers=headers).text.count("La lueur") == 10


def test_only_the_partner_and_the_steward_read_performances(
    program: Program, settings: Settings, editable_client: FlaskClient
) -> None:
    send_days(program)
    reader = Program(editable_client, create_token(settings, "theatre-b", scope="read").text)
    assert read(reader.get(NIGHTS))["count"] == 1
    assert reader.get("/box-office/none").status_code == 404
    steward = Program(editable_client, create_token(settings, "tiers").text)
    assert read(steward.get(f"{NIGHTS}?partner=theatre-b"))["count"] == 1
    assert steward.get(NIGHTS).status_code == 404
    stranger = Program(editable_client, None)
    assert stranger.get(NIGHTS).status_code == 403
    assert stranger.get(f"{NIGHTS}?partner=theatre-b").status_code == 403
    assert reader.get(f"{NIGHTS}?partner=tiers").status_code == 404


def test_the_page_of_a_partner_without_figures_says_how_to_give_them(program: Program) -> None:
    page = program.client.get(
        "/en/partner/theatre-b/box-office", headers=program.headers | {"Accept": "text/html"}
    )
    assert page.status_code == 200
    assert "/docs/box-office" in page.text


def test_a_table_of_figures_is_given_in_the_browser_without_a_mapping(
    program: Program, settings: Settings
) -> None:
    """The recipe reads it; it waits for the steward as any first file."""
    file = Path(__file__).parents[2] / "cases" / "recipes" / "box-office.csv"
    headers = program.headers | {"Accept": "text/html"}
    address = f"/en/give/{KEY.dataset}"
    assert KEY.dataset in program.client.get("/en/give", headers=headers).text
    upload = {"file": (io.BytesIO(file.read_bytes()), file.name)}
    page = program.client.post(address, data=upload, headers=headers)
    assert page.status_code == 200
    assert "it waits for the steward, until" in page.text
    (deposit,) = Deposits(settings.data).open()
    assert deposit.dataset == IRI
