"""Answers are kept while they hold, and earlier generations answer as today allows."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.errors import NoLongerKept, StoreError, UnknownThing
from parvis.governance import ANONYMOUS, Reader
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving import current as asking
from parvis.pooling.serving.cache import AnswerCache, CachedAnswer, RecordedChunks
from parvis.pooling.serving.service import PoolService, QueryAnswer, QueryRequest
from parvis.store.generation.generation import CurrentGeneration
from parvis.vocab.iris import DatasetKey

POOL = Path(__file__).parents[1] / "cases" / "pool"
OPEN = DatasetKey("theatre-b", "spectacles")
HIDDEN = DatasetKey("theatre-b", "reserve")
GRAPHS = "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Submit and publish the samples once; gives the folder of catalogue and data."""
    folder = tmp_path_factory.mktemp("pool")
    shutil.copytree(POOL, folder / "catalog")
    with Pool.open(settings_in(folder)) as pool:
        assert all(submit(pool, key).accepted for key in pool.catalog.datasets)
        publish(pool)
    return folder


@pytest.fixture
def settings(published: Path, tmp_path: Path) -> Settings:
    """Give the settings of a published pool that a test may change."""
    shutil.copytree(published, tmp_path / "pool")
    return settings_in(tmp_path / "pool")


@pytest.fixture
def host(settings: Settings) -> Iterator[PoolService]:
    """Serve the published pool."""
    host = PoolService(settings)
    yield host
    host.close()


def settings_in(folder: Path) -> Settings:
    """Give the settings of a pool in a folder."""
    return Settings.load(data=folder / "data", catalog=folder / "catalog")


def published_again(host: PoolService, old: str = "", new: str = "") -> None:
    """Publish once more, after words of the agreement have changed."""
    file = host.settings.catalog / "theatre-b" / "agreement.ttl"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new) if old else text, encoding="utf-8")
    with Pool.open(host.settings) as pool:
        publish(pool)


def body(answer: QueryAnswer) -> str:
    """Read an answer to its end."""
    return b"".join(answer.chunks).decode()


def test_a_question_asked_before_needs_no_worker(host: PoolService) -> None:
    """What was answered whole is answered again, with the same tag; anything new is not."""
    first = host.ask(ANONYMOUS, QueryRequest(GRAPHS))
    text = body(first)
    host.close()
    again = host.ask(ANONYMOUS, QueryRequest(GRAPHS))
    assert (again.kind, again.media_type, again.tag) == (first.kind, first.media_type, first.tag)
    assert body(again) == text
    for other in (
        QueryRequest(GRAPHS, results_format="csv"),
        QueryRequest(f"{GRAPHS} "),
        QueryRequest(GRAPHS, default_graphs=(host.iris.graph(OPEN),)),
    ):
        with pytest.raises(StoreError):
            host.ask(ANONYMOUS, other)


def test_an_answer_is_kept_for_who_may_read_the_same(host: PoolService) -> None:
    """A member's answer is no other reader's, and a member who may read the same shares it."""
    member, other = Reader(host.iris.partner("theatre-b")), Reader("https://elsewhere.example/x")
    hidden = host.iris.graph(HIDDEN)
    assert hidden in body(host.ask(member, QueryRequest(GRAPHS)))
    assert hidden not in body(host.ask(other, QueryRequest(GRAPHS)))
    assert hidden not in body(host.ask(ANONYMOUS, QueryRequest(GRAPHS)))
    host.close()
    assert hidden in body(host.ask(member, QueryRequest(GRAPHS)))
    assert hidden not in body(host.ask(Reader("https://else.example/y"), QueryRequest(GRAPHS)))


@pytest.mark.parametrize("call", ["NOW()", "rand()", "UUID()", "StrUUID()", "bnode()"])
def test_what_changes_from_call_to_call_is_neither_kept_nor_tagged(
    host: PoolService, call: str
) -> None:
    """NOW is another now each time."""
    question = QueryRequest(f"SELECT ({call} AS ?x) {{}}")
    first = host.ask(ANONYMOUS, question)
    assert first.tag is host.tag(ANONYMOUS, question) is None
    assert body(first) != body(host.ask(ANONYMOUS, question))


def test_what_was_kept_is_not_given_after_the_instant_of_a_decision(
    host: PoolService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From ``good_until`` on a reader is confined, and another answer is another's."""
    generation = host.standing()
    assert generation is not None
    before = host.ask(ANONYMOUS, QueryRequest(GRAPHS))
    late = datetime.now(UTC) + timedelta(days=365 * 80)
    if generation.manifest.good_until is None:
        object.__setattr__(generation.manifest, "good_until", late)
    monkeypatch.setattr(asking, "_now", lambda: late + timedelta(seconds=1))
    assert host.standing() is None
    assert host.tag(ANONYMOUS, QueryRequest(GRAPHS)) != before.tag


def test_another_generation_is_followed_without_a_signal_and_the_former_repeats(
    host: PoolService,
) -> None:
    """The pointer alone tells; the same content has the same tag in both."""
    following = CurrentGeneration(host.settings.data)
    first, standing = host.ask(ANONYMOUS, QueryRequest(GRAPHS)), following.generation()
    assert following.generation() is standing
    published_again(host)
    assert following.generation().number == host.served().number == 2
    again, repeated = (host.ask(ANONYMOUS, QueryRequest(GRAPHS, generation=n)) for n in (None, 1))
    assert (first.generation, again.generation, repeated.generation) == (1, 2, 1)
    assert first.tag == again.tag == repeated.tag
    assert first.body == again.body == repeated.body
    for never in (0, 9):
        with pytest.raises(UnknownThing):
            host.ask(ANONYMOUS, QueryRequest(GRAPHS, generation=never))


def test_no_generation_shows_what_is_closed_today_or_was_closed_then(host: PoolService) -> None:
    """Its open store may hold the graph still: today's decisions confine the question, and its own.

    The fourth publication deletes the first generation, which is told from one that never was.
    """
    strangers = (ANONYMOUS, Reader("https://elsewhere.example/x"))

    def seen(generation: int | None = None) -> set[bool]:
        texts = [
            body(host.ask(one, QueryRequest(GRAPHS, generation=generation))) for one in strangers
        ]
        assert all(host.iris.ontology_graph in text for text in texts)
        assert len({host.iris.catalog_graph in text for text in texts}) == 1
        return {host.iris.graph(OPEN) in text for text in texts}

    assert seen() == {True}
    published_again(host, "parvis:everyone", "parvis:members")
    assert seen() == seen(1) == {False}
    for reader in strangers:
        text = body(host.ask(reader, QueryRequest(GRAPHS, generation=1)))
        assert host.iris.record_graph(OPEN) not in text
        assert host.iris.catalog_graph not in text
        assert host.iris.statistics_graph not in text
    published_again(host, "parvis:members", "parvis:everyone")
    assert seen() == seen(1) == {True}
    assert seen(2) == {False}
    published_again(host)
    with pytest.raises(NoLongerKept):
        seen(1)


def test_the_room_is_bounded_and_the_least_used_go_first(host: PoolService) -> None:
    """No answer takes more than its share, and none is kept of another generation."""
    served = host.served()
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


def test_a_long_question_takes_the_room_that_it_needs(host: PoolService) -> None:
    """Else short answers to questions of 60 kB would take the machine’s memory."""
    served = host.served()
    answers = AnswerCache(1_000_000)
    answers.follow(served)
    short = CachedAnswer("boolean", "x/y", b"x")
    for number in range(40):
        answers.keep(served, (f"{number} ".ljust(50_000, "#"), None), short)
    kept = [n for n in range(40) if answers.get((f"{n} ".ljust(50_000, "#"), None))]
    assert kept == list(range(21, 40))
    answers.keep(served, ("#" * 70_000,), short)
    assert answers.get(("#" * 70_000,)) is None


@pytest.mark.parametrize("size", [0, 1])
def test_a_memory_without_room_keeps_nothing(host: PoolService, size: int) -> None:
    """It is turned off by 0."""
    answers = AnswerCache(size)
    answers.follow(host.served())
    answers.keep(host.served(), ("key",), CachedAnswer("boolean", "x/y", b""))
    assert answers.get(("key",)) is None


def pieces(*, fail: bool) -> Iterator[bytes]:
    """Give two pieces, or one and a failure."""
    yield b"one "
    if fail:
        raise StoreError("cut")
    yield b"two"


def test_only_what_ends_is_recorded() -> None:
    """Not what fails, is left unread or grows too large."""
    kept: list[bytes] = []
    assert list(RecordedChunks(pieces(fail=False), 7, kept.append)) == [b"one ", b"two"]
    assert kept == [b"one two"]
    assert list(RecordedChunks(pieces(fail=False), 6, kept.append)) == [b"one ", b"two"]
    with pytest.raises(StoreError):
        list(RecordedChunks(pieces(fail=True), 7, kept.append))
    left = RecordedChunks(pieces(fail=False), 7, kept.append)
    next(left)
    left.close()
    assert list(left) == []
    assert kept == [b"one two"]
