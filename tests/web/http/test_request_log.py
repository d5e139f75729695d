"""What a request leaves for who keeps the machine: an id, figures, a line; nothing of a person."""

import json
import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from flask import Flask

from parvis.config import Monitoring, Settings
from parvis.errors import UsageError
from parvis.pooling.intake.deliveries import FILE, Deliveries
from parvis.pooling.serving.readers import create_token
from parvis.web import create_app
from parvis.web.http.metrics import BATCH
from parvis.web.server import JsonLogFormatter

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SITE = "https://pool.test/"
ASKED = "SELECT * { ?s ?p 'marie@exemple.test' }"
BAD = "SELECT * { SERVICE <http://exemple.test/marie> { ?s ?p ?o } }"


@pytest.fixture(scope="module")
def observed(agreed: Settings) -> Iterator[Flask]:
    """Give an application that writes each request down, and takes every query for slow."""
    watching = Monitoring(log="requests", slow_seconds=0.0, kept_queries=3)
    app = create_app(replace(agreed, observing=watching))
    app.testing = True
    yield app
    app.extensions["parvis"].close()


@pytest.fixture(scope="module")
def steward(agreed: Settings) -> dict[str, str]:
    """Give the headers of who watches over the pool."""
    return {"Authorization": f"Bearer {create_token(agreed, 'tiers', scope='host').text}"}


def test_every_answer_bears_an_id_of_its_own(observed: Flask) -> None:
    """Pages, files, refusals and answers that are given again, each another."""
    client = observed.test_client()
    paths = ("/", "/", "/nowhere", "/static/parvis.css", "/sparql?query=ASK%7B%7D") * 2
    names = [client.get(path, base_url=SITE).headers["X-Request-Id"] for path in paths]
    assert len(set(names)) == len(paths)


def test_a_proxy_may_bring_the_id_if_it_is_well_formed(observed: Flask) -> None:
    """It goes through to the answer and to the problem; what could disturb a log does not."""
    client = observed.test_client()
    response = client.get("/nowhere", base_url=SITE, headers={"X-Request-Id": "proxy-0123456789"})
    assert response.headers["X-Request-Id"] == "proxy-0123456789"
    assert response.get_json()["request"] == "proxy-0123456789"
    for bad in ("short", 'quote"and more', "x" * 65, "é" * 10):
        other = client.get("/nowhere", base_url=SITE, headers={"X-Request-Id": bad})
        assert other.headers["X-Request-Id"] != bad


def test_a_person_can_tell_the_id_of_what_went_wrong(observed: Flask) -> None:
    """The page of an error shows it."""
    response = observed.test_client().get("/nowhere", base_url=SITE, headers={"Accept": BROWSER})
    assert response.headers["X-Request-Id"] in response.get_data(as_text=True)


def test_a_line_of_the_log_is_json_and_holds_nothing_of_a_reader(
    observed: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    """Id, area, status, bytes and time: no address, no query, no path beyond its first part."""
    caplog.set_level(logging.INFO, "parvis")
    client = observed.test_client()
    visitor = {"REMOTE_ADDR": "203.0.113.77"}
    client.get("/sparql", base_url=SITE, query_string={"query": ASKED}, environ_base=visitor)
    client.get("/fr/partner/marie", base_url=SITE, environ_base=visitor)
    form = JsonLogFormatter("%(name)s %(message)s")
    lines = [form.format(one) for one in caplog.records if one.name.startswith("parvis")]
    told = [json.loads(one) for one in lines]
    assert [one["area"] for one in told if one["message"] == "request"] == ["sparql", "partner"]
    assert {"at", "level", "request", "status", "bytes", "ms", "method"} <= told[-1].keys()
    assert not any(secret in "".join(lines) for secret in ("marie", "203.0.113", "SELECT"))


def test_nothing_is_logged_of_what_goes_well_unless_it_is_asked_for(
    agreed_app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    """A log that nobody wants to read grows for nothing."""
    caplog.set_level(logging.INFO, "parvis")
    agreed_app.test_client().get("/", base_url=SITE)
    assert not [one for one in caplog.records if one.name.startswith("parvis")]


def test_only_the_steward_reads_the_figures(observed: Flask, steward: dict[str, str]) -> None:
    """Anyone else is refused, from this machine too."""
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


def test_no_answer_is_missed_by_the_figures(observed: Flask, steward: dict[str, str]) -> None:
    """However many there are, in threads, between two looks."""

    def counted() -> float:
        text = client.get("/metrics", base_url=SITE, headers=steward).get_data(as_text=True)
        found = re.search(r'requests_total\{area="static",status="404"\} (\S+)', text)
        return float(found[1]) if found else 0.0

    client = observed.test_client()
    before, many = counted(), 2 * BATCH + 7
    with ThreadPoolExecutor(4) as threads:
        paths = [f"/static/none-{number}" for number in range(many)]
        ask = partial(observed.test_client().get, base_url=SITE)
        assert {one.status_code for one in threads.map(ask, paths)} == {404}
    assert counted() - before == many


def test_addresses_that_were_never_ours_are_counted_together(
    observed: Flask, steward: dict[str, str]
) -> None:
    """Who asks for a thousand paths makes no thousand figures."""
    client = observed.test_client()
    for path in ("/wp-login.php", "/marie/durand", "/fr/xyzzy"):
        client.get(path, base_url=SITE)
    text = client.get("/metrics", base_url=SITE, headers=steward).get_data(as_text=True)
    assert 'area="other",status="404"' in text
    assert not any(part in text for part in ("wp-login", "marie", "xyzzy"))


@pytest.mark.parametrize(
    ("address", "more", "status"),
    [
        ("10.1.2.3", {}, 200),
        ("::ffff:10.1.2.3", {}, 200),  # the server listens on “::”
        ("::ffff:192.0.2.1", {}, 403),
        ("2002:a01:203::1", {}, 403),  # whoever writes such an address chooses the number in it
        ("64:ff9b::a01:203", {}, 403),
        ("192.0.2.1", {}, 403),
        ("", {}, 403),
        ("10.1.2.3", {"X-Forwarded-For": "192.0.2.1"}, 403),
    ],
)
def test_a_network_may_be_let_in(
    agreed: Settings, address: str, more: dict[str, str], status: int
) -> None:
    """By the address that connects; a proxy nobody told of lends its own to no one."""
    app = create_app(replace(agreed, observing=Monitoring(metrics_from=("10.1.0.0/16",))))
    response = app.test_client().get(
        "/metrics", base_url=SITE, headers=more, environ_base={"REMOTE_ADDR": address}
    )
    assert response.status_code == status
    app.extensions["parvis"].close()


def test_the_steward_sees_slow_and_refused_queries(
    observed: Flask, steward: dict[str, str]
) -> None:
    """The newest first, as many as are kept, each with why; never who asked."""
    client = observed.test_client()
    for query in ("ASK { }", ASKED, BAD):
        client.post("/sparql", base_url=SITE, data={"query": query})
    client.post("/sparql", base_url=SITE, data="ASK {", content_type="application/sparql-query")
    found = client.get("/steward/queries.json", base_url=SITE, headers=steward).get_json()
    told = [(one["text"], one["outcome"], one["reader"]) for one in found["queries"]]
    assert told == [
        ("ASK {", "refused", "anonymous"),
        (BAD, "refused", "anonymous"),
        (ASKED, "slow", "anonymous"),
    ]
    assert "SERVICE" in found["queries"][1]["why"]["fr"]
    for lang, title in (("fr", "Requêtes lentes et refusées"), ("en", "Slow and refused queries")):
        response = client.get(
            f"/{lang}/steward/queries", base_url=SITE, headers=steward | {"Accept": BROWSER}
        )
        assert title in response.get_data(as_text=True)
    assert client.get("/steward/queries", base_url=SITE).status_code == 403


def test_settings_that_would_observe_nothing_are_refused() -> None:
    """A word that is none of the three, a number below 0, what is no network."""
    with pytest.raises(UsageError, match="none, problems, requests"):
        Monitoring(log="all")
    with pytest.raises(UsageError, match="below 0"):
        Monitoring(slow_seconds=-1.0)
    with pytest.raises(UsageError, match="neither an address"):
        Monitoring(metrics_from=("localhost",))


def test_the_steward_sees_how_the_sources_do(
    observed: Flask, agreed: Settings, steward: dict[str, str]
) -> None:
    """As a page, as JSON and in figures; nobody else does."""
    client = observed.test_client()
    why = {"fr": "le serveur répond 500", "en": "the server answers 500"}
    Deliveries(agreed.data).note(lambda one: one.fail(datetime.now(UTC), why), "theatre-b/billets")
    (found,) = client.get("/steward/feeds.json", base_url=SITE, headers=steward).get_json()["feeds"]
    assert (found["dataset"], found["state"]) == ("theatre-b/billets", "broken")
    for lang, state in (("fr", "en panne"), ("en", "broken")):
        page = client.get(
            f"/{lang}/steward/feeds", base_url=SITE, headers=steward | {"Accept": BROWSER}
        ).get_data(as_text=True)
        assert state in page
        assert why[lang] in page
    text = client.get("/metrics", base_url=SITE, headers=steward).get_data(as_text=True)
    assert 'parvis_feeds{state="broken"} 1.0' in text
    assert client.get("/steward/feeds.json", base_url=SITE).status_code == 403
    (agreed.data / FILE).unlink()
