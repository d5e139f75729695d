"""At its instant data become unreadable on every route, with no job and no publication."""

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
from parvis.governance import ANONYMOUS, Reader
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving import current as deciding
from parvis.pooling.serving.readers import create_token
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.web import create_app
from tests.web.conftest import Serving
from tests.web.leaks.asking import asking, told, written
from tests.web.leaks.conftest import Served
from tests.web.leaks.plans import Probe, probes
from tests.web.leaks.pool import (
    BASE,
    CONTENT,
    EVERYONE,
    NAME,
    TITLE,
    dated,
    key_of,
    rule,
    settings_in,
    submit_all,
    write_agreement,
    write_catalog,
)
from tests.web.leaks.test_leaks import FEW, NEGOTIATED, OF_THE_CODE, PAGE, TOLD_ONCE, words

pytestmark = pytest.mark.once(long=True)

END = datetime(2099, 1, 1, tzinfo=UTC)
NAMES = ("open", "members", "due")
"""What is in this pool: `due` until an instant, `open` known for ever but read until then."""


def rules(until: datetime) -> dict[str, str]:
    """Give rules that open all of it until an instant."""
    instant = until.isoformat()
    reading = rule("parvis:everyone", "odrl:read", dated("lt", instant))
    deleted = "odrl:target %s ; odrl:assignee parvis:host ; odrl:action odrl:delete"
    return {
        "open": f"{rule('parvis:everyone', 'parvis:discover')} ; {reading}",
        "members": rule("parvis:members", more=dated("lt", instant)),
        "due": f"{EVERYONE} ; odrl:obligation [ {deleted} {dated('gteq', instant)} ]",
    }


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Make a pool that is open until an instant that no test sees by the machine's clock."""
    folder = tmp_path_factory.mktemp("lasting")
    write_catalog(folder, rules(END))
    settings = settings_in(folder)
    with Pool.open(settings) as pool:
        submit_all(pool, NAMES)
        publish(pool)
    return settings


def shown(text: str, probe: Probe) -> set[tuple[str, str]]:
    """Give the words of an answer that nobody may meet after the instant."""
    over = {(CONTENT, one) for one in NAMES} | {(TITLE, "due"), (TITLE, "members")}
    if probe.rule not in TOLD_ONCE:
        over |= {(NAME, "due"), (NAME, "members")}
    return (words(text) - words(probe.address)) & over


def asked(app: Flask) -> list[Probe]:
    """Give what is asked about these datasets, and about none."""
    return [
        one
        for one in probes(app, state="x", token="x")  # noqa: S106 - of OAI-PMH
        if one.subject in {None, "open", "due"}
        and one.rule not in OF_THE_CODE
        and one.ending in FEW
    ]


def accepted(probe: Probe) -> str:
    """Ask for a page where there is one beside documents, which have endings."""
    return PAGE if probe.rule in NEGOTIATED else "*/*"


@pytest.mark.parametrize("party", ["", "beta"], ids=["anonymous", "member"])
def test_at_the_instant_nothing_is_read_on_any_route(
    lasting: Settings, monkeypatch: pytest.MonkeyPatch, party: str
) -> None:
    """What was answered a moment before and is kept in memory is not given again.

    Nor is it when the clock is set back afterwards.
    """
    token = create_token(lasting, party).text if party else None
    app = create_app(lasting)
    ask, chosen = asking(app.test_client(use_cookies=False), token), asked(app)
    answers = {one: told(ask(one.address, Accept=accepted(one))) for one in chosen}
    assert {(CONTENT, "open"), (CONTENT, "due")} <= set().union(*map(words, answers.values()))
    for now, again in ((END, chosen), (END - timedelta(days=1), chosen[::9])):
        monkeypatch.setattr(deciding, "_now", lambda now=now: now)
        found = {one: shown(told(ask(one.address, Accept=accepted(one))), one) for one in again}
        assert {one.address: leaks for one, leaks in found.items() if leaks} == {}
    app.extensions["parvis"].close()


NAMED = QueryRequest("SELECT * { ?s schema:name ?o }", results_format="csv")


def test_an_answer_begun_before_the_instant_ends_and_the_next_is_refused(
    lasting: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was decided when it was asked holds for that answer, and for no other."""
    with closing(PoolService(lasting)) as host:
        monkeypatch.setattr(deciding, "_now", lambda: END - timedelta.resolution)
        begun, tag = host.ask(ANONYMOUS, NAMED), host.tag(ANONYMOUS, NAMED)
        monkeypatch.setattr(deciding, "_now", lambda: END)
        assert (CONTENT, "open") in words(b"".join(begun.chunks).decode())
        assert host.tag(ANONYMOUS, NAMED) != tag
        assert host.standing() is None
        assert words(b"".join(host.ask(ANONYMOUS, NAMED).chunks).decode()) == set()


def test_a_clock_set_back_before_serving_opens_nothing(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No instant is before the one at which what is served was built."""
    gamma = Reader(f"{BASE}id/partner/gamma")
    monkeypatch.setattr(deciding, "_now", lambda: datetime(2019, 6, 1, tzinfo=UTC))
    with closing(PoolService(served.settings)) as host:
        assert key_of("ended") not in {one.key for one in host.datasets(gamma)}
        assert (CONTENT, "ended") not in words(b"".join(host.ask(gamma, NAMED).chunks).decode())


THING = "/id/event/alpha/vwdue-1.ttl"
"""Its address holds the word that is looked for elsewhere: its own name tells it is gone."""

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
"""Where words that are over at the instant are told before."""


def test_a_second_after_its_instant_a_served_pool_shows_nothing(
    lasting: Settings, tmp_path: Path, serving: Serving
) -> None:
    """By the machine's own clock, with no job and no publication, whatever memory holds."""
    folder = shutil.copytree(lasting.data.parent, tmp_path / "pool")
    settings = settings_in(folder)
    chosen = [Probe(path.partition("?")[0], path) for path in PATHS]
    with serving(settings, base=BASE) as address:
        until = datetime.now(UTC) + timedelta(seconds=5)
        write_agreement(folder, rules(until))
        with Pool.open(settings) as pool:
            publish(pool)
        before = [words(read(address, one)) for one in chosen for _ in "ab"]
        if datetime.now(UTC) < until:  # the machine was not too busy
            assert all(before)
        time.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()) + 1)
        found = {one.address: shown(read(address, one), one) for one in chosen}
        gone = read(address, Probe("/id", THING))
    assert "Soirée" not in gone
    assert {path: leaks for path, leaks in found.items() if leaks} == {}


def read(address: str, probe: Probe) -> str:
    """Ask a server, and give what it answers, an error too."""
    with closing(HTTPConnection(urlsplit(address).netloc, timeout=20)) as connection:
        connection.request("GET", probe.address)
        response = connection.getresponse()
        return f"{response.headers}\n{written(response.read())}"
