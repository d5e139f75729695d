"""No route of the application shows anyone a word of what it may not read, or know of.

Every rule of the URL map is asked, as every reader but the host, about every dataset: what a
request does not name itself must not come back, and what is hidden answers as what is absent.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

import pytest

from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from tests.web.leaks.asking import ACCEPTS, told, written
from tests.web.leaks.conftest import Served
from tests.web.leaks.plans import PLANS, SHORT, Probe, rules, spoken
from tests.web.leaks.pool import (
    ABSENT,
    ANONYMOUS,
    CONTENT,
    NAME,
    NOTHING,
    READERS,
    READS,
    SECRETS,
    TITLE,
    load_graph,
    submit_all,
    write_dataset,
)

pytestmark = pytest.mark.once(long=True)

each_reader = pytest.mark.parametrize("reader", READERS, ids=lambda one: one or "anonymous")

WORD = re.compile(rf"({NAME}|{TITLE}|{CONTENT})({'|'.join(SECRETS)}|loaded|chercheuse|agreement)")
TOLD_ONCE = {"/feed", "/feed.<ending>", "/oai"}
"""Where the name of what everyone could know of once stays: harvesters learn that it went."""

OF_THE_CODE = {
    "/shapes",
    "/shapes.<ending>",
    "/ontology",
    "/ontology.<ending>",
    "/ontology/terms.json",
    "/context.jsonld",
}
"""What holds nothing of the pool, and takes long to write: asked by one reader in one form."""

PAGES = dict.fromkeys(("open", "known", "hidden", "closed"), ("text/html",))
"""The datasets about which who has no token asks for pages too."""

QUICK = {"/shapes.ttl", "/ontology.html", "/context.jsonld"}

PAGE = "text/html"
NEGOTIATED = {
    *("/", "/queries", "/queries/<slug>", "/search", "/describe", "/id/<key>", "/catalog", "/void"),
    *("/dataset/<partner>/<dataset>", "/.well-known/void", "/feed"),
}
"""Where Accept chooses; and at the endpoint, to which too much would be asked so."""

LIKE_HIDDEN = {"due", "gone", "closed"}
"""Datasets that readers with a token do not name: to them they are as `hidden`, which they do."""

FEW = {"", "html", "nt", "csv", "xlsx", "csv.zip", "trig"}
"""The endings by which readers with a token ask: one of each kind."""

WHEN = re.compile(r"<(responseDate|dcterms:created|dcterms:modified)\b[^<]*</\1>")
LENGTH = re.compile(r"Content-Length: \d+")
VARYING = {"etag", "content-length", "ratelimit", "date", "last-modified"}

ELSEWHERE = {
    "loaded": {"alpha": READS, "beta": READS},
    "chercheuse": {"chercheuse": READS},
    "agreement": {},
}
"""Words that are of no dataset: the loaded graph, a party that the site does not show, titles of
agreements."""


def seen(reader: str, name: str) -> frozenset[str]:
    """Give the kinds of words of a name that a reader may meet."""
    if name in ELSEWHERE:
        return ELSEWHERE[name].get(reader, NOTHING)
    return SECRETS[name].by(reader)


def words(text: str) -> set[tuple[str, str]]:
    """Find the secret words in a text, each as its kind and its name."""
    return set(WORD.findall(text.lower()))


EXPLAINED = "/partner/<slug>"
"""Where a reader who is known is told which rule of which agreement decided."""


def leaked(reader: str, probe: Probe, text: str) -> set[tuple[str, str]]:
    """Give the words of an answer that the reader may not meet and did not say itself."""
    found = words(text) - words(probe.address)
    if probe.rule in TOLD_ONCE:
        found.discard((NAME, "closed"))
    if reader and probe.rule == EXPLAINED:
        found.discard((CONTENT, "agreement"))
    return {(kind, name) for kind, name in found if kind not in seen(reader, name)}


def figures(reader: str, served: Served, text: str) -> set[tuple[str, str]]:
    """Give the datasets whose size or digests an answer tells, and whose content is not for it."""
    spoken_of = LENGTH.sub("", text)
    told_of = {served.figures[found] for found in served.telling.findall(spoken_of)}
    return {("figure", name) for name in told_of if CONTENT not in seen(reader, name)}


def is_as_absent(reader: str, probe: Probe) -> bool:
    """Say whether what a request names must answer as if it did not exist."""
    if probe.subject in {None, ABSENT}:
        return False
    if probe.subject == "closed" and probe.rule in TOLD_ONCE:
        return False
    may = seen(reader, str(probe.subject))
    if (
        probe.rule == "/sparql"
        and "DESCRIBE" not in probe.address
        and "graph/parvis" not in probe.address
    ):
        return CONTENT not in may
    named = {kind for kind, name in words(probe.address) if name == probe.subject}
    return bool(named) and not named & may


def asked_by(reader: str, served: Served) -> Iterator[tuple[Probe, str]]:
    """Give what a reader asks, with what it accepts: who has no token, in every form there is."""
    for probe in served.probes:
        if reader != ANONYMOUS and probe.subject in LIKE_HIDDEN:
            continue
        of_the_code = probe.rule in OF_THE_CODE
        if reader == ANONYMOUS and (not of_the_code or probe.address in QUICK):
            yield probe, "*/*"
        elif not of_the_code and probe.ending in FEW and not is_twice(probe):
            yield probe, PAGE if probe.rule in NEGOTIATED else "*/*"
        if reader == ANONYMOUS and probe.rule in NEGOTIATED:
            forms = ACCEPTS if probe.subject is None else PAGES.get(probe.subject, ())
            yield from ((probe, form) for form in forms)
        elif reader == ANONYMOUS and probe.address in SHORT:
            yield from ((probe, form) for form in ACCEPTS)


def is_twice(probe: Probe) -> bool:
    """Say whether a probe asks for the same description as another, which takes some time."""
    return probe.rule == "/id/<key>.<ending>" and probe.ending == "nt"


def comparable(text: str, subject: str) -> str:
    """Leave out what may differ, and speak of a dataset as of the absent one."""
    text = WHEN.sub("", text)
    lines = [one for one in text.split("\n") if one.partition(":")[0].lower() not in VARYING]
    return spoken("\n".join(lines), subject, ABSENT)


def test_every_route_has_a_plan_for_its_arguments(served: Served) -> None:
    """A route that comes must be thought of here: what it could show, and to whom."""
    assert rules(served.app).keys() == PLANS.keys()


@each_reader
def test_no_answer_shows_what_its_reader_may_not_meet(served: Served, reader: str) -> None:
    """By bodies, headers, tags, errors, redirects, in every form; and all that may be met is."""
    ask = served.asking(reader)
    leaks: dict[tuple[str, str], list[str]] = defaultdict(list)
    unlike, met, absent = [], set(), {}
    for probe, accept in asked_by(reader, served):
        text = told(ask(probe.address, Accept=accept))
        for word in leaked(reader, probe, text) | figures(reader, served, text):
            leaks[word].append(f"{accept} {probe.address}")
        met |= words(text) - words(probe.address)
        if probe.subject is None:
            continue
        asked = (probe.about(ABSENT).address, accept)
        if is_as_absent(reader, probe):
            if asked not in absent:
                absent[asked] = comparable(told(ask(asked[0], Accept=accept)), ABSENT)
            if comparable(text, probe.subject) != absent[asked]:
                unlike.append(f"{accept} {probe.address}")
    assert not leaks, {word: (len(found), found[:8]) for word, found in leaks.items()}
    assert not unlike, unlike[:20]
    assert met >= {(kind, name) for name in SECRETS for kind in seen(reader, name)}


METHODS = ("HEAD", "OPTIONS", "POST")
METHODS_NAME = {None, "known", "hidden"}


def test_no_method_shows_more_than_get(served: Served) -> None:
    """By headers, by forms that are sent, by refusals."""
    reader, ask = ANONYMOUS, served.asking(ANONYMOUS)
    leaks, unlike = [], []
    chosen = (one for one in served.probes if one.subject in METHODS_NAME)
    for probe in chosen:
        if probe.rule in OF_THE_CODE or probe.ending not in FEW:
            continue
        for method in METHODS:
            text = told(ask(probe.address, method))
            if leaked(reader, probe, text) | figures(reader, served, text):
                leaks.append(f"{method} {probe.address}")
            if is_as_absent(reader, probe):
                absent = told(ask(probe.about(ABSENT).address, method))
                if comparable(text, str(probe.subject)) != comparable(absent, ABSENT):
                    unlike.append(f"{method} {probe.address}")
    assert not leaks
    assert not unlike


def test_what_a_token_opens_is_kept_nowhere(served: Served) -> None:
    """Each answer to it says so, and has no tag; no other reader is then answered from memory."""
    member, anyone = served.asking("alpha"), served.asking(ANONYMOUS)
    for probe in (one for one in served.probes if one.subject in {None, "members"}):
        if (
            probe.rule in OF_THE_CODE
            or probe.rule == "/static/<filename>"
            or probe.ending not in FEW
        ):
            continue
        response = member(probe.address)
        assert response.headers["Cache-Control"] == "private, no-store", probe
        assert not {"ETag", "Last-Modified"} & set(response.headers.keys()), probe
        if probe.subject is None:
            assert not leaked(ANONYMOUS, probe, told(anyone(probe.address))), probe


OF_A_MOMENT = {"/health", "/static/<filename>", *OF_THE_CODE}
PASSING = {"Parvis-Generation", "RateLimit", "Date", "Set-Cookie", "Content-Length"}
BLANK = re.compile(r'"type":"bnode","value":"[^"]*"')
"""What differs from one moment, or one loading of the same graph, to the next."""

CHANGED = ("hidden", "members", "granted", "ended")


def answers(served: Served, reader: str) -> dict[str, tuple[str, str, str | None]]:
    """Give what is told about what is not hidden: status and headers, body, tag.

    A party asks only what names no dataset: what matters is the store that is not everyone's.
    """
    ask, found = served.asking(reader), {}
    subjects = {None} if reader else {None, "known"}
    for probe in served.probes:
        known = probe.subject in subjects and probe.rule not in OF_A_MOMENT
        if known and probe.ending in FEW:
            response = ask(probe.address)
            head = sorted((k, v) for k, v in response.headers if k not in PASSING)
            body = BLANK.sub("", WHEN.sub("", written(response.get_data())))
            found[probe.address] = (f"{response.status} {head}", body, response.headers.get("ETag"))
    return found


def test_no_answer_tells_that_hidden_data_changed(served: Served) -> None:
    """Other hidden content, titles, graphs: who may not know of them gets the same."""
    readers = (ANONYMOUS, "gamma")
    before = {reader: answers(served, reader) for reader in readers}
    for name in CHANGED:
        write_dataset(served.folder, name, title="anew", rows=5)
    with Pool.open(served.settings) as pool:
        submit_all(pool, CHANGED)
        load_graph(pool, served.folder, "anew")
        publish(pool)
    for reader in readers:
        after = answers(served, reader)
        assert [one for one in after if after[one] != before[reader][one]] == []
    ask = served.asking(ANONYMOUS)
    tags = {address: tag for address, (_, _, tag) in before[ANONYMOUS].items() if tag}
    assert len(tags) > 100
    for address, tag in tags.items():
        assert ask(address, If_None_Match=tag).status_code == 304, address
