"""No route of the application shows a reader a word that it may not read or discover.

Every rule of the URL map is requested, as every reader but the third party, about every dataset: a
response holds no secret word that the request does not hold, and hidden data look absent.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

import pytest

from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from tests.web.leaks.asking import ACCEPTS, decode_body, read_response
from tests.web.leaks.conftest import Served
from tests.web.leaks.plans import PLANS, SHORT, Probe, list_rules, replace_subject
from tests.web.leaks.pool import (
    ABSENT,
    ANONYMOUS,
    CONTENT,
    GIVER,
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

each_reader = pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader or "anonymous")

WORD = re.compile(rf"({NAME}|{TITLE}|{CONTENT})({'|'.join(SECRETS)}|loaded|chercheuse|agreement)")
DELETION_RULES = {"/feed", "/feed.<ending>", "/oai"}
"""Routes that name datasets which were once listed: harvesters learn of their deletion."""

STATIC_RULES = {
    "/check/clean/<name>",
    "/shapes",
    "/shapes.<ending>",
    "/ontology",
    "/ontology.<ending>",
    "/ontology/terms.json",
    "/context.jsonld",
    "/embed.js",
}
"""Routes without data of the pool, slow to answer: one reader requests one format."""

PAGES = dict.fromkeys(("open", "known", "hidden", "closed"), ("text/html",))
"""Datasets whose pages are requested without token too."""

QUICK = {"/shapes.ttl", "/ontology.html", "/context.jsonld"}

PAGE = "text/html"
NEGOTIATED = {
    *("/", "/queries", "/queries/<slug>", "/search", "/describe", "/id/<key>", "/catalog", "/void"),
    *("/dataset/<partner>/<dataset>", "/.well-known/void", "/feed"),
    *("/feed/entities", "/feed/entities/<partner>/<dataset>"),
}
"""Routes where Accept chooses the format, except the endpoint, which would take too long."""

LIKE_HIDDEN = {"due", "gone", "closed"}
"""Datasets that readers with a token do not request: to them they are like `hidden`."""

COMMON_ENDINGS = {"", "html", "nt", "csv", "xlsx", "csv.zip", "trig"}
"""Extensions that readers with a token request: one of each kind."""

TIMESTAMP = re.compile(r"<(responseDate|dcterms:created|dcterms:modified)\b[^<]*</\1>")
RESPELT = re.compile(r'<p>(?:Vouliez-vous dire|Did you mean)\b.*?</p>|"respelt":(?:"[^"]*"|null)')
"""A spelling that a search without results offers: of words that the reader may read (held by
`test_without`), but another one for each word that is typed."""
LENGTH = re.compile(r"Content-Length: \d+")
VARYING = {"etag", "content-length", "ratelimit", "date", "last-modified"}

ELSEWHERE = {
    "loaded": {"alpha": READS, "beta": READS, "tiers": READS},
    "chercheuse": {"chercheuse": READS},
    "agreement": {},
}
"""Words outside datasets: the loaded graph, a party that the site does not show, and titles of
agreements."""


def visible_kinds(reader: str, name: str) -> frozenset[str]:
    """Return the kinds of words with a name that a reader may see."""
    if name in ELSEWHERE:
        return ELSEWHERE[name].get(reader, NOTHING)
    return SECRETS[name].by(reader)


def find_secrets(text: str) -> set[tuple[str, str]]:
    """Find the secret words in a text, each as its kind and its name."""
    # An English word that the ontology has, and which is no secret: “ended” is a dataset here.
    return set(WORD.findall(text.lower().replace("attended", "")))


EXPLAINED = "/partner/<slug>"
"""The route that explains decisions to a reader with a token."""


OWN_AGREEMENT = "/organization/agreements"
"""The route on which a partner reads its own agreement, with all that it speaks of: alpha's speaks
of every dataset here, also of those that are withdrawn or due, and of the researcher."""
OWN_USES = frozenset({"/partner/<slug>/uses", "/partner/<slug>/uses.<ending>"})
"""The routes on which a partner reads what became of its data: who read them under which agreement,
and that a dataset was deleted, as its own certificate says."""
OWN_PAGE = "/partner/<slug>/dashboard"


def find_leaks(reader: str, probe: Probe, text: str) -> set[tuple[str, str]]:
    """List the words of an answer that the reader may not see and did not send."""
    leaks = find_secrets(text) - find_secrets(probe.address)
    if probe.rule in DELETION_RULES:
        leaks.discard((NAME, "closed"))
    if reader and probe.rule == EXPLAINED:
        leaks.discard((CONTENT, "agreement"))
    if reader == "alpha" and probe.rule in {*OWN_USES, OWN_PAGE}:
        leaks -= {(TITLE, "gone"), (TITLE, "chercheuse"), (CONTENT, "agreement")}
    if reader == "alpha" and probe.rule == OWN_AGREEMENT:
        leaks = {(kind, name) for kind, name in leaks if name == "loaded"}
    return {(kind, name) for kind, name in leaks if kind not in visible_kinds(reader, name)}


def find_figures(reader: str, served: Served, text: str) -> set[tuple[str, str]]:
    """List the datasets whose size or digest an answer reveals, and whose content is secret."""
    body = LENGTH.sub("", text)
    datasets = {served.figures[figure] for figure in served.figure_pattern.findall(body)}
    return {("figure", name) for name in datasets if CONTENT not in visible_kinds(reader, name)}


def must_look_absent(reader: str, probe: Probe) -> bool:
    """Return whether the response must equal the one about an absent dataset."""
    if probe.subject in {None, ABSENT}:
        return False
    if probe.subject == "closed" and probe.rule in DELETION_RULES:
        return False
    visible = visible_kinds(reader, str(probe.subject))
    if (
        probe.rule == "/sparql"
        and "DESCRIBE" not in probe.address
        and "graph/parvis" not in probe.address
    ):
        return CONTENT not in visible
    kinds_named = {kind for kind, name in find_secrets(probe.address) if name == probe.subject}
    return bool(kinds_named) and not kinds_named & visible


def list_requests(reader: str, served: Served) -> Iterator[tuple[Probe, str]]:
    """Yield what a reader requests with its Accept header; without token, in every format."""
    for probe in served.probes:
        if reader != ANONYMOUS and probe.subject in LIKE_HIDDEN:
            continue
        is_static = probe.rule in STATIC_RULES
        if reader == ANONYMOUS and (not is_static or probe.address in QUICK):
            yield probe, "*/*"
        elif not is_static and probe.ending in COMMON_ENDINGS and not is_duplicate(probe):
            yield probe, PAGE if probe.rule in NEGOTIATED else "*/*"
        if reader == ANONYMOUS and probe.rule in NEGOTIATED:
            formats = ACCEPTS if probe.subject is None else PAGES.get(probe.subject, ())
            yield from ((probe, accept) for accept in formats)
        elif reader == ANONYMOUS and probe.address in SHORT:
            yield from ((probe, accept) for accept in ACCEPTS)


def is_duplicate(probe: Probe) -> bool:
    """Return whether another probe requests the same description."""
    return probe.rule == "/id/<key>.<ending>" and probe.ending == "nt"


def normalize(text: str, subject: str) -> str:
    """Remove what may differ, and replace the dataset by the absent one."""
    text = RESPELT.sub("", TIMESTAMP.sub("", text))
    lines = [line for line in text.split("\n") if line.partition(":")[0].lower() not in VARYING]
    return replace_subject("\n".join(lines), subject, ABSENT)


def test_every_route_has_a_plan_for_its_arguments(served: Served) -> None:
    """A new route must declare here what it could show, and to whom."""
    assert list_rules(served.app).keys() == PLANS.keys()


def is_static(probe: Probe) -> bool:
    """Return whether a response has nothing of the pool in it, so that caches may store it."""
    return probe.rule in STATIC_RULES or probe.rule == "/static/<filename>"


@each_reader
def test_no_answer_shows_words_that_its_reader_may_not_see(served: Served, reader: str) -> None:
    """Bodies, headers, errors, redirects, in every format; the reader sees all that it may.

    What one with a token was answered, no cache stores nor shows to others.
    """
    ask, anyone = served.ask_as(reader), served.ask_as(ANONYMOUS)
    leaks: dict[tuple[str, str], list[str]] = defaultdict(list)
    differences, words_seen, absent = [], set(), {}
    for probe, accept in list_requests(reader, served):
        response = ask(probe.address, Accept=accept)
        text = read_response(response)
        if reader and not is_static(probe):
            assert response.headers["Cache-Control"] == "private, no-store", probe
            assert not {"ETag", "Last-Modified"} & set(response.headers.keys()), probe
        if reader == GIVER and probe.subject is None:  # at once, while a cache would have it
            assert not find_leaks(ANONYMOUS, probe, read_response(anyone(probe.address))), probe
        for word in find_leaks(reader, probe, text) | find_figures(reader, served, text):
            leaks[word].append(f"{accept} {probe.address}")
        words_seen |= find_secrets(text) - find_secrets(probe.address)
        if probe.subject is None:
            continue
        request = (probe.about(ABSENT).address, accept)
        if must_look_absent(reader, probe):
            if request not in absent:
                absent[request] = normalize(read_response(ask(request[0], Accept=accept)), ABSENT)
            if normalize(text, probe.subject) != absent[request]:
                differences.append(f"{accept} {probe.address}")
    assert not leaks, {word: (len(places), places[:8]) for word, places in leaks.items()}
    assert not differences, differences[:20]
    assert words_seen >= {(kind, name) for name in SECRETS for kind in visible_kinds(reader, name)}


METHODS = ("HEAD", "OPTIONS", "POST")
METHODS_NAME = {None, "known", "hidden"}


def test_no_method_shows_more_than_get(served: Served) -> None:
    """In headers, form submissions and refusals."""
    reader, ask = ANONYMOUS, served.ask_as(ANONYMOUS)
    leaks, differences = [], []
    probes = (probe for probe in served.probes if probe.subject in METHODS_NAME)
    for probe in probes:
        if probe.rule in STATIC_RULES or probe.ending not in COMMON_ENDINGS:
            continue
        for method in METHODS:
            text = read_response(ask(probe.address, method))
            if find_leaks(reader, probe, text) | find_figures(reader, served, text):
                leaks.append(f"{method} {probe.address}")
            if must_look_absent(reader, probe):
                absent = read_response(ask(probe.about(ABSENT).address, method))
                if normalize(text, str(probe.subject)) != normalize(absent, ABSENT):
                    differences.append(f"{method} {probe.address}")
    assert not leaks
    assert not differences


CHANGING_RULES = {"/health", "/static/<filename>", "/q/<name>/crate.zip", *STATIC_RULES}
"""Routes that say when they are asked, or of which published version their answer is."""
CHANGING_HEADERS = {
    *("Parvis-Generation", "Parvis-Edition", "RateLimit", "Date", "Set-Cookie", "Content-Length"),
}
BLANK = re.compile(r'"type":"bnode","value":"[^"]*"')
"""Blank node labels differ each time that the same graph is loaded."""

VERSION = re.compile(r"generation=\d+|(published version|version publiée) \d+")
"""The number of the published version, which every answer has in a header, is in citations too."""

CHANGED = ("hidden", "members", "granted", "ended")


def read_answers(served: Served, reader: str) -> dict[str, tuple[str, str, str | None]]:
    """Read the answers about data that are not hidden: status and headers, body, entity tag.

    A party sends only requests that name no dataset: what matters is the store for members.
    """
    ask, answers = served.ask_as(reader), {}
    subjects = {None} if reader else {None, "known"}
    for probe in served.probes:
        is_visible = probe.subject in subjects and probe.rule not in CHANGING_RULES
        if is_visible and probe.ending in COMMON_ENDINGS:
            response = ask(probe.address)
            headers = sorted(
                (name, value) for name, value in response.headers if name not in CHANGING_HEADERS
            )
            body = BLANK.sub("", TIMESTAMP.sub("", decode_body(response.get_data())))
            body = VERSION.sub("", body)
            answers[probe.address] = (
                f"{response.status} {headers}",
                body,
                response.headers.get("ETag"),
            )
    return answers


def test_no_answer_reveals_that_hidden_data_changed(served: Served) -> None:
    """Other hidden content, titles and graphs: readers who may not discover them see no change."""
    readers = (ANONYMOUS, "gamma")
    before = {reader: read_answers(served, reader) for reader in readers}
    for name in CHANGED:
        write_dataset(served.folder, name, title="anew", rows=5)
    with Pool.open(served.settings) as pool:
        submit_all(pool, CHANGED)
        load_graph(pool, served.folder, "anew")
        publish(pool)
    for reader in readers:
        after = read_answers(served, reader)
        assert [address for address in after if after[address] != before[reader][address]] == []
    ask = served.ask_as(ANONYMOUS)
    tags = {address: tag for address, (_, _, tag) in before[ANONYMOUS].items() if tag}
    assert len(tags) > 100
    for address, tag in tags.items():
        assert ask(address, If_None_Match=tag).status_code == 304, address
