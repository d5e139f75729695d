"""The feed of entities: who replays it has what is published, whatever changes, and no more."""

import random
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pyoxigraph import Dataset, NamedNode, Quad, RdfFormat, parse

from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.readers import create_token
from parvis.pooling.stewardship.generations import rollback
from parvis.pooling.stewardship.retention import withdraw
from parvis.store.record.graph_record import GraphRecord
from parvis.web import create_app
from tests.serving import served
from tests.web.api.ldes import TYPE, Read, Replica
from tests.web.leaks.pool import (
    EVERYONE,
    FOR_HOST,
    key_of,
    rule,
    settings_in,
    submit_all,
    write_agreement,
    write_catalog,
)

if TYPE_CHECKING:
    from flask import Flask

ROOT = "http://pool.test/feed/entities"
SCHEMA, AS = "http://schema.org/", "https://www.w3.org/ns/activitystreams#"
VERSION_OF = "http://purl.org/dc/terms/isVersionOf"
RULES = {
    "open": EVERYONE,
    "known": f"{rule('parvis:everyone', 'parvis:discover')} ; {rule('parvis:members')}",
    "hidden": FOR_HOST,
}
SHOWS = {"open": dict.fromkeys(range(130), 0), "known": dict.fromkeys(range(110), 0)}
"""The version of each show at first, by dataset."""
ENTITIES = {f"<{SCHEMA}{name}>" for name in ("Event", "TheaterEvent", "Place")}


class FeedPool:
    """A small pool whose content is written as triples, and its readers."""

    def __init__(self, folder: Path) -> None:
        write_catalog(folder, RULES)
        self.folder, self.settings = folder, settings_in(folder)
        self.shows: dict[str, dict[int, int]] = {}
        self.submissions: dict[str, Mapping[str, str]] = {}
        self.app: Flask = create_app(self.settings)
        self.app.testing = True

    def set_shows(self, name: str, shows: dict[int, int]) -> None:
        """Make these shows, by number and version, the content of a dataset."""
        self.shows[name] = shows
        base = f"{self.settings.base}id"
        lines = []
        for number, version in shows.items():
            show, offer = f"<{base}/event/alpha/{name}-{number}>", f"<{base}/offer/{name}-{number}>"
            place = f"<{base}/place/alpha/{name}-{number % 7}>"
            lines += [
                f"{show} {TYPE} <{SCHEMA}TheaterEvent> .\n",
                f'{show} <{SCHEMA}name> "Soirée {name} {number}, version {version}"@fr .\n',
                f"{show} <{SCHEMA}location> {place} .\n{show} <{SCHEMA}offers> {offer} .\n",
                f'{offer} {TYPE} <{SCHEMA}Offer> .\n{offer} <{SCHEMA}price> "{version}" .\n',
                f'{place} {TYPE} <{SCHEMA}Place> .\n{place} <{SCHEMA}name> "Salle {name}" .\n',
            ]
        file = self.folder / "content.nt"
        file.write_text("".join(lines), encoding="utf-8")
        record, graph = GraphRecord(self.settings.data), f"{self.settings.base}graph/{key_of(name)}"
        if (former := record.versions().get(graph)) is not None:
            self.submissions[graph] = former.about
        record.put(graph, file, self.submissions[graph])

    def publish(self) -> None:
        with Pool.open(self.settings) as pool:
            publish(pool)

    def as_reader(self, token: str | None = None) -> Read:
        """Return the function that reads an address as TriG."""
        client = self.app.test_client(use_cookies=False)
        headers = {"Accept": "application/trig"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}

        def read(address: str) -> bytes:
            response = client.get(address.removeprefix("http://pool.test"), headers=headers)
            assert response.status_code == 200, (address, response.get_data(as_text=True))
            return response.get_data()

        return read

    def expect(self, *names: str) -> set[frozenset[str]]:
        """Return each entity of datasets with its triples, as the files to download have them."""
        entities = set()
        for name in names:
            response = self.app.test_client().get(f"/dumps/{key_of(name)}.ttl")
            assert response.status_code == 200
            content = Dataset(parse(response.get_data(), RdfFormat.TURTLE))
            for entity in {quad.subject for quad in content if str(quad.object) in ENTITIES}:
                quads = [*content.quads_for_subject(entity)]
                for quad in quads[:]:
                    if quad.predicate.value == f"{SCHEMA}offers":
                        assert isinstance(quad.object, NamedNode)
                        quads += content.quads_for_subject(quad.object)
                entities.add(frozenset(str(quad.triple) for quad in quads))
        return entities


@pytest.fixture(scope="module")
def first_pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish a pool of three datasets once."""
    pool = FeedPool(tmp_path_factory.mktemp("first"))
    with Pool.open(pool.settings) as opened:
        submit_all(opened, SHOWS)
    for name, shows in SHOWS.items():
        pool.set_shows(name, dict(shows))
    pool.publish()
    pool.app.extensions["parvis"].close()
    return pool.folder


@pytest.fixture
def feed_pool(first_pool: Path, tmp_path: Path) -> Iterator[FeedPool]:
    """Return a copy of it that a test may change."""
    shutil.copytree(first_pool / "data", tmp_path / "data")
    pool = FeedPool(tmp_path)
    pool.shows = {name: dict(shows) for name, shows in SHOWS.items()}
    yield pool
    pool.app.extensions["parvis"].close()


def states(replica: Replica) -> set[frozenset[str]]:
    return set(replica.entities.values())


def test_who_replays_the_feed_from_any_page_has_what_is_published(feed_pool: FeedPool) -> None:
    """From nothing, or from where it stood before any of 500 random changes."""
    read, chance, replica = feed_pool.as_reader(), random.Random(30), Replica(ROOT)  # noqa: S311
    earlier = [replica.copy(), *(replica.copy() for _ in replica.follow(read))]
    assert states(replica) == feed_pool.expect("open")
    assert len(earlier) == 3
    shows = dict(feed_pool.shows["open"])
    for publication in range(2):
        for version in range(250 * publication + 1, 250 * publication + 251):
            number = chance.choice([*shows, 1000 + version, 2000 + version])
            if number in shows and chance.random() < 0.4:
                del shows[number]
            else:
                shows[number] = version
        feed_pool.set_shows("open", shows)
        feed_pool.publish()
        earlier += [replica.copy(), *(replica.copy() for _ in replica.follow(read))]
    published = feed_pool.expect("open")
    for former in earlier:
        for _ in former.follow(read):
            pass
        assert states(former) == published
    assert {quad for state in published for quad in state if "version" in quad}


def test_a_deletion_arrives_in_one_page_and_an_unchanged_dataset_is_not_written_again(
    feed_pool: FeedPool,
) -> None:
    """Its log is the file of the former version. After a return to that, one begins again."""
    data, read, replica = feed_pool.settings.data, feed_pool.as_reader(), Replica(ROOT)
    for _ in replica.follow(read):
        pass
    feed_pool.set_shows("open", {n: 0 for n in SHOWS["open"] if n != 60})
    feed_pool.publish()
    (changes,) = replica.follow(read)
    assert [kind for kind, _ in changes] == ["delete"]
    assert states(replica) == feed_pool.expect("open")
    assert not list(replica.follow(read))
    for name, same in (("known", True), ("open", False)):
        first, second = (
            data / "generations" / str(number) / "site" / "entities" / f"{key_of(name)}.log"
            for number in (1, 2)
        )
        assert first.samefile(second) is same
    with Pool.open(feed_pool.settings) as pool:
        rollback(pool, 1)
    (page,) = (page for page in replica.open_pages if "after=" in page)
    answer = feed_pool.app.test_client().get(page.removeprefix("http://pool.test"))
    assert answer.status_code == 410
    again = Replica(ROOT)
    assert sum(1 for _ in again.follow(read)) == 2
    assert states(again) - states(replica)


def test_readers_to_whom_a_dataset_is_closed_get_its_deletions_and_it_anew_once_reopened(
    feed_pool: FeedPool,
) -> None:
    """Also those with a token, and who was amid its pages."""
    member, anyone = (
        feed_pool.as_reader(create_token(feed_pool.settings, "beta").text),
        feed_pool.as_reader(),
    )
    members, everyone = Replica(ROOT), Replica(ROOT)
    for _ in everyone.follow(anyone):
        pass
    amid = [members.copy() for _ in members.follow(member)]
    assert len(members.entities) == 130 + 110 + 2 * 7
    for rules, seen_by_member, seen in (
        ({"open": FOR_HOST}, "known", ""),
        ({"open": EVERYONE, "known": FOR_HOST}, "open", "open"),
    ):
        write_agreement(feed_pool.folder, RULES | rules)
        feed_pool.publish()
        for replica, read, names in (
            (members, member, seen_by_member),
            (everyone, anyone, seen),
            *((former, member, seen_by_member) for former in amid),
        ):
            for _ in replica.follow(read):
                pass
            assert len(replica.entities) == sum(
                len(feed_pool.shows[name]) + 7 for name in names.split()
            )
    assert states(everyone) == feed_pool.expect("open")


def test_a_withdrawn_dataset_is_deleted_and_leaves_nothing_but_keys(feed_pool: FeedPool) -> None:
    """No byte of it is in any file; the key of its digests is gone too."""
    data, read, replica = feed_pool.settings.data, feed_pool.as_reader(), Replica(ROOT)
    for _ in replica.follow(read):
        pass
    feed_pool.set_shows("open", dict.fromkeys(range(100), 0))
    with Pool.open(feed_pool.settings) as pool:
        outcome = withdraw(pool, str(key_of("open")), {"fr": "Retiré", "en": "Withdrawn"})
    assert [proof.entry["search"]["remains"] for proof in outcome.proofs] == [{}]
    for _ in replica.follow(read):
        pass
    assert replica.entities == {}
    index = (data / "generations").glob("*/site/entities.json")
    assert '"salt":""' in "".join(next(index).read_text("utf-8").split())
    feed_pool.set_shows("open", {5: 1})
    feed_pool.publish()
    for _ in replica.follow(read):
        pass
    assert states(replica) == feed_pool.expect("open")


@pytest.mark.parametrize("dataset", ["alpha/zqhidden", "alpha/zqknown", "alpha/zqabsent"])
def test_no_place_can_be_invented(feed_pool: FeedPool, dataset: str) -> None:
    """One of another dataset, or a changed one, begins nothing; what is no place is refused."""
    client = feed_pool.app.test_client()
    page = client.get("/feed/entities/alpha/zqopen", headers={"Accept": "application/trig"})
    place = page.headers["Link"].partition("after=")[2].partition(">")[0]
    changed = place.replace("0.0.", "0.1.")
    for after, status in ((place, 410), (changed, 410), ("x", 400), ("1.22.3.4.5", 410)):
        answer = client.get(f"/feed/entities/{dataset}?after={after}")
        assert answer.status_code == status


def test_the_first_page_of_what_may_not_be_read_is_empty_as_of_what_does_not_exist(
    feed_pool: FeedPool,
) -> None:
    """A client that kept its address goes on; nothing says which of them exists."""
    client, pages = feed_pool.app.test_client(), set()
    for name in ("hidden", "known", "absent"):
        address = f"/feed/entities/alpha/zq{name}"
        page = client.get(address, headers={"Accept": "application/trig"})
        assert page.status_code == 200
        assert "Link" not in page.headers
        pages.add(page.get_data(as_text=True).replace(f"zq{name}", ""))
    assert len(pages) == 1
    assert "member" not in pages.pop()
    with Pool.open(feed_pool.settings) as pool:
        withdraw(pool, str(key_of("open")), {"fr": "Retiré", "en": "Withdrawn"})
    assert client.get("/feed/entities/alpha/zqopen").status_code == 200
    assert client.get("/feed/entities/alpha/zq open").status_code == 404


def test_the_feed_says_how_it_is_read(feed_pool: FeedPool) -> None:
    """The paths of time and version, what a deletion is, and how long it stays."""
    client = feed_pool.app.test_client()
    text = client.get("/feed/entities.nq").get_data(as_text=True)
    graph = Dataset(parse(text, RdfFormat.N_QUADS))
    said = {quad.predicate.value.rpartition("#")[2]: quad.object.value for quad in graph}
    assert said["versionOfPath"] == "http://purl.org/dc/terms/isVersionOf"
    assert said["versionDeleteObject"] == "https://www.w3.org/ns/activitystreams#Delete"
    assert said["versionDeleteDuration"] == "P366D"
    assert "zqhidden" not in text
    assert "zqknown" not in text
    page = client.get("/feed/entities/alpha/zqopen.nq").get_data(as_text=True)
    assert 'version 0"@fr' in page
    assert "<http://pool.test/id/dataset/alpha/zqopen>" in page
    assert "<https://creativecommons.org/licenses/by/4.0/>" in page


CLIENT = shutil.which("ldes-client")


@pytest.mark.skipif(CLIENT is None, reason="needs ldes-client: npm install -g ldes-client")
def test_the_public_client_has_what_is_published(feed_pool: FeedPool, tmp_path: Path) -> None:
    """``ldes-client`` of npm replays the feed, then what changed since, deletions included."""
    copy: dict[str, frozenset[str]] = {}
    with served(feed_pool.settings) as address:
        for shows in (SHOWS["open"], {n: int(n < 3) for n in SHOWS["open"] if n != 60}):
            feed_pool.set_shows("open", dict(shows))
            feed_pool.publish()
            arguments = [f"{address}feed/entities", "--save", str(tmp_path / "state")]
            run = subprocess.run(  # noqa: S603 - the client, by its own name
                [str(CLIENT), *arguments], capture_output=True, text=True, timeout=120, check=True
            )
            lines = [line for line in run.stdout.splitlines() if line.startswith("<")]
            output = Dataset(parse("\n".join(lines), RdfFormat.N_QUADS))
            for version in output.quads_for_predicate(NamedNode(VERSION_OF)):
                name = str(version.object)
                assert isinstance(version.subject, NamedNode)
                content = output.quads_for_graph_name(version.subject)
                copy[name] = frozenset(str(quad.triple) for quad in content)
                if Quad(version.subject, TYPE, NamedNode(f"{AS}Delete")) in output:
                    del copy[name]
    assert set(copy.values()) == feed_pool.expect("open")
