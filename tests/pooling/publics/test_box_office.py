"""Figures that a box office sends: what is stored, what is refused, and the file made of them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Graph, URIRef
from rdflib.namespace import QB, RDF

from parvis.errors import InputError, UnknownThing
from parvis.governance import Policies
from parvis.ledger import BoxOffice, PerformanceReport
from parvis.pooling.intake.refresh import refresh, refreshable
from parvis.pooling.pool import Pool
from parvis.pooling.publics.box_office import (
    MOST,
    Receipt,
    read_reports,
    receive,
)
from parvis.pooling.stewardship.retention import withdraw
from parvis.vocab.namespaces import PARVIS
from tests.box_office import IRI, KEY, NIGHT, PARTY, YESTERDAY, write_catalog


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    with Pool.open(write_catalog(tmp_path)) as opened:
        yield opened


def send(pool: Pool, *nights: dict[str, Any]) -> Receipt:
    reports = read_reports(json.dumps({"performances": nights}).encode())
    return receive(pool.settings, pool.catalog.policies, PARTY, KEY.dataset, reports)


def last(pool: Pool) -> dict[str, PerformanceReport]:
    return {report.performance: report for report in BoxOffice(pool.settings.data).last(IRI)}


def figures_of(pool: Pool) -> Graph:
    """Submit the figures, and return the content of the dataset."""
    (result,) = refresh(pool, refreshable(pool, str(KEY)))
    assert result.status == "stored", (result.why, result.outcome)
    version = pool.record.versions()[pool.iris.graph(KEY)]
    return Graph().parse(data=b"".join(pool.record.read_lines(version)), format="nt")


def test_the_last_figures_of_a_performance_become_observations(pool: Pool) -> None:
    """One for each measure, price and channel, with the dimensions of publics."""
    assert send(pool, NIGHT).to_json() == {"stored": 1, "refused": {}, "doubts": {}}
    assert KEY in {dataset.key for dataset in refreshable(pool)}
    graph = figures_of(pool)
    values = {
        (str(graph.value(figure, PARVIS.priceType)).rpartition("/")[2], str(measure)): float(
            str(graph.value(figure, measure))
        )
        for figure in graph.subjects(RDF.type, QB.Observation)
        for measure in graph.objects(figure, QB.measureType)
    }
    assert values == {
        ("total", str(PARVIS.capacity)): 400,
        ("total", str(PARVIS.blocked)): 12,
        ("total", str(PARVIS.ticketsAvailable)): 388,
        ("total", str(PARVIS.reserved)): 9,
        ("total", str(PARVIS.ticketsSold)): 230,
        ("total", str(PARVIS.complimentary)): 14,
        ("total", str(PARVIS.revenue)): 6190.5,
        ("reduced", str(PARVIS.ticketsSold)): 80,
        ("reduced", str(PARVIS.revenue)): 1760,
    }
    event = URIRef("http://pool.test/id/event/theatre-b/lueur-1")
    assert {*graph.objects(None, PARVIS.performance)} == {event}


def test_the_same_figures_sent_twice_change_nothing(pool: Pool) -> None:
    send(pool, NIGHT)
    figures_of(pool)
    before, digest = last(pool), pool.record.versions()[pool.iris.graph(KEY)].digest
    send(pool, NIGHT)
    assert last(pool) == before
    (result,) = refresh(pool, refreshable(pool, str(KEY)))
    assert result.status == "unchanged"
    assert pool.record.versions()[pool.iris.graph(KEY)].digest == digest


def test_figures_that_fall_are_refused_by_name_and_the_others_stored(pool: Pool) -> None:
    """Seats may be freed and reservations lapse; sales are undone by a correction only."""
    other = NIGHT | {"performance": "lueur-2"}
    send(pool, NIGHT, other)
    receipt = send(pool, NIGHT | {"ticketsSold": 229}, other | {"ticketsSold": 240, "reserved": 0})
    assert receipt.stored == 1
    (name, error), *more = receipt.refused.items()
    assert (name, more) == ("lueur-1", [])
    assert str(error).startswith("lueur-1: ticketsSold falls from 230")
    sold = {name: r.figures["total", "total"]["ticketsSold"] for name, r in last(pool).items()}
    assert sold == {"lueur-1": "230", "lueur-2": "240"}
    assert send(pool, NIGHT | {"ticketsSold": 229, "correction": True}).refused == {}
    assert last(pool)["lueur-1"].figures["total", "total"]["ticketsSold"] == "229"


def test_the_days_of_a_performance_are_its_sales_curve(pool: Pool) -> None:
    """A day before the last known one is not rewritten in passing."""
    earlier = NIGHT | {"asOf": "2026-11-01", "ticketsSold": 100, "revenue": 2500}
    send(pool, earlier)
    send(pool, NIGHT)
    curve = BoxOffice(pool.settings.data).days(IRI, "lueur-1")
    assert [figures["ticketsSold"] for figures in curve.values()] == ["100", "230"]
    assert send(pool, earlier).refused == {}
    assert "lueur-1" in send(pool, earlier | {"ticketsSold": 90}).refused


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ticketsSold": -1}, "performances/0/ticketsSold"),
        ({"ticketsSold": True}, "performances/0/ticketsSold"),
        ({"revenue": "12,50"}, "an amount of dollars"),
        ({"revenue": 1e300}, "an amount of dollars"),
        ({"currency": "USD"}, "CAD"),
        ({"currency": []}, "CAD"),
        ({"asOf": "2999-01-01"}, "that is not to come"),
        ({"asOf": "hier"}, "that is not to come"),
        ({"start": "2026-11-20T20:00"}, "an instant with its offset"),
        ({"show": ""}, "performances/0/show"),
        ({"venue": "info@salle.example"}, "identifies nobody"),
        ({"area": "Narnia"}, "Narnia"),
        ({"performance": "../../etc"}, "performances/0/performance"),
        ({"prices": [{"channel": "Site web"}, {"channel": "Internet"}]}, "there twice in lueur-2"),
        ({"prices": {}}, "a list"),
    ],
    ids=str,
)
def test_a_report_that_cannot_be_right_is_refused_at_its_place(
    pool: Pool, changes: dict[str, Any], message: str
) -> None:
    """Nothing of the request is stored."""
    with pytest.raises(InputError, match=message):
        send(pool, NIGHT | {"performance": "lueur-2"} | changes, NIGHT)
    assert last(pool) == {}


def test_too_many_performances_in_one_request_are_refused() -> None:
    body = json.dumps({"performances": [NIGHT] * (MOST + 1)}).encode()
    with pytest.raises(InputError, match="10000 at most"):
        read_reports(body)


def test_what_is_doubtful_is_said_and_stored(pool: Pool) -> None:
    """More tickets than seats; revenue although none was sold."""
    receipt = send(
        pool,
        NIGHT | {"capacity": 200, "prices": []},
        NIGHT | {"performance": "lueur-2", "ticketsSold": 0, "prices": []},
    )
    assert receipt.stored == 2
    assert [doubt["en"] for doubt in receipt.doubts["lueur-1"]] == [
        "there are more tickets (244) than seats (200)"
    ]
    assert [doubt["fr"] for doubt in receipt.doubts["lueur-2"]] == [
        "il y a des recettes (6190.5), mais aucun billet vendu"
    ]


def test_figures_are_for_a_party_s_own_dataset_with_an_agreement(pool: Pool) -> None:
    """A dataset made of files is none of these: the figures would replace what they say."""
    reports = read_reports(json.dumps({"performances": [NIGHT]}).encode())
    policies = pool.catalog.policies
    for party, name, error in (
        ("http://pool.test/id/partner/tiers", KEY.dataset, UnknownThing),
        (PARTY, "nothing", UnknownThing),
        (PARTY, "../theatre-b/billetterie", UnknownThing),
        (PARTY, "spectacles", InputError),
    ):
        with pytest.raises(error):
            receive(pool.settings, policies, party, name, reports)
    with pytest.raises(InputError, match="no agreement in force"):
        receive(pool.settings, Policies(), PARTY, KEY.dataset, reports)
    assert last(pool) == {}


def test_withdrawing_the_dataset_deletes_its_figures(pool: Pool) -> None:
    """Nothing of them is left in the data folder."""
    send(pool, NIGHT)
    figures_of(pool)
    withdrawal = withdraw(pool, str(KEY), {"fr": "essai", "en": "test"})
    assert last(pool) == {}
    assert [proof.entry["search"]["remains"] for proof in withdrawal.proofs] == [{}]


FIGURES = st.dictionaries(
    st.sampled_from(("ticketsSold", "complimentary", "reserved")), st.integers(0, 500), min_size=1
)


@given(st.lists(FIGURES, min_size=1, max_size=6))
def test_sales_never_fall_whatever_is_sent(
    tmp_path_factory: pytest.TempPathFactory, nights: list[dict[str, int]]
) -> None:
    """The last known figures are those of the last report that lowered none."""
    box_office = BoxOffice(tmp_path_factory.mktemp("data"))
    now, expected = datetime.now(UTC), dict[str, int]()
    for number, night in enumerate(nights):
        figures = {name: str(count) for name, count in night.items()}
        day = YESTERDAY - timedelta(days=len(nights) - number)
        report = PerformanceReport("a", {}, day, {("total", "total"): figures})
        (error,) = box_office.put(IRI, [report], PARTY, now).values()
        falls = any(
            night.get(m, 999) < expected.get(m, 0) for m in ("ticketsSold", "complimentary")
        )
        assert (error is not None) == falls
        if not falls:
            expected = night
    (report,) = box_office.last(IRI)
    assert report.figures["total", "total"] == {m: str(n) for m, n in expected.items()}


SENDER = """
import json, sys
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from parvis.ledger import BoxOffice, PerformanceReport

for number in count():
    figures = {("total", "total"): {"ticketsSold": str(number)}}
    report = PerformanceReport("a", {}, date(2026, 11, 1), figures)
    other = PerformanceReport("b", {}, date(2026, 11, 1), figures)
    BoxOffice(Path(sys.argv[1])).put("x", [report, other], "p", datetime.now(UTC))
    print(number, flush=True)
"""


def test_a_killed_process_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    """And stores no half of a request."""
    for round_number in range(4):
        data = tmp_path / str(round_number)
        command = [sys.executable, "-c", SENDER, str(data)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
            assert process.stdout is not None
            for _ in range(3 + 5 * round_number):
                acknowledged = int(process.stdout.readline())
            process.kill()
            acknowledged = int((process.stdout.read().split() or [str(acknowledged)])[-1])
        sold = {int(r.figures["total", "total"]["ticketsSold"]) for r in BoxOffice(data).last("x")}
        assert len(sold) == 1
        assert sold.pop() in {acknowledged, acknowledged + 1}
