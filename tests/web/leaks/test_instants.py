"""At the instant when access ends, data become unreadable on every route, without a publication."""

import shutil
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask

from parvis.config import Settings
from parvis.config.clock import set_clock
from parvis.governance import ANONYMOUS, Reader
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.readers import create_token
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.web import create_app
from tests.web.conftest import Serving
from tests.web.leaks.asking import asking, decode_body, read_response
from tests.web.leaks.conftest import Served
from tests.web.leaks.plans import Probe, list_probes
from tests.web.leaks.pool import (
    BASE,
    CONTENT,
    EVERYONE,
    NAME,
    TITLE,
    date_constraint,
    key_of,
    rule,
    settings_in,
    submit_all,
    write_agreement,
    write_catalog,
)
from tests.web.leaks.test_leaks import (
    COMMON_ENDINGS,
    DELETION_RULES,
    NEGOTIATED,
    PAGE,
    STATIC_RULES,
    find_secrets,
)

END = datetime(2099, 1, 1, tzinfo=UTC)
NAMES = ("open", "members", "due")
"""The datasets: `due` exists until an instant, `open` stays listed but is read until then."""


def write_rules(until: datetime) -> dict[str, str]:
    """Write rules that open everything until an instant."""
    instant = until.isoformat()
    reading = rule("parvis:everyone", "odrl:read", date_constraint("lt", instant))
    deletion = "odrl:target %s ; odrl:assignee parvis:host ; odrl:action odrl:delete"
    return {
        "open": f"{rule('parvis:everyone', 'parvis:discover')} ; {reading}",
        "members": rule("parvis:members", constraint=date_constraint("lt", instant)),
        "due": f"{EVERYONE} ; odrl:obligation [ {deletion} {date_constraint('gteq', instant)} ]",
    }


@pytest.fixture(scope="module")
def expiring_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Make a pool that is open until an instant beyond the machine's clock."""
    folder = tmp_path_factory.mktemp("lasting")
    write_catalog(folder, write_rules(END))
    settings = settings_in(folder)
    with Pool.open(settings) as pool:
        submit_all(pool, NAMES)
        publish(pool)
    return settings


def find_expired(text: str, probe: Probe) -> set[tuple[str, str]]:
    """List the words of an answer that nobody may see after the instant."""
    expired = {(CONTENT, name) for name in NAMES} | {(TITLE, "due"), (TITLE, "members")}
    if probe.rule not in DELETION_RULES:
        expired |= {(NAME, "due"), (NAME, "members")}
    return (find_secrets(text) - find_secrets(probe.address)) & expired


def select_probes(app: Flask) -> list[Probe]:
    """Select the requests about these datasets, and about none."""
    return [
        probe
        for probe in list_probes(app, state="x", token="x")  # noqa: S106 - of OAI-PMH
        if probe.subject in {None, "open", "due"}
        and probe.rule not in STATIC_RULES
        and probe.ending in COMMON_ENDINGS
    ]


def choose_accept(probe: Probe) -> str:
    """Request a page where Accept chooses the format."""
    return PAGE if probe.rule in NEGOTIATED else "*/*"


@pytest.mark.parametrize("party", ["", "beta"], ids=["anonymous", "member"])
def test_at_the_instant_nothing_is_read_on_any_route(
    expiring_settings: Settings, party: str
) -> None:
    """What was answered before and is cached is not repeated.

    Nor is it when the clock is set back afterwards.
    """
    with set_clock(lambda: END - timedelta(days=2)):
        token = create_token(expiring_settings, party).text if party else None
    app = create_app(expiring_settings)
    ask, all_probes = asking(app.test_client(use_cookies=False), token), select_probes(app)
    answers = {
        probe: read_response(ask(probe.address, Accept=choose_accept(probe)))
        for probe in all_probes
    }
    assert {(CONTENT, "open"), (CONTENT, "due")} <= set().union(
        *map(find_secrets, answers.values())
    )
    instants = [END]
    with set_clock(lambda: instants[-1]):
        for later_probes in (all_probes, all_probes[::9]):
            leaks_by_probe = {
                probe: find_expired(
                    read_response(ask(probe.address, Accept=choose_accept(probe))), probe
                )
                for probe in later_probes
            }
            assert {probe.address: leaks for probe, leaks in leaks_by_probe.items() if leaks} == {}
            instants.append(END - timedelta(days=1))
    app.extensions["parvis"].close()


NAMED = QueryRequest("SELECT * { ?s schema:name ?o }", results_format="csv")


def test_an_answer_begun_before_the_instant_is_completed_and_the_next_is_refused(
    expiring_settings: Settings,
) -> None:
    """A decision holds for the answer that it was taken for, and for no other."""
    instants = [END - timedelta.resolution]
    with closing(PoolService(expiring_settings)) as service, set_clock(lambda: instants[-1]):
        answer, tag = service.ask(ANONYMOUS, NAMED), service.tag(ANONYMOUS, NAMED)
        instants.append(END)
        assert (CONTENT, "open") in find_secrets(b"".join(answer.chunks).decode())
        assert service.tag(ANONYMOUS, NAMED) != tag
        assert service.steady_generation() is None
        assert find_secrets(b"".join(service.ask(ANONYMOUS, NAMED).chunks).decode()) == set()


def test_a_clock_set_back_before_serving_opens_nothing(served: Served) -> None:
    """No instant is earlier than the one at which the generation was built."""
    gamma = Reader(f"{BASE}id/partner/gamma")
    long_ago = datetime(2019, 6, 1, tzinfo=UTC)
    with set_clock(lambda: long_ago), closing(PoolService(served.settings)) as service:
        assert key_of("ended") not in {dataset.key for dataset in service.datasets(gamma)}
        assert (CONTENT, "ended") not in find_secrets(
            b"".join(service.ask(gamma, NAMED).chunks).decode()
        )


THING = "/id/event/alpha/vwdue-1.ttl"
"""Its address holds the secret word, so the test looks for another word in its page."""

PATHS = (
    "/sparql?format=csv&query=SELECT%20*%20%7B%3Fs%20schema:name%20%3Fo%7D",
    "/queries/spectacles.csv",
    "/search?q=soir%C3%A9e",
    "/search/suggestions?q=soir",
    THING,
    "/dataset/alpha/zqopen.ttl",
    "/dumps/alpha/zqopen.xlsx",
    "/dumps/alpha/zqdue.ttl",
    "/catalog.nt",
    "/catalog.atom",
    "/sitemap.xml",
    "/void.nt",
    "/oai?verb=ListRecords&metadataPrefix=dcat",
)
"""Addresses that show the expiring words before the instant."""


def test_a_served_pool_shows_nothing_a_second_after_the_instant(
    expiring_settings: Settings, tmp_path: Path, serving: Serving
) -> None:
    """By the machine's own clock, without a publication, whatever is cached."""
    folder = shutil.copytree(expiring_settings.data.parent, tmp_path / "pool")
    settings = settings_in(folder)
    probes = [Probe(path.partition("?")[0], path) for path in PATHS]
    with serving(settings, base=BASE) as address:
        until = datetime.now(UTC) + timedelta(seconds=5)
        write_agreement(folder, write_rules(until))
        with Pool.open(settings) as pool:
            publish(pool)
        before = [find_secrets(fetch(address, probe)) for probe in probes for _ in "ab"]
        if datetime.now(UTC) < until:  # the machine was not too busy
            assert all(before)
        time.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()) + 1)
        leaks_by_address = {
            probe.address: find_expired(fetch(address, probe), probe) for probe in probes
        }
        page = fetch(address, Probe("/id", THING))
    assert "Soirée" not in page
    assert {path: leaks for path, leaks in leaks_by_address.items() if leaks} == {}


def fetch(address: str, probe: Probe) -> str:
    """Fetch an address of a server as text, even if it is an error."""
    with closing(HTTPConnection(urlsplit(address).netloc, timeout=20)) as connection:
        connection.request("GET", probe.address)
        response = connection.getresponse()
        return f"{response.headers}\n{decode_body(response.read())}"
