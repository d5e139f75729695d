"""Rounds over real HTTP: partners send with their token, the steward decides, nobody sees more."""

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug.serving import make_server

from parvis.config import Settings
from parvis.i18n import LANGUAGES
from parvis.ledger import FILE, Grant, Rounds, Tokens, TokenScope
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publics.rounds.reading import view_round
from parvis.pooling.stewardship.backup import backup
from parvis.statistics.distinct.rounds import Kind, Round, draw_kits
from parvis.web import create_app
from tests import people_rounds
from tests.classes import HOST
from tests.people_rounds import HOUSES, PROJECT, open_for, people_of
from tests.people_sketch import sketch

TRIO, PAIR, OTHER = HOUSES[:3], HOUSES[:2], HOUSES[2]
JSON = "application/json"


@dataclass
class Site:
    """A pool that is served on loopback, and the tokens of who asks there."""

    settings: Settings
    address: str
    tokens: Mapping[str, str]

    def call(
        self,
        by: str,
        path: str,
        *,
        method: str = "GET",
        accept: str = JSON,
        **more: Any,  # noqa: ANN401 - of requests
    ) -> requests.Response:
        headers = {"Accept": accept} | (
            {"Authorization": f"Bearer {self.tokens[by]}"} if by else {}
        )
        return requests.request(
            method, f"{self.address}{path}", headers=headers, timeout=60, **more
        )

    def send(self, house: str, number: int, body: bytes) -> requests.Response:
        path = f"/partner/{house}/rounds/{PROJECT}/{number}"
        return self.call(house, path, method="POST", files={"file": ("a.message", body)})

    def decide(self, number: int, act: str, **form: str) -> requests.Response:
        path = f"/steward/rounds/{PROJECT}/{number}/{act}"
        return self.call(HOST, path, method="POST", data=form)

    def waiting(self) -> list[str]:
        """Return what rounds wait for on the steward's page of today."""
        tasks = self.call(HOST, "/steward").json()["tasks"]
        (task,) = (task for task in tasks if task["name"] == "rounds")
        assert task["count"] == len(task["items"])
        return [item["en"] for item in task["items"]]

    def write_messages(self, number: int, houses: tuple[str, ...]) -> dict[str, bytes]:
        """Compute each house's message from the round's file that it takes from its page."""
        kits, messages = None, {}
        for house in houses:
            answer = self.call(house, f"/partner/{house}/rounds/{PROJECT}/{number}.json")
            opened = Round.from_json(answer.content)
            kits = kits or draw_kits(opened)
            messages[house] = sketch(opened, kits[house], people_of(house))
        return messages


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = people_rounds.make(tmp_path_factory.mktemp("rounds"))
    now, tokens = datetime.now(UTC), {}
    for name in (*HOUSES, HOST):
        scope = TokenScope.HOST if name == HOST else TokenScope.GIVE
        grant = Grant(f"{settings.base}id/partner/{name}", scope)
        credential, _ = Tokens(settings.data).create(grant, now, now + timedelta(hours=1))
        tokens[name] = credential.reveal()
    with Pool.open(settings) as pool:
        publish(pool)
        open_for(pool, TRIO, epsilon="0.5")
        open_for(pool, PAIR, Kind.OVERLAP, epsilon="0.5")
    app = create_app(settings)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(settings, f"http://127.0.0.1:{server.server_port}", tokens)
    server.shutdown()
    thread.join()
    app.extensions["parvis"].close()


def test_three_partners_count_their_people_together(site: Site) -> None:
    """From the round's file to the portrait, where nobody but the estimates appears."""
    messages = site.write_messages(1, TRIO)
    dashboard = f"/partner/{TRIO[0]}/dashboard"
    assert "message est attendu" in site.call(TRIO[0], dashboard, accept="text/html").text
    assert site.waiting() == []
    # The steward reads the page too, where only the partner's own people send.
    own = [
        site.call(by, f"/partner/{TRIO[2]}/rounds", accept="text/html") for by in (TRIO[2], HOST)
    ]
    assert ['name="file"' in answer.text for answer in own] == [True, False]
    for house, body in messages.items():
        wrong = site.send(house, 1, body[:-1])
        assert wrong.status_code == 400
        assert set(wrong.json()["details"]) == {"fr", "en"}
    first, *others = TRIO
    assert site.send(first, 1, messages[first]).json()["missing"] == others
    early = site.decide(1, "merge")
    assert early.status_code == 400
    assert "maison-1" in early.json()["detail"]
    assert site.send(OTHER, 1, messages[first]).status_code == 400
    for house in others:
        assert site.send(house, 1, messages[house]).status_code == 200
    assert [text.partition(": ")[2] for text in site.waiting()] == [
        "every message is there, add them up"
    ]
    review = site.decide(1, "merge").json()
    assert review["state"] == "estimated"
    assert any(figure["value"] for figure in review["planned"])
    assert "approve or refuse" in site.waiting()[0]
    assert site.decide(1, "approve").json()["state"] == "released"
    assert site.waiting() == []
    # Nothing is served before the next publication.
    assert site.call("", "/portrait/people.json").json()["estimates"] == []
    with Pool.open(site.settings) as pool:
        publish(pool)
    estimates = site.call("", "/portrait/people.json").json()["estimates"]
    total = estimates[0]
    assert total["between"][0] <= 700 <= total["between"][1]
    # Its entries are of all partners of the portrait, one of which is not in the round.
    stated = total["text"]["fr"].replace("\u202f", "")
    assert f"{total['people']} personnes distinctes environ chez les partenaires qui" in stated
    table = site.call("", "/portrait/people.csv", accept="text/csv").text
    assert len(table.splitlines()) == 1 + len(estimates)
    portrait = site.call("", "/portrait.json?measure=attendance&period=2025").json()
    assert portrait["distinct_people"][0]["people"] == total["people"]
    assert "distinctes environ chez" in site.call("", "/portrait", accept="text/html").text
    absences = site.call("", "/absence.json?measure=attendance&period=2025").json()["absences"]
    (montreal,) = (absence for absence in absences if absence["area"]["code"] == "06")
    assert (montreal["basis"], montreal["own_weight"]) == ("people", 1)
    assert montreal["between"][0] <= montreal["share"] <= montreal["between"][1] <= 1
    assert "plus de 99 personnes sur 100 n’ont pris aucun billet" in montreal["text"]["fr"]
    query = "SELECT ?n { ?o parvis:distinctPeople ?n ; parvis:confidenceLow ?low }"
    rows = site.call("", "/sparql", params={"query": query}).json()["results"]["bindings"]
    assert len(rows) == len(estimates)
    proof = site.call(first, f"/partner/{first}/rounds/{PROJECT}/1/certificate").json()
    assert len(proof["entry"]["messages"]) == 3


def test_a_result_of_two_is_read_by_these_two_alone(site: Site) -> None:
    for house, body in site.write_messages(2, PAIR).items():
        assert site.send(house, 2, body).status_code == 200
    site.decide(2, "merge")
    assert site.decide(2, "approve").json()["state"] == "delivered"
    for house in PAIR:
        rounds = site.call(house, f"/partner/{house}/rounds").json()
        (view,) = (view for view in rounds if view["number"] == 2)
        assert view["result"]["share"][0] % 5 == 0
        assert "%" in site.call(house, f"/partner/{house}/rounds", accept="text/html").text
    assert [v["number"] for v in site.call(OTHER, f"/partner/{OTHER}/rounds").json()] == [1]
    for by in (OTHER, HOUSES[3], ""):
        path = f"/partner/{PAIR[0]}/rounds"
        assert site.call(by, path).status_code in {403, 404}
        assert site.call(by, f"{path}/{PROJECT}/2.json").status_code in {403, 404}
        assert site.call(by, f"{path}/{PROJECT}/2/certificate").status_code in {403, 404}
    assert site.call(OTHER, f"/partner/{OTHER}/rounds/{PROJECT}/2.json").status_code == 404
    assert site.call(OTHER, f"/steward/rounds/{PROJECT}/2").status_code == 403


def test_a_result_of_two_is_in_nothing_that_others_read(site: Site, tmp_path: Path) -> None:
    """Published versions, the record, a backup but its ledger, and the pages of everybody else."""
    data = site.settings.data
    with Pool.open(site.settings) as pool:
        publish(pool)
        lines = [b"".join(pool.record.read_lines(v)) for v in pool.record.versions().values()]
    record = Rounds(data).require(PROJECT, 2)
    assert record.published is not None
    view = view_round(record, record.parties[0])
    needles = [json.dumps(record.published["by_partner"], ensure_ascii=False).encode()]
    needles += [message.sha256.encode() for message in record.messages]
    named = {house: {"fr": f"La {house}", "en": f"The {house}"} for house in PAIR}
    for lang in LANGUAGES:
        lines_of = (*view.sentences(lang), *view.sentences(lang, named))
        needles += [line.encode() for line in lines_of]
    backup(site.settings, tmp_path / "backup")
    holders = set()
    for folder in (data, tmp_path / "backup"):
        for file in (file for file in folder.rglob("*") if file.is_file()):
            if any(needle in file.read_bytes() for needle in needles):
                holders.add((folder.name, file.name.removesuffix("-wal")))
                assert not file.stat().st_mode & 0o077, file
    # What is searched for can be found: the ledger has it, which nobody else reads.
    assert holders == {(folder.name, FILE) for folder in (data, tmp_path / "backup")}
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0
    pages = [
        *("/partner/{0}/rounds", "/partner/{0}/dashboard", f"/partner/{PAIR[0]}", "/portrait"),
        *("/portrait/people", f"/project/{PROJECT}", f"/dataset/{HOST}/personnes"),
    ]
    served = [
        site.call(by, path.format(by or OTHER), accept=accept)
        for by in (OTHER, "")
        for path in pages
        for accept in (JSON, "text/html")
    ]
    assert {answer.status_code for answer in served} <= {200, 404, 406}
    query = "SELECT ?n { ?o parvis:sharedAudience ?n FILTER isNumeric(?n) }"
    for by in (OTHER, ""):
        answer = site.call(by, "/sparql", params={"query": query})
        assert answer.json()["results"]["bindings"] == []
    for body in (*lines, *(answer.content for answer in served)):
        assert not [needle for needle in needles if needle in unescape(body.decode()).encode()]
    # The pages are searched as they are read: its own page shows a partner the sentences.
    own = site.call(PAIR[0], f"/partner/{PAIR[0]}/rounds", accept="text/html").text
    assert all(line in unescape(own) for line in view.sentences("fr", named))


def test_the_steward_opens_and_refuses_a_round_on_a_page(site: Site) -> None:
    form = {"project": PROJECT, "period": "2024", "kind": "distinct", "epsilon": "0,4"}
    path = "/steward/rounds"
    over = site.call(HOST, path, method="POST", data=form)
    assert over.status_code == 400
    assert "Refusez une ronde ouverte" in over.json()["details"]["fr"]
    bad = site.call(HOST, path, method="POST", data=form | {"period": "hier"})
    assert "2025-2026" in bad.json()["detail"]
    assert site.call(HOUSES[0], path, method="POST", data=form).status_code == 403
    page = site.call(HOST, path, accept="text/html").text
    assert "Me Tremblay" in page
    assert "maison-3" in page
    detail = site.call(HOST, f"/steward/rounds/{PROJECT}/1", accept="text/html").text
    assert "Certificat de destruction" in detail
    project = site.call("", f"/project/{PROJECT}", accept="text/html").text
    assert "/docs/distinct-people-board" in project
