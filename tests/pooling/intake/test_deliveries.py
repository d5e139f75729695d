"""Which sources are late, broken or stopped, and when each is asked again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS

from parvis.catalog import period_of
from parvis.catalog.entries import DAYS
from parvis.config import Settings
from parvis.errors import StoreError
from parvis.pooling.intake.deliveries import A_DAY, FILE, STATES, Deliveries, Delivery, health
from parvis.pooling.intake.refresh import due_datasets, note_deliveries, refresh, refreshable
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.erasure import forget_files
from parvis.vocab.iris import DatasetKey

if TYPE_CHECKING:
    from tests.conftest import Server


NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
WHY = {"fr": "rien", "en": "nothing"}
WEEKLY = Delivery("a/b", fetched=True, days=7.0)
SHOWS = "theatre-b/spectacles"


def ago(**time: float) -> datetime:
    """Give an instant before now."""
    return NOW - timedelta(**time)


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (WEEKLY, "awaited"),
        (WEEKLY.succeed(NOW, ago(days=8)), "good"),
        (WEEKLY.succeed(NOW, ago(days=11)), "late"),
        (WEEKLY.succeed(NOW, ago(days=21)), "stopped"),
        (replace(WEEKLY, days=None).succeed(NOW, ago(days=900)), "good"),
        (WEEKLY.succeed(ago(days=2), ago(days=2)).fail(ago(days=1), WHY), "broken"),
        (WEEKLY.succeed(ago(days=9), ago(days=9)).fail(ago(days=8), WHY).fail(NOW, WHY), "stopped"),
        (WEEKLY.fail(ago(days=9), WHY).succeed(NOW, NOW), "good"),
    ],
)
def test_a_source_is_late_broken_or_stopped(found: Delivery, state: str) -> None:
    """By what its record announces, and by how long it fails."""
    assert found.state(NOW) == state


@given(failures=st.integers(0, 500), days=st.none() | st.floats(0.01, 4000))
def test_a_source_is_asked_again_within_a_week_and_not_within_an_hour(
    failures: int, days: float | None
) -> None:
    """Whatever is announced; one that fails, within a day."""
    found = replace(WEEKLY, days=days, tried=NOW, failures=failures)
    again = found.due()
    assert again is not None
    assert timedelta(hours=1) <= again - NOW <= (A_DAY if failures else timedelta(days=7))


@given(
    st.builds(
        Delivery,
        st.text(min_size=1),
        st.booleans(),
        st.none() | st.floats(0.01, 4000),
        *(st.none() | st.datetimes(timezones=st.just(UTC)) for _ in range(4)),
        st.integers(0, 9),
        st.none() | st.just(WHY),
    )
)
def test_what_is_written_is_read_again(found: Delivery) -> None:
    """As it was."""
    assert Delivery.from_json(found.to_json()) == found


def test_each_frequency_that_announces_something_is_a_period(pool: Pool) -> None:
    """The codes are those of the EU's list; others announce nothing."""
    dataset = pool.catalog.named(SHOWS)
    for code in (*DAYS, "IRREG", "UNKNOWN", "NEVER", "AS_NEEDED"):
        iri = URIRef(f"http://publications.europa.eu/resource/authority/frequency/{code}")
        told = Graph().add((URIRef(dataset.iri), DCTERMS.accrualPeriodicity, iri))
        assert (period_of(replace(dataset, described=told)) is None) is (code not in DAYS)


@pytest.fixture
def calling(settings: Settings) -> Path:
    """Give the catalogue folder, where loopback may be called."""
    (settings.catalog / "parvis.toml").write_text("[fetch]\nallow = ['127.0.0.1']\n", "utf-8")
    return settings.catalog


def opened(catalog: Path, *addresses: tuple[str, str]) -> Pool:
    """Open the pool, with addresses told of some datasets."""
    for name, url in addresses:
        with (catalog / name / "dataset.ttl").open("a", encoding="utf-8") as record:
            record.write(
                "\n@prefix dcat: <http://www.w3.org/ns/dcat#> .\n"
                f"<id/dataset/{name}> dcat:distribution [ dcat:downloadURL <{url}> ] .\n"
            )
    return Pool.open(Settings.load(data=catalog.parent / "data", catalog=catalog))


def states(pool: Pool) -> dict[str, str]:
    """Give the state of each source."""
    return {one["dataset"]: one["state"] for one in health(pool.settings.data)}


def test_one_failing_source_is_told_and_stops_no_other(calling: Path, server: "Server") -> None:
    """It says why in both languages, and is well again once it answers."""
    text = (calling / SHOWS / "spectacles.csv").read_bytes()
    places = (SHOWS, server.address("/shows.csv")), ("theatre-b/billets", server.address("/no.csv"))
    with opened(calling, *places) as pool:
        server.gives("/no.csv", b"", status=500)
        server.gives("/shows.csv", text)
        list(refresh(pool, refreshable(pool)))
        note_deliveries(pool)
        found = states(pool)
        assert (found[SHOWS], found["theatre-b/billets"]) == ("good", "broken")
        broken = health(pool.settings.data)[0]
        assert "500" in broken["why"]["fr"]
        assert "500" in broken["why"]["en"]
        server.gives("/no.csv", (calling / "theatre-b/billets/billets.csv").read_bytes())
        list(refresh(pool, refreshable(pool)))
        assert set(states(pool).values()) <= {"good", "awaited"}


def test_only_what_is_due_is_asked(calling: Path) -> None:
    """At once where nothing is known, then when its time has come."""
    with opened(calling) as pool:
        (one, *_) = chosen = refreshable(pool)
        now = datetime.now(UTC)
        assert due_datasets(pool, chosen, now) == chosen
        list(refresh(pool, [one]))
        assert one not in due_datasets(pool, chosen, datetime.now(UTC))
        assert one in due_datasets(pool, chosen, now + timedelta(days=8))


def test_a_lock_of_ours_is_not_the_fault_of_a_source(
    calling: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told as the command's failure, and the source stays as it was known."""

    def locked(*_: object) -> None:
        raise StoreError("locked")

    with opened(calling) as pool:
        monkeypatch.setattr("parvis.pooling.intake.refresh._submit_if_changed", locked)
        (found,) = refresh(pool, refreshable(pool, SHOWS))
        assert found.status == "failed"
        assert not (pool.settings.data / FILE).exists()


def test_what_is_erased_is_forgotten(tmp_path: Path) -> None:
    """Of a source too: nothing tells of it any more."""
    known = Deliveries(tmp_path)
    for name in (SHOWS, "theatre-b/billets"):
        known.note(lambda one: one.fail(NOW, WHY), name)
    forget_files(tmp_path, DatasetKey("theatre-b", "spectacles"))
    assert [one.dataset for one in known.all()] == ["theatre-b/billets"]


def test_a_clock_that_is_set_back_lets_no_source_wait() -> None:
    """Asked in what is now the future, it is asked again at once."""
    found = WEEKLY.succeed(NOW, NOW)
    assert not found.is_due(NOW + timedelta(hours=1))
    assert found.is_due(NOW - timedelta(days=400))
    assert found.is_due(NOW + timedelta(days=1))


def test_the_gravest_comes_first(tmp_path: Path) -> None:
    """Then by name."""
    known = Deliveries(tmp_path)
    for name, found in (("a/good", WEEKLY.succeed(NOW, NOW)), ("b/late", WEEKLY)):
        known.note(lambda _, found=found, name=name: replace(found, dataset=name), name)  # type: ignore[misc] # bound now
    known.note(lambda one: one.fail(ago(days=9), WHY), "c/stopped")
    told = [one["state"] for one in health(tmp_path, NOW)]
    assert told == sorted(told, key=[*map(str, STATES)].index)
    assert told[0] == "stopped"
