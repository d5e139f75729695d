"""Rounds of distinct people, at the third party: agreements, messages, budget, release, proofs."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rdflib import Graph
from rdflib.namespace import QB

from parvis.config import Settings, clock, knowledge
from parvis.config.json_data import to_json
from parvis.errors import ParvisError, SourceError, UsageError
from parvis.ledger import SHELL, Audit, Rounds, RoundState
from parvis.ledger.audit import Act
from parvis.pooling.pool import Pool
from parvis.pooling.publics.rounds.certificates import require_certificate
from parvis.pooling.publics.rounds.deciding import approve_round, refuse_round
from parvis.pooling.publics.rounds.document import read_round
from parvis.pooling.publics.rounds.ending import settle_rounds
from parvis.pooling.publics.rounds.merging import merge_round
from parvis.pooling.publics.rounds.messages import FOLDER, receive_message
from parvis.pooling.publics.rounds.opening import reopen_round
from parvis.pooling.publics.rounds.reading import list_rounds
from parvis.pooling.publics.rounds.rules import plan_overlap
from parvis.pooling.stewardship.backup import backup
from parvis.pooling.stewardship.register import read_register
from parvis.statistics.distinct.rounds import Kind, draw_kits
from parvis.validation import load_shapes, validate
from parvis.vocab.namespaces import PARVIS
from tests import people_rounds
from tests.people_rounds import HOUSES, PEOPLE, PROJECT, open_for, send_all, write_messages

PAIR = HOUSES[:2]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return people_rounds.make(tmp_path_factory.mktemp("rounds"))


@pytest.fixture
def settings(prepared: Settings, tmp_path: Path) -> Settings:
    folder = tmp_path / "pool"
    shutil.copytree(prepared.data.parent, folder)
    return Settings(data=folder / "data", catalog=folder / "catalog", base=prepared.base)


@pytest.fixture
def pool(settings: Settings) -> Iterator[Pool]:
    with Pool.open(settings) as opened:
        yield opened


def read_estimates(pool: Pool) -> Graph:
    version = pool.record.versions()[pool.iris.graph(PEOPLE)]
    return Graph().parse(data=b"".join(pool.record.read_lines(version)), format="nt")


def test_a_round_releases_estimates_where_the_portrait_has_attendance(
    pool: Pool, tmp_path: Path
) -> None:
    """900 people of four houses: their cells without published attendance stay suppressed."""
    record = open_for(pool, HOUSES)
    send_all(pool, record, write_messages(tmp_path, record))
    merged = merge_round(pool, PROJECT, 1)
    assert merged.state is RoundState.ESTIMATED
    approved = approve_round(pool, PROJECT, 1)
    figures = (approved.published or {})["figures"]
    published = {
        (f["discipline"].rpartition("/")[2], f["area"].rpartition("/")[2]): f
        for f in figures
        if f["value"] is not None
    }
    assert set(published) == {
        *(("total", "total"), ("total", "06"), ("total", "13"), ("theatre", "total"))
    }
    total = published["total", "total"]
    # The noise is drawn anew each time: in 2 runs of 100 the truth is outside of the interval.
    assert abs(total["value"] - 900) <= 2 * (total["high"] - total["low"])
    assert total["value"] % 10 == 0
    graph = read_estimates(pool)
    values = {
        int(float(str(graph.value(subject, PARVIS.distinctPeople))))
        for subject in graph.subjects(QB.measureType, PARVIS.distinctPeople)
        if graph.value(subject, PARVIS.distinctPeople) is not None
    }
    assert values == {figure["value"] for figure in published.values()}
    for folder in (knowledge("shapes"), knowledge("shapes") / "records"):
        report = validate(graph, load_shapes([folder]))
        assert report.conforms, [to_json(finding) for finding in report.findings][:3]
    # The exact estimates are stored no longer, and the register lists the release.
    assert Rounds(pool.settings.data).require(PROJECT, 1).result is None
    (entry,) = [e for e in read_register(pool, date(2026, 11, 30)).entries if e.dataset == PEOPLE]
    assert entry.contributors == 4
    assert any(technique.endswith("calibrated-noise") for technique in entry.techniques)


def test_messages_are_destroyed_with_a_certificate_and_are_in_no_backup(
    pool: Pool, tmp_path: Path
) -> None:
    record = open_for(pool, HOUSES)
    files = write_messages(tmp_path, record)
    send_all(pool, record, files)
    folder = tmp_path / "backup"
    backup(pool.settings, folder)
    assert not list(folder.rglob("*.message"))
    stored = list((pool.settings.data / FOLDER).rglob("*.message"))
    assert len(stored) == 4
    assert {file.stat().st_mode & 0o777 for file in stored} == {0o600}
    with pytest.raises(ParvisError, match="not destroyed yet"):
        require_certificate(pool.settings, PROJECT, 1)
    # All are there to be added up, so that the budget is spent whether they are or not.
    with pytest.raises(UsageError, match="every message of round 1 is there"):
        reopen_round(pool, PROJECT, 1)
    refuse_round(pool, PROJECT, 1, {"fr": "Erreur de période."})
    assert Rounds(pool.settings.data).spent(PROJECT, record.year) == 1
    certificate = require_certificate(pool.settings, PROJECT, 1)
    assert len(certificate.link.entry["messages"]) == 4
    assert not list(pool.settings.data.rglob("*.message"))
    acts = [link.entry["change"] for link in Audit(pool.settings.data).latest([Act.ROUND], 9)]
    assert acts == ["destroyed", "refused", *["received"] * 4, "opened"]
    body = files["maison-0"].read_bytes()[-200:]
    assert all(
        body not in file.read_bytes() for file in pool.settings.data.rglob("*") if file.is_file()
    )


def test_what_a_killed_process_left_of_an_ended_round_is_destroyed(pool: Pool) -> None:
    """A message that the ledger does not name yet, and the file that was being written."""
    record = open_for(pool, HOUSES)
    folder = pool.settings.data / FOLDER / PROJECT / "1"
    folder.mkdir(parents=True)
    for name in ("maison-0.message", "maison-1.message.tmp"):
        (folder / name).write_bytes(b"masked")
    settle_rounds(pool)
    assert folder.exists()
    rounds, at = Rounds(pool.settings.data), clock.machine_time()
    refused = replace(record, state=RoundState.REFUSED)
    rounds.conclude(record, {RoundState.OPEN}, refused, SHELL, at)
    settle_rounds(pool)
    assert not folder.exists()
    assert rounds.certificates() == []


def test_a_round_needs_the_project_and_each_agreement(pool: Pool, settings: Settings) -> None:
    """Off by default; each refusal says who may permit it, and where."""
    people_rounds.write_agreement(settings.catalog, "maison-3", counts=False)
    with Pool.open(settings) as later, pytest.raises(UsageError, match="agreement of maison-3"):
        open_for(later, HOUSES)
    people_rounds.write_project(settings.catalog, more="")
    with Pool.open(settings) as later, pytest.raises(UsageError, match="has not chosen"):
        open_for(later, HOUSES)
    holder = '; parvis:keyHolder "La tiers"@fr , "The tiers"@en'
    people_rounds.write_project(settings.catalog, more=holder)
    with Pool.open(settings) as later, pytest.raises(UsageError, match="third party itself"):
        open_for(later, HOUSES)
    with pytest.raises(UsageError, match="to compare its audiences"):
        open_for(pool, ("maison-1", "maison-2"), Kind.OVERLAP)
    with pytest.raises(UsageError, match="a release takes 3"):
        open_for(pool, PAIR, Kind.OVERLAP, public=True)


def test_the_budget_of_a_year_is_never_exceeded(pool: Pool, tmp_path: Path) -> None:
    """Nor by rounds that are open together, which all may be merged."""
    rounds, record = Rounds(pool.settings.data), open_for(pool, HOUSES, epsilon="0.6")
    with pytest.raises(UsageError, match=r"0\.6 is spent and this round takes 0\.5"):
        open_for(pool, HOUSES, epsilon="0.5")
    refuse_round(pool, PROJECT, 1, {"fr": "Reporté."})  # no message has come
    assert rounds.spent(PROJECT, record.year) == 0
    record = open_for(pool, HOUSES, epsilon="0.6")
    send_all(pool, record, write_messages(tmp_path, record))
    merge_round(pool, PROJECT, 2)
    assert rounds.spent(PROJECT, record.year) == Decimal("0.6")
    with pytest.raises(UsageError, match="wait for the next year"):
        open_for(pool, HOUSES, epsilon="0.5")


def test_a_message_is_received_once_from_its_own_partner(pool: Pool, tmp_path: Path) -> None:
    record = open_for(pool, HOUSES)
    kits = draw_kits(read_round(record))
    files = write_messages(tmp_path / "first", record, kits)
    again = write_messages(tmp_path / "again", record, kits)

    def send(name: str, file: Path) -> None:
        receive_message(pool, PROJECT, 1, pool.iris.partner(name), file, SHELL)

    send("maison-0", files["maison-0"])
    send("maison-0", files["maison-0"])
    with pytest.raises(UsageError, match="another one may not replace it"):
        send("maison-0", again["maison-0"])
    with pytest.raises(SourceError, match="kit of maison-0"):
        send("maison-1", files["maison-0"])
    large = tmp_path / "large.message"
    large.write_bytes(files["maison-1"].read_bytes() + bytes(10_000))
    with pytest.raises(SourceError, match="larger than a message"):
        send("maison-1", large)
    head = files["maison-1"].read_bytes().replace(b'"checksum"', b'"more": "ana@x.org", "checksum"')
    for body in (b"e-mail\nana@exemple.org\n", head):
        large.write_bytes(body)
        with pytest.raises(SourceError, match="never your file of buyers"):
            send("maison-1", large)
    assert [m.party for m in Rounds(pool.settings.data).require(PROJECT, 1).messages] == [
        pool.iris.partner("maison-0")
    ]


def test_a_partner_that_never_sends_is_left_out_at_no_cost(pool: Pool, tmp_path: Path) -> None:
    record = open_for(pool, HOUSES)
    files = write_messages(tmp_path, record)
    del files["maison-3"]
    send_all(pool, record, files)
    with pytest.raises(UsageError, match="waits for the messages of: maison-3"):
        merge_round(pool, PROJECT, 1)
    record = reopen_round(pool, PROJECT, 1)
    assert read_round(record).partners == HOUSES[:3]
    former = Rounds(pool.settings.data).require(PROJECT, 1)
    assert (former.state, former.spent) == (RoundState.REPLACED, None)
    assert require_certificate(pool.settings, PROJECT, 1)
    send_all(pool, record, write_messages(tmp_path, record))
    merge_round(pool, PROJECT, 2)
    assert approve_round(pool, PROJECT, 2).state is RoundState.RELEASED


def test_the_budget_of_an_overlap_is_given_back_while_two_messages_are_missing(
    pool: Pool, tmp_path: Path
) -> None:
    """The messages of all but the last partner add up to the people of a union already."""
    rounds, year = Rounds(pool.settings.data), clock.day_in_quebec().year
    open_for(pool, PAIR, Kind.OVERLAP, epsilon="0,4")
    assert rounds.spent(PROJECT, year) == Decimal("0.4")
    refuse_round(pool, PROJECT, 1, {"fr": "Reporté.", "en": "Later."})
    assert rounds.spent(PROJECT, year) == 0
    record = open_for(pool, PAIR, Kind.OVERLAP, epsilon="0,4")
    files = write_messages(tmp_path, record)
    send_all(pool, record, {PAIR[0]: files[PAIR[0]]})
    refuse_round(pool, PROJECT, 2, {"fr": "Reporté.", "en": "Later."})
    assert rounds.spent(PROJECT, year) == Decimal("0.4")
    with pytest.raises(UsageError, match="budget"):
        open_for(pool, PAIR, Kind.OVERLAP, epsilon="0.7")


@pytest.mark.parametrize("until", ["2001-01-01", "2026-13-01", "9999-12-31", "demain"])
def test_messages_are_received_until_a_day_of_the_coming_year(pool: Pool, until: str) -> None:
    with pytest.raises(UsageError, match="is no day until which"):
        open_for(pool, HOUSES, until=until)


@pytest.mark.parametrize("epsilon", ["0.0000001", "1e1", "-1", "0", "0.001", "nan"])
def test_a_budget_that_no_round_can_have_is_refused_before_it_is_stored(
    pool: Pool, epsilon: str
) -> None:
    with pytest.raises(UsageError):
        open_for(pool, HOUSES, epsilon=epsilon)
    assert Rounds(pool.settings.data).all() == []


def test_kits_of_two_draws_cost_no_budget(pool: Pool, tmp_path: Path) -> None:
    record = open_for(pool, HOUSES)
    files, others = (write_messages(tmp_path / name, record) for name in ("a", "b"))
    send_all(pool, record, files | {"maison-3": others["maison-3"]})
    with pytest.raises(UsageError, match=r"not drawn together \(maison-3"):
        merge_round(pool, PROJECT, 1)
    assert reopen_round(pool, PROJECT, 1).number == 2
    assert Rounds(pool.settings.data).require(PROJECT, 1).spent is None
    assert Rounds(pool.settings.data).spent(PROJECT, record.year) == 1


KILLED = """
import os
from pathlib import Path
from parvis.config import Settings
from parvis.pooling.pool import Pool
from parvis.pooling.publics.rounds import merging
merging._estimate = lambda *_: os.kill(os.getpid(), 9)
settings = Settings(data=Path({data!r}), catalog=Path({catalog!r}), base={base!r})
with Pool.open(settings) as pool:
    merging.merge_round(pool, "publics", 1)
"""


def test_a_merge_that_is_killed_loses_nothing(pool: Pool, tmp_path: Path) -> None:
    """The budget is spent once, the messages are there, and the next merge ends it."""
    record, settings = open_for(pool, HOUSES), pool.settings
    send_all(pool, record, write_messages(tmp_path, record))
    places = {"data": str(settings.data), "catalog": str(settings.catalog), "base": settings.base}
    code = KILLED.format(**places)
    killed = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)  # noqa: S603 - our own code
    assert killed.returncode == -9
    rounds = Rounds(settings.data)
    begun = rounds.require(PROJECT, 1)
    assert (begun.state, rounds.spent(PROJECT, record.year)) == (
        RoundState.MERGING,
        Decimal(1),
    )
    assert merge_round(pool, PROJECT, 1).state is RoundState.ESTIMATED
    assert rounds.spent(PROJECT, record.year) == 1


def test_an_overlap_of_two_goes_to_these_two_alone(pool: Pool, tmp_path: Path) -> None:
    """As a share rounded to 5, with its interval; nothing of it enters the record."""
    before = {graph: v.digest for graph, v in pool.record.versions().items()}
    record = open_for(pool, PAIR, Kind.OVERLAP)
    assert record.purpose.endswith("ServiceUsageAnalytics")
    send_all(pool, record, write_messages(tmp_path, record))
    merge_round(pool, PROJECT, 1)
    assert approve_round(pool, PROJECT, 1).state is RoundState.DELIVERED
    (view,) = list_rounds(pool.settings, pool.iris.partner("maison-1"))
    assert view.result is not None
    share, low, high = view.result["share"]
    # A third of the people of each house is common to both: a fifth of all. The noise is drawn
    # anew each time: in 2 runs of 100 the truth is outside of the interval.
    assert abs(share - 20) <= 2 * (high - low)
    assert {part % 5 for part in (share, low, high)} == {0}
    assert set(view.result["by_partner"]) == set(PAIR)
    assert "%" in view.sentences("fr")[0]
    assert list_rounds(pool.settings, pool.iris.partner("maison-2")) == []
    assert {graph: v.digest for graph, v in pool.record.versions().items()} == before
    stored = json.dumps(Rounds(pool.settings.data).require(PROJECT, 1).published)
    assert "sizes" not in stored


def test_an_overlap_of_three_is_released_if_each_agreement_says_so(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = people_rounds.people_of
    monkeypatch.setattr(people_rounds, "people_of", lambda house: whole(house, 600))
    trio = HOUSES[:3]
    for name in trio:
        others = [other for other in trio if other != name]
        people_rounds.write_agreement(settings.catalog, name, [*others, "*"])
    with Pool.open(settings) as pool:
        record = open_for(pool, trio, Kind.OVERLAP, public=True)
        send_all(pool, record, write_messages(tmp_path, record))
        merge_round(pool, PROJECT, 1)
        assert approve_round(pool, PROJECT, 1).state is RoundState.RELEASED
        (value,) = read_estimates(pool).objects(None, PARVIS.sharedAudience)
    assert float(str(value)) % 5 == 0


def test_three_audiences_are_compared_if_each_is_surely_large(pool: Pool) -> None:
    """Of three, the size of a list is known by who is on no other alone."""
    record, share = open_for(pool, PAIR, Kind.OVERLAP), [0.3, 0.25, 0.35]

    def plan(fewest: float) -> dict[str, Any]:
        sizes = dict.fromkeys(HOUSES[:3], 200.0) | {"maison-1": fewest}
        result = {"share": share, "by_partner": {}, "fewest": sizes}
        return plan_overlap(pool, replace(record, result=result))

    assert plan(200)["share"] == (30, 25, 35)
    withheld = plan(199.9)
    assert "share" not in withheld
    assert "on no other list" in withheld["why"]["en"]


def test_small_audiences_are_not_compared(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = people_rounds.people_of
    monkeypatch.setattr(people_rounds, "people_of", lambda house: whole(house, 60))
    record = open_for(pool, PAIR, Kind.OVERLAP)
    send_all(pool, record, write_messages(tmp_path, record))
    merge_round(pool, PROJECT, 1)
    approve_round(pool, PROJECT, 1)
    (view,) = list_rounds(pool.settings, pool.iris.partner("maison-0"))
    assert view.result is not None
    assert "share" not in view.result
    assert "200" in view.sentences("fr")[0]


def test_a_later_round_of_nearly_the_same_partners_is_refused(pool: Pool, tmp_path: Path) -> None:
    """Compared, both would show what the partner that left brought."""
    for number in (1, 2):
        record = open_for(pool, HOUSES, epsilon="0.3")
        send_all(pool, record, write_messages(tmp_path / str(number), record))
        merge_round(pool, PROJECT, number)
    # The last one that is approved counts, not the last one that was opened.
    approve_round(pool, PROJECT, 2)
    approved = approve_round(pool, PROJECT, 1)
    values = {f["value"] for f in (approved.published or {})["figures"]} - {None}
    graph = read_estimates(pool)
    released = (float(str(v)) for v in graph.objects(None, PARVIS.distinctPeople))
    assert set(released) == values
    with pytest.raises(UsageError, match="fewer than 3 of them differ"):
        open_for(pool, HOUSES[:3], epsilon="0.4")
    assert open_for(pool, HOUSES, epsilon="0.4").number == 3
