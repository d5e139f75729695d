"""The state of each source, and when it is fetched again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS

from parvis.catalog.entries import DAYS, period_of
from parvis.config import Settings
from parvis.config.json_data import to_json
from parvis.errors import StoreError
from parvis.pooling.intake.refresh import due_datasets, note_deliveries, refresh, refreshable
from parvis.pooling.intake.sources import A_DAY, STATES, Deliveries, Delivery, health
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.erasure import forget_files
from parvis.vocab.iris import DatasetKey

if TYPE_CHECKING:
    from tests.conftest import Server


NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
WHY = {"fr": "rien", "en": "nothing"}
WEEKLY = Delivery("a/b", fetched=True, days=7.0)
SHOWS = "theatre-b/spectacles"


def ago(**duration: float) -> datetime:
    """Return an instant before now."""
    return NOW - timedelta(**duration)


@pytest.mark.parametrize(
    ("delivery", "state"),
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
def test_a_source_is_late_broken_or_stopped(delivery: Delivery, state: str) -> None:
    """By the frequency that its record announces, and by how long it has failed."""
    assert delivery.state(NOW) == state


@given(failures=st.integers(0, 500), days=st.none() | st.floats(0.01, 4000))
def test_a_source_is_fetched_again_between_an_hour_and_a_week_later(
    failures: int, days: float | None
) -> None:
    """Whatever the announced frequency; after a failure, within a day."""
    delivery = replace(WEEKLY, days=days, tried=NOW, failures=failures)
    due = delivery.due_at()
    assert due is not None
    assert timedelta(hours=1) <= due - NOW <= (A_DAY if failures else timedelta(days=7))


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
def test_a_delivery_is_read_as_written(delivery: Delivery) -> None:
    assert Delivery.from_json(to_json(delivery)) == delivery


def test_each_regular_frequency_has_a_period(pool: Pool) -> None:
    """The codes are those of the EU's list; irregular ones have no period."""
    dataset = pool.catalog.require_named(SHOWS)
    for code in (*DAYS, "IRREG", "UNKNOWN", "NEVER", "AS_NEEDED"):
        iri = URIRef(f"http://publications.europa.eu/resource/authority/frequency/{code}")
        description = Graph().add((URIRef(dataset.iri), DCTERMS.accrualPeriodicity, iri))
        assert (period_of(replace(dataset, metadata=description)) is None) is (code not in DAYS)


@pytest.fixture
def catalog(settings: Settings) -> Path:
    """Return the catalogue folder of a pool that may fetch from loopback."""
    (settings.catalog / "parvis.toml").write_text("[fetch]\nallow = ['127.0.0.1']\n", "utf-8")
    return settings.catalog


def open_pool(folder: Path, *addresses: tuple[str, str]) -> Pool:
    """Open the pool, with download addresses for some datasets."""
    for name, url in addresses:
        with (folder / name / "dataset.ttl").open("a", encoding="utf-8") as record:
            record.write(
                "\n@prefix dcat: <http://www.w3.org/ns/dcat#> .\n"
                f"<id/dataset/{name}> dcat:distribution [ dcat:downloadURL <{url}> ] .\n"
            )
    return Pool.open(Settings.load(data=folder.parent / "data", catalog=folder))


def list_states(pool: Pool) -> dict[str, str]:
    """Return the state of each source."""
    return {source["dataset"]: source["state"] for source in health(pool.settings.data)}


def test_a_failing_source_is_reported_and_stops_no_other(catalog: Path, server: "Server") -> None:
    """In both languages, until it answers again."""
    text = (catalog / SHOWS / "spectacles.csv").read_bytes()
    places = (SHOWS, server.address("/shows.csv")), ("theatre-b/billets", server.address("/no.csv"))
    with open_pool(catalog, *places) as pool:
        server.gives("/no.csv", b"", status=500)
        server.gives("/shows.csv", text)
        list(refresh(pool, refreshable(pool)))
        note_deliveries(pool)
        current_states = list_states(pool)
        assert (current_states[SHOWS], current_states["theatre-b/billets"]) == ("good", "broken")
        broken = health(pool.settings.data)[0]
        assert "500" in broken["why"]["fr"]
        assert "500" in broken["why"]["en"]
        server.gives("/no.csv", (catalog / "theatre-b/billets/billets.csv").read_bytes())
        list(refresh(pool, refreshable(pool)))
        assert set(list_states(pool).values()) <= {"good", "awaited"}


def test_only_due_sources_are_fetched(catalog: Path) -> None:
    """At once without a former delivery, then when they are due."""
    with open_pool(catalog) as pool:
        (first, *_) = chosen = refreshable(pool)
        now = datetime.now(UTC)
        assert due_datasets(pool, chosen, now) == chosen
        list(refresh(pool, [first]))
        assert first not in due_datasets(pool, chosen, datetime.now(UTC))
        assert first in due_datasets(pool, chosen, now + timedelta(days=8))


def test_a_lock_of_the_pool_does_not_count_as_a_failure_of_the_source(
    catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command fails, and the state of the source does not change."""

    def fail(*_: object) -> None:
        raise StoreError("locked")

    with open_pool(catalog) as pool:
        monkeypatch.setattr("parvis.pooling.intake.refresh._submit_if_changed", fail)
        (result,) = refresh(pool, refreshable(pool, SHOWS))
        assert result.status == "failed"
        assert not (pool.settings.data / Deliveries.name).exists()


def test_the_delivery_of_an_erased_dataset_is_deleted(tmp_path: Path) -> None:
    deliveries = Deliveries(tmp_path)
    for name in (SHOWS, "theatre-b/billets"):
        deliveries.note(lambda delivery: delivery.fail(NOW, WHY), name)
    forget_files(tmp_path, DatasetKey("theatre-b", "spectacles"))
    assert [delivery.dataset for delivery in deliveries.all()] == ["theatre-b/billets"]


def test_a_clock_that_is_set_back_delays_no_source() -> None:
    """A source fetched in what is now the future is fetched again at once."""
    delivery = WEEKLY.succeed(NOW, NOW)
    assert not delivery.is_due(NOW + timedelta(hours=1))
    assert delivery.is_due(NOW - timedelta(days=400))
    assert delivery.is_due(NOW + timedelta(days=1))


def test_the_gravest_state_comes_first(tmp_path: Path) -> None:
    """Then by name."""
    deliveries = Deliveries(tmp_path)
    for name, delivery in (("a/good", WEEKLY.succeed(NOW, NOW)), ("b/late", WEEKLY)):
        deliveries.note(
            lambda _, delivery=delivery, name=name: replace(delivery, dataset=name),  # type: ignore[misc] # bound in the default
            name,
        )
    deliveries.note(lambda source: source.fail(ago(days=9), WHY), "c/stopped")
    states = [source["state"] for source in health(tmp_path, NOW)]
    assert states == sorted(states, key=[*map(str, STATES)].index)
    assert states[0] == "stopped"
