"""Answers are cached while they are valid, and earlier generations answer as permitted today."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.config.clock import set_clock
from parvis.errors import NoLongerKept, StoreError, UnknownThing
from parvis.governance import ANONYMOUS, Reader
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.cache import AnswerCache, CachedAnswer, RecordedChunks
from parvis.pooling.serving.service import PoolService, QueryAnswer, QueryRequest
from parvis.pooling.serving.snapshot import Snapshot
from parvis.store.generation.generation import CurrentGeneration
from parvis.vocab.iris import DatasetKey

POOL = Path(__file__).parents[1] / "cases" / "pool"
OPEN = DatasetKey("theatre-b", "spectacles")
HIDDEN = DatasetKey("theatre-b", "reserve")
GRAPHS = "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g"


@pytest.fixture(scope="module")
def published_samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Submit and publish the samples once, and return the folder of catalogue and data."""
    folder = tmp_path_factory.mktemp("pool")
    shutil.copytree(POOL, folder / "catalog")
    with Pool.open(load_settings(folder)) as pool:
        assert all(submit(pool, key).accepted for key in pool.catalog.datasets)
        publish(pool)
    return folder


@pytest.fixture
def settings(published_samples: Path, tmp_path: Path) -> Settings:
    """Return the settings of a published pool that a test may change."""
    shutil.copytree(published_samples, tmp_path / "pool")
    return load_settings(tmp_path / "pool")


@pytest.fixture
def service(settings: Settings) -> Iterator[PoolService]:
    service = PoolService(settings)
    yield service
    service.close()


def load_settings(folder: Path) -> Settings:
    """Return the settings of a pool in a folder."""
    return Settings.load(data=folder / "data", catalog=folder / "catalog")


def publish_again(service: PoolService, old: str = "", new: str = "") -> None:
    """Publish again, after replacing a text of the agreement."""
    file = service.settings.catalog / "theatre-b" / "agreement.ttl"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new) if old else text, encoding="utf-8")
    with Pool.open(service.settings) as pool:
        publish(pool)


def read_body(answer: QueryAnswer) -> str:
    """Read an answer to its end."""
    return b"".join(answer.chunks).decode()


def test_a_repeated_query_needs_no_worker(service: PoolService) -> None:
    """A complete answer is repeated with the same tag; other queries are not."""
    first = service.ask(ANONYMOUS, QueryRequest(GRAPHS))
    text = read_body(first)
    service.close()
    repeated = service.ask(ANONYMOUS, QueryRequest(GRAPHS))
    assert (repeated.kind, repeated.media_type, repeated.tag) == (
        first.kind,
        first.media_type,
        first.tag,
    )
    assert read_body(repeated) == text
    for request in (
        QueryRequest(GRAPHS, results_format="csv"),
        QueryRequest(f"{GRAPHS} "),
        QueryRequest(GRAPHS, default_graphs=(service.iris.graph(OPEN),)),
    ):
        with pytest.raises(StoreError):
            service.ask(ANONYMOUS, request)


def test_a_cached_answer_is_shared_by_readers_of_the_same_graphs(service: PoolService) -> None:
    """And by no other reader."""
    member, stranger = (
        Reader(service.iris.partner("theatre-b")),
        Reader("https://elsewhere.example/x"),
    )
    hidden = service.iris.graph(HIDDEN)
    assert hidden in read_body(service.ask(member, QueryRequest(GRAPHS)))
    assert hidden not in read_body(service.ask(stranger, QueryRequest(GRAPHS)))
    assert hidden not in read_body(service.ask(ANONYMOUS, QueryRequest(GRAPHS)))
    service.close()
    assert hidden in read_body(service.ask(member, QueryRequest(GRAPHS)))
    assert hidden not in read_body(
        service.ask(Reader("https://else.example/y"), QueryRequest(GRAPHS))
    )


@pytest.mark.parametrize("call", ["NOW()", "rand()", "UUID()", "StrUUID()", "bnode()"])
def test_answers_of_random_or_time_functions_are_neither_cached_nor_tagged(
    service: PoolService, call: str
) -> None:
    """They differ in each call."""
    request = QueryRequest(f"SELECT ({call} AS ?x) {{}}")
    first = service.ask(ANONYMOUS, request)
    assert first.tag is service.tag(ANONYMOUS, request) is None
    assert read_body(first) != read_body(service.ask(ANONYMOUS, request))


def test_a_cached_answer_expires_at_the_instant_of_a_decision(
    service: PoolService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From ``good_until`` on readers are confined; their answers differ if anything was closed."""
    generation = service.steady_generation()
    assert generation is not None
    before = service.ask(ANONYMOUS, QueryRequest(GRAPHS))
    late = datetime.now(UTC) + timedelta(days=365 * 80)
    if generation.manifest.good_until is None:
        object.__setattr__(generation.manifest, "good_until", late)
    with set_clock(lambda: late + timedelta(seconds=1)):
        assert service.steady_generation() is None
        assert service.tag(ANONYMOUS, QueryRequest(GRAPHS)) == before.tag
        graphs = {*generation.manifest.open.graphs}
        monkeypatch.setattr(Snapshot, "graphs", lambda *_: graphs - {min(graphs)})
        service.snapshot().decisions._cache.clear()  # noqa: SLF001 - a change that no agreement made
        assert service.tag(ANONYMOUS, QueryRequest(GRAPHS)) != before.tag


def test_a_publication_is_followed_without_a_signal_and_the_former_generation_still_answers(
    service: PoolService,
) -> None:
    """By the pointer alone; the same content has the same tag in both."""
    following = CurrentGeneration(service.settings.data)
    first, followed = service.ask(ANONYMOUS, QueryRequest(GRAPHS)), following.generation()
    assert following.generation() is followed
    publish_again(service)
    assert following.generation().number == service.generation().number == 2
    latest, repeated = (
        service.ask(ANONYMOUS, QueryRequest(GRAPHS, generation=number)) for number in (None, 1)
    )
    assert (first.generation, latest.generation, repeated.generation) == (1, 2, 1)
    assert first.tag == latest.tag == repeated.tag
    assert first.body == latest.body == repeated.body
    for unknown in (0, 9):
        with pytest.raises(UnknownThing):
            service.ask(ANONYMOUS, QueryRequest(GRAPHS, generation=unknown))


def test_no_generation_shows_what_is_closed_today_or_was_closed_then(service: PoolService) -> None:
    """Its open store may still hold the graph: today's decisions and its own confine the query.

    The fourth publication deletes the first generation, which is reported as deleted.
    """
    strangers = (ANONYMOUS, Reader("https://elsewhere.example/x"))

    def list_visibility(generation: int | None = None) -> set[bool]:
        texts = [
            read_body(service.ask(reader, QueryRequest(GRAPHS, generation=generation)))
            for reader in strangers
        ]
        assert all(service.iris.ontology_graph in text for text in texts)
        assert len({service.iris.catalog_graph in text for text in texts}) == 1
        return {service.iris.graph(OPEN) in text for text in texts}

    assert list_visibility() == {True}
    publish_again(service, "parvis:everyone", "parvis:members")
    assert list_visibility() == list_visibility(1) == {False}
    for reader in strangers:
        text = read_body(service.ask(reader, QueryRequest(GRAPHS, generation=1)))
        assert service.iris.record_graph(OPEN) not in text
        assert service.iris.catalog_graph not in text
        assert service.iris.statistics_graph not in text
    publish_again(service, "parvis:members", "parvis:everyone")
    assert list_visibility() == list_visibility(1) == {True}
    assert list_visibility(2) == {False}
    publish_again(service)
    with pytest.raises(NoLongerKept):
        list_visibility(1)


def test_the_cache_is_bounded_and_evicts_the_least_used_first(service: PoolService) -> None:
    """No answer takes more than its share, and answers of other generations are deleted."""
    served = service.generation()
    answers = AnswerCache(100_000)
    answers.follow(served)
    large, small = (
        CachedAnswer("boolean", "x/y", b"x" * 7_000),
        CachedAnswer("boolean", "x/y", b"x" * 5_000),
    )
    answers.keep(served, ("large",), large)
    assert answers.get(("large",)) is None
    for number in range(40):
        answers.keep(served, (number,), small)
        assert answers.get((0,)) is small
    assert answers.get((1,)) is None
    assert answers.get((39,)) is small


def test_long_queries_count_towards_the_size_of_the_cache(service: PoolService) -> None:
    """Short answers to queries of 60 kB would take the machine’s memory."""
    served = service.generation()
    answers = AnswerCache(1_000_000)
    answers.follow(served)
    short = CachedAnswer("boolean", "x/y", b"x")
    for number in range(40):
        answers.keep(served, (f"{number} ".ljust(50_000, "#"), None), short)
    cached = [
        number for number in range(40) if answers.get((f"{number} ".ljust(50_000, "#"), None))
    ]
    assert cached == list(range(21, 40))
    answers.keep(served, ("#" * 70_000,), short)
    assert answers.get(("#" * 70_000,)) is None


@pytest.mark.parametrize("size", [0, 1])
def test_a_cache_without_room_stores_nothing(service: PoolService, size: int) -> None:
    """0 turns it off."""
    answers = AnswerCache(size)
    answers.follow(service.generation())
    answers.keep(service.generation(), ("key",), CachedAnswer("boolean", "x/y", b""))
    assert answers.get(("key",)) is None


def yield_pieces(*, fail: bool) -> Iterator[bytes]:
    """Yield two pieces, or one and a failure."""
    yield b"one "
    if fail:
        raise StoreError("cut")
    yield b"two"


def test_only_complete_answers_are_recorded() -> None:
    """Neither failed, unread nor too large ones."""
    recorded: list[bytes] = []
    assert list(RecordedChunks(yield_pieces(fail=False), 7, recorded.append)) == [b"one ", b"two"]
    assert recorded == [b"one two"]
    assert list(RecordedChunks(yield_pieces(fail=False), 6, recorded.append)) == [b"one ", b"two"]
    with pytest.raises(StoreError):
        list(RecordedChunks(yield_pieces(fail=True), 7, recorded.append))
    unread = RecordedChunks(yield_pieces(fail=False), 7, recorded.append)
    next(unread)
    unread.close()
    assert list(unread) == []
    assert recorded == [b"one two"]
