"""A request leaves an id, metrics and a log line, and no personal data."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from flask import Flask

from parvis.config import Monitoring, Settings
from parvis.errors import UsageError
from parvis.pooling.intake.sources import Deliveries
from parvis.web import create_app
from parvis.web.application import JsonLogFormatter
from parvis.web.http.metrics import BATCH

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SITE = "https://pool.test/"
ASKED = "SELECT * { ?s ?p 'marie@exemple.test' }"
BAD = "SELECT * { SERVICE <http://exemple.test/marie> { ?s ?p ?o } }"


@pytest.fixture(scope="module")
def observed(research_settings: Settings) -> Iterator[Flask]:
    """Make an application that logs each request and takes every query for slow."""
    monitoring = Monitoring(log="requests", slow_seconds=0.0, kept_queries=3)
    app = create_app(replace(research_settings, observing=monitoring))
    app.testing = True
    yield app
    app.extensions["parvis"].close()


@pytest.fixture
def steward(issue_token: Callable[[str], str]) -> dict[str, str]:
    """Return the headers of the steward."""
    return {"Authorization": f"Bearer {issue_token('tiers')}"}


def test_every_response_has_its_own_id(observed: Flask) -> None:
    """Pages, files, refusals and cached responses."""
    client = observed.test_client()
    paths = ("/", "/", "/nowhere", "/static/parvis.css", "/sparql?query=ASK%7B%7D") * 2
    names = [client.get(path, base_url=SITE).headers["X-Request-Id"] for path in paths]
    assert len(set(names)) == len(paths)


def test_a_proxy_may_set_the_id_if_it_is_well_formed(observed: Flask) -> None:
    """It is in the response and in the problem document; an unsafe id is replaced."""
    client = observed.test_client()
    response = client.get("/nowhere", base_url=SITE, headers={"X-Request-Id": "proxy-0123456789"})
    assert response.headers["X-Request-Id"] == "proxy-0123456789"
    assert response.get_json()["request"] == "proxy-0123456789"
    for bad in ("short", 'quote"and more', "x" * 65, "é" * 10):
        refused = client.get("/nowhere", base_url=SITE, headers={"X-Request-Id": bad})
        assert refused.headers["X-Request-Id"] != bad


def test_the_error_page_shows_the_request_id(observed: Flask) -> None:
    response = observed.test_client().get("/nowhere", base_url=SITE, headers={"Accept": BROWSER})
    assert response.headers["X-Request-Id"] in response.get_data(as_text=True)


def test_a_log_line_is_json_without_personal_data(
    observed: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    """Id, area, status, bytes and time: no address, no query, no path beyond its first part."""
    caplog.set_level(logging.INFO, "parvis")
    client = observed.test_client()
    visitor = {"REMOTE_ADDR": "203.0.113.77"}
    client.get("/sparql", base_url=SITE, query_string={"query": ASKED}, environ_base=visitor)
    client.get("/fr/partner/marie", base_url=SITE, environ_base=visitor)
    formatter = JsonLogFormatter("%(name)s %(message)s")
    lines = [formatter.format(item) for item in caplog.records if item.name.startswith("parvis")]
    entries = [json.loads(line) for line in lines]
    assert [entry["area"] for entry in entries if entry["message"] == "request"] == [
        "sparql",
        "partner",
    ]
    assert {"at", "level", "request", "status", "bytes", "ms", "method"} <= entries[-1].keys()
    assert not any(secret in "".join(lines) for secret in ("marie", "203.0.113", "SELECT"))


def test_successful_requests_are_logged_only_on_demand(
    research_app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "parvis")
    research_app.test_client().get("/", base_url=SITE)
    assert not [record for record in caplog.records if record.name.startswith("parvis")]


def test_only_the_steward_reads_the_metrics(observed: Flask, steward: dict[str, str]) -> None:
    """Others are refused, on this machine too."""
    client = observed.test_client()
    assert client.get("/metrics", base_url=SITE).status_code == 403
    client.get("/catalog", base_url=SITE)
    response = client.get("/metrics", base_url=SITE, headers=steward)
    text = response.get_data(as_text=True)
    assert response.mimetype == "text/plain"
    assert 'parvis_requests_total{area="catalog",status="200"}' in text
    assert "parvis_generation 1.0" in text
    assert 'parvis_queries{state="waiting"} 0.0' in text
    assert "parvis_disk_free_bytes" in text


def test_the_metrics_count_every_response(observed: Flask, steward: dict[str, str]) -> None:
    """However many there are, in threads, between two readings."""

    def read_count() -> float:
        text = client.get("/metrics", base_url=SITE, headers=steward).get_data(as_text=True)
        match = re.search(r'requests_total\{area="static",status="404"\} (\S+)', text)
        return float(match[1]) if match else 0.0

    client = observed.test_client()
    before, request_count = read_count(), 2 * BATCH + 7
    with ThreadPoolExecutor(4) as threads:
        paths = [f"/static/none-{number}" for number in range(request_count)]
        ask = partial(observed.test_client().get, base_url=SITE)
        assert {response.status_code for response in threads.map(ask, paths)} == {404}
    assert read_count() - before == request_count


def test_unknown_addresses_are_counted_together(observed: Flask, steward: dict[str, str]) -> None:
    """A thousand unknown paths make one metric."""
    client = observed.test_client()
    for path in ("/wp-login.php", "/marie/durand", "/fr/xyzzy"):
        client.get(path, base_url=SITE)
    text = client.get("/metrics", base_url=SITE, headers=steward).get_data(as_text=True)
    assert 'area="other",status="404"' in text
    assert not any(part in text for part in ("wp-login", "marie", "xyzzy"))


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("10.1.2.3", {}, 200),
        ("::ffff:10.1.2.3", {}, 200),  # the server listens on “::”
        ("::ffff:192.0.2.1", {}, 403),
        ("2002:a01:203::1", {}, 403),  # such an address can hold any number
        ("64:ff9b::a01:203", {}, 403),
        ("192.0.2.1", {}, 403),
        ("", {}, 403),
        ("10.1.2.3", {"X-Forwarded-For": "192.0.2.1"}, 403),
    ],
)
def test_metrics_can_be_opened_to_a_network(
    research_settings: Settings, address: str, headers: dict[str, str], status: int
) -> None:
    """By the address that connects; an undeclared proxy does not lend its own."""
    app = create_app(
        replace(research_settings, observing=Monitoring(metrics_from=("10.1.0.0/16",)))
    )
    response = app.test_client().get(
        "/metrics", base_url=SITE, headers=headers, environ_base={"REMOTE_ADDR": address}
    )
    assert response.status_code == status
    app.extensions["parvis"].close()


def test_the_steward_sees_slow_and_refused_queries(
    observed: Flask, steward: dict[str, str]
) -> None:
    """The newest first, up to a limit, each with its reason; never the reader."""
    client = observed.test_client()
    for query in ("ASK { }", ASKED, BAD):
        client.post("/sparql", base_url=SITE, data={"query": query})
    client.post("/sparql", base_url=SITE, data="ASK {", content_type="application/sparql-query")
    report = client.get("/steward/queries.json", base_url=SITE, headers=steward).get_json()
    entries = [(entry["text"], entry["outcome"], entry["reader"]) for entry in report["queries"]]
    assert entries == [
        ("ASK {", "refused", "anonymous"),
        (BAD, "refused", "anonymous"),
        (ASKED, "slow", "anonymous"),
    ]
    assert "SERVICE" in report["queries"][1]["why"]["fr"]
    for lang, title in (("fr", "Requêtes lentes et refusées"), ("en", "Slow and refused queries")):
        response = client.get(
            f"/{lang}/steward/queries", base_url=SITE, headers=steward | {"Accept": BROWSER}
        )
        assert title in response.get_data(as_text=True)
    assert client.get("/steward/queries", base_url=SITE).status_code == 403


def test_invalid_monitoring_settings_are_refused() -> None:
    with pytest.raises(UsageError, match="none, problems, requests"):
        Monitoring(log="all")
    with pytest.raises(UsageError, match="below 0"):
        Monitoring(slow_seconds=-1.0)
    with pytest.raises(UsageError, match="neither an address"):
        Monitoring(metrics_from=("localhost",))


def test_the_steward_sees_the_state_of_the_sources(
    observed: Flask, research_settings: Settings, steward: dict[str, str]
) -> None:
    """As a page, as JSON and in metrics; nobody else does."""
    client = observed.test_client()
    reason = {"fr": "le serveur répond 500", "en": "the server answers 500"}
    Deliveries(research_settings.data).note(
        lambda delivery: delivery.fail(datetime.now(UTC), reason), "theatre-b/billets"
    )
    (feed,) = client.get("/steward/feeds.json", base_url=SITE, headers=steward).get_json()["feeds"]
    assert (feed["dataset"], feed["state"]) == ("theatre-b/billets", "broken")
    for lang, state in (("fr", "en panne"), ("en", "broken")):
        page = client.get(
            f"/{lang}/steward/feeds", base_url=SITE, headers=steward | {"Accept": BROWSER}
        ).get_data(as_text=True)
        assert state in page
        assert reason[lang] in page
    text = client.get("/metrics", base_url=SITE, headers=steward).get_data(as_text=True)
    assert 'parvis_feeds{state="broken"} 1.0' in text
    assert client.get("/steward/feeds.json", base_url=SITE).status_code == 403
    (research_settings.data / Deliveries.name).unlink()
