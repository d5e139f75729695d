"""SERVICE: the answers are those of the standard, and nothing that is not open leaves."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import cast

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from parvis.config import FederationSettings, FetchSettings, Share
from parvis.errors import AddressError, AnswerTooLarge, FetchError, LimitError, QueryError
from parvis.pooling.serving.cache import timed_cache
from parvis.rdf.sparql.parser import parse
from parvis.store.query.federation import OVERHEAD, Federation
from parvis.store.query.pool import QueryReader
from tests.federation import Service, serving_service

BASE = "http://base.test/"
FETCH = FetchSettings(allow=("127.0.0.1",))
CANARY = "canary"
"""Part of every term that only the restricted graph has."""
OPEN = """
<x:a> <x:same> <x:w1> ; <x:name> "A" . <x:b> <x:same> <x:w2> ; <x:name> "B" .
<x:c> <x:name> "C" . _:d <x:same> <x:w3> . <x:e> <x:same> _:f , "w4"@fr , 5 .
"""
RESTRICTED = """
<x:a> <x:hidden> <x:canary1> . <x:canary2> <x:same> <x:w1> ; <x:name> "canary3" .
<x:canary4> <x:part> <x:canary5> . <x:w1> <x:seen> "canary6" .
"""
REMOTE = """
<x:w1> <x:label> "one"@fr , "one"@en ; <x:next> <x:w2> . <x:w2> <x:label> "two" ; <x:next> <x:w3> .
<x:w3> <x:label> 3 , <<( <x:w1> <x:next> "a\\n\\"b"@ar--rtl )>> . <x:other> <x:of> _:g .
"""


@dataclass
class Site:
    """A federation with a service, and the stores that its readers query."""

    service: Service
    federation: Federation
    open: ox.Store
    own: ox.Store
    union: ox.Store

    def ask(self, text: str, *, member: bool = False) -> Counter[tuple[str, ...]]:
        """Answer a query through the federation: its rows, as a multiset."""
        asker = QueryReader("somebody", Share())
        own = evaluate_in(self.own) if member else None
        query = parse(text.replace("SVC", self.service.address), None, {})
        expanded, _ = self.federation.expand(query, text, asker, evaluate_in(self.open), own)
        return read_rows((self.own if member else self.open).query(expanded))

    def expect(self, text: str, *, member: bool = False) -> Counter[tuple[str, ...]]:
        """Answer it by one engine that holds the service's data as a graph."""
        graph = ox.NamedNode("x:service")
        local: list[ox.NamedNode | ox.BlankNode | ox.DefaultGraph] = [ox.DefaultGraph()]
        local += [ox.NamedNode("x:own")] if member else []
        text = text.replace("SERVICE <SVC>", "GRAPH <x:service>")
        return read_rows(self.union.query(text, default_graph=local, named_graphs=[graph]))


def evaluate_in(store: ox.Store) -> Callable[[str], bytes]:
    def evaluate(text: str) -> bytes:
        results = cast("ox.QuerySolutions", store.query(text))
        return results.serialize(format=ox.QueryResultsFormat.JSON) or b""

    return evaluate


def read_rows(results: object) -> Counter[tuple[str, ...]]:
    """Return rows as a multiset, their columns in the order of names, blank nodes alike."""
    solutions = cast("ox.QuerySolutions", results)
    names = sorted(variable.value for variable in solutions.variables)
    return Counter(tuple(write(row[name]) for name in names) for row in solutions)


def write(term: object) -> str:
    if isinstance(term, ox.BlankNode) or "genid" in str(term):
        return "blank"
    return str(term)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving_service() as service:
        service.store.load(REMOTE, ox.RdfFormat.TURTLE)
        union, readable, own = ox.Store(), ox.Store(), ox.Store()
        union.load(OPEN, ox.RdfFormat.TURTLE)
        union.load(RESTRICTED, ox.RdfFormat.TURTLE, to_graph=ox.NamedNode("x:own"))
        union.load(REMOTE, ox.RdfFormat.TURTLE, to_graph=ox.NamedNode("x:service"))
        readable.load(OPEN, ox.RdfFormat.TURTLE)
        own.load(OPEN, ox.RdfFormat.TURTLE)
        own.load(RESTRICTED, ox.RdfFormat.TURTLE)
        yield Site(service, Federation(FederationSettings(), FETCH, BASE, {}), readable, own, union)


@pytest.fixture(autouse=True)
def _anew(site: Site) -> None:
    forget(site)


def forget(site: Site) -> None:
    """Forget what was asked, and what was answered."""
    site.service.received.clear()
    site.service.heads.clear()
    site.service.answer = site.service.evaluate
    settings = FederationSettings(services=(site.service.address,), seconds=2.0, rows=50, values=10)
    site.federation = Federation(settings, FETCH, BASE, {})


ANSWERABLE = [
    "SELECT * { ?s <x:same> ?w SERVICE <SVC> { ?w <x:label> ?l } }",
    "SELECT * { SERVICE <SVC> { ?w <x:label> ?l } ?s <x:same> ?w }",
    "SELECT * { ?s <x:same> ?w OPTIONAL { SERVICE <SVC> { ?w <x:label> ?l } } }",
    (
        "SELECT * { ?s <x:name> ?n OPTIONAL { ?s <x:same> ?w }"
        " OPTIONAL { SERVICE <SVC> { ?w <x:label> ?l } } }"
    ),
    "SELECT * { ?s <x:same> ?w { ?s <x:name> ?n } UNION { SERVICE <SVC> { ?w <x:next> ?n } } }",
    (
        "SELECT * { ?s <x:same> ?w SERVICE <SVC> { ?w <x:next> ?v }"
        " SERVICE <SVC> { ?v <x:label> ?l } }"
    ),
    (
        "SELECT (COUNT(*) AS ?n) { ?s <x:same> ?w"
        " { SELECT ?w (COUNT(*) AS ?k) { SERVICE <SVC> { ?w <x:label> ?l } } GROUP BY ?w } }"
    ),
    "SELECT * { ?s <x:same> ?w FILTER(?l = 'two') SERVICE <SVC> { ?w <x:label> ?l } }",
    (
        "SELECT * { ?s <x:same> ?w . FILTER(?s = <x:a>)"
        " SERVICE <SVC> { ?w <x:label> ?l FILTER(LANG(?l) = 'fr') } }"
    ),
    "SELECT * { ?s <x:same> ?w ; <x:name> ?n SERVICE <SVC> { OPTIONAL { ?w <x:next> ?x } } }",
    "SELECT ?l { BIND(<x:w2> AS ?w) SERVICE <SVC> { SELECT ?w ?l { ?w <x:label> ?l } } }",
    "SELECT * { ?s <x:none> ?w SERVICE <SVC> { ?w <x:label> ?l } }",
    "SELECT * { VALUES ?w { <x:w1> UNDEF } SERVICE <SVC> { ?w <x:label> ?l } }",
    "SELECT * { SERVICE <SVC> { <x:w1> <x:next> <x:w2> } ?s <x:name> ?n }",
    "SELECT * { SERVICE <SVC> { ?w <x:of> ?l } ?s <x:name> ?n }",
]


@pytest.mark.parametrize("text", ANSWERABLE)
def test_a_service_answers_as_if_its_data_were_here(site: Site, text: str) -> None:
    answer = site.ask(text)
    assert answer == site.expect(text)
    if "x:none" in text:  # no value to look up: nobody is asked
        assert site.service.received == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT * { SERVICE ?g { ?s ?p ?o } }", "not by a variable"),
        ("SELECT * { SERVICE SILENT <SVC> { ?s ?p ?o } }", "SILENT"),
        ("SELECT * { SERVICE <http://else.test/> { ?s ?p ?o } }", "this site calls"),
        ("SELECT * { SERVICE <SVC#> { ?s ?p ?o } }", "this site calls"),
        ("SELECT * { ?s ?p ?o FILTER EXISTS { SERVICE <SVC> { ?s ?p ?o } } }", "EXISTS"),
        (
            "SELECT * { ?s ?p ?o FILTER(1 = 2 || NOT EXISTS { SERVICE <SVC> { ?s ?p ?o } }) }",
            "EXISTS",
        ),
        ("SELECT * { ?s ?p ?o BIND(EXISTS { SERVICE <SVC> { ?s ?p ?o } } AS ?b) }", "EXISTS"),
        ("SELECT (EXISTS { SERVICE <SVC> { ?s ?p ?o } } AS ?b) { }", "EXISTS"),
        (
            "SELECT ?s { ?s ?p ?o } GROUP BY ?s HAVING (EXISTS { SERVICE <SVC> { ?s ?p ?o } })",
            "EXISTS",
        ),
        ("SELECT * { ?s ?p ?o MINUS { SERVICE <SVC> { ?s ?p ?o } } }", "MINUS"),
        ("SELECT * { ?s ?p ?o LATERAL { SERVICE <SVC> { ?s ?p ?o } } }", "LATERAL"),
        ("SELECT * { SERVICE <SVC> { ?s ?p ?o SERVICE <SVC> { ?s ?p ?o } } }", "within another"),
        (f"SELECT * {{ {'SERVICE <SVC> { ?s ?p 1 } ' * 5} }}", "no more than 4"),
        ("SELECT * { ?s ?p ?w . ?x ?q ?y SERVICE <SVC> { ?s <x:label> ?x } }", "more than 10"),
    ],
)
def test_what_cannot_be_evaluated_apart_is_refused_with_its_place(
    site: Site, text: str, message: str
) -> None:
    with pytest.raises(QueryError, match=message) as refusal:
        site.ask(text)
    assert refusal.value.fields["line"] == 1
    assert "no more" in message or site.service.received == []


def test_values_too_long_to_be_sent_are_refused(site: Site) -> None:
    for size in (600_000, 1_100_000):
        text = f"SELECT * {{ VALUES ?w {{ '{'a' * size}' }} SERVICE <SVC> {{ ?w <x:label> ?l }} }}"
        with pytest.raises(QueryError, match="too long to be sent"):
            site.ask(text)
    assert site.service.received == []


def test_blank_nodes_of_two_replies_are_not_one(site: Site) -> None:
    text = "SELECT * { SERVICE <SVC> { ?a <x:of> ?b } SERVICE <SVC> { ?c <x:of> ?d } }"
    rows = iter([one_row("a", "b"), one_row("c", "d")])
    site.service.answer = lambda to, _query: site.service.send(to, json.dumps(next(rows)).encode())
    query = parse(text.replace("SVC", site.service.address), None, {})
    asker = QueryReader("somebody", Share())
    expanded, _ = site.federation.expand(query, text, asker, evaluate_in(site.open), None)
    assert len(set(re.findall(r"<http://base\.test/[^>]*>", expanded))) == 2
    assert expanded.count("genid") == 4


def one_row(*names: str) -> dict[str, object]:
    """Return results of one row of blank nodes of one name."""
    row = {name: {"type": "bnode", "value": "b0"} for name in names}
    return {"head": {"vars": list(names)}, "results": {"bindings": [row]}}


def test_a_member_is_told_when_a_service_would_need_what_is_not_open(site: Site) -> None:
    text = "SELECT * { ?s <x:hidden> ?w SERVICE <SVC> { ?w <x:label> ?l } }"
    with pytest.raises(QueryError, match="not open to all"):
        site.ask(text, member=True)
    assert site.ask(text) == Counter()  # for anybody else there is no such value
    assert site.service.received == []


def test_a_member_joins_its_own_data_with_what_open_values_found(site: Site) -> None:
    """The restricted rows are joined here; the service got the value that is open, too."""
    text = "SELECT * { ?s <x:same> ?w SERVICE <SVC> { ?w <x:label> ?l } ?w <x:seen> ?n }"
    assert site.ask(text, member=True) == site.expect(text, member=True) != Counter()
    assert CANARY not in "".join(site.service.received + site.service.heads)


NAMES = ("?a", "?b", "?c")
TERMS = st.sampled_from([*NAMES, *NAMES, "<x:a>", "<x:w1>"])
STEPS = st.sampled_from(
    ["<x:same>", "<x:same>", "<x:name>", "<x:hidden>", "<x:part>", "<x:seen>", "?p"]
)
REMOTE_STEPS = st.sampled_from(["<x:label>", "<x:next>"])
LOCAL = st.builds("{} {} {} . ".format, TERMS, STEPS, TERMS)
CALL = st.builds("SERVICE <SVC> {{ {} {} {} }} ".format, TERMS, REMOTE_STEPS, TERMS)
OPTIONAL_CALL = st.builds(
    "SERVICE <SVC> {{ ?b <x:label> ?c OPTIONAL {{ {} {} {} }} }} ".format, TERMS, STEPS, TERMS
)
LINKED_CALL = st.builds(
    "?s{0} {1} ?w{0} . SERVICE <SVC> {{ ?w{0} {2} {3} }} ".format,
    st.sampled_from("ab"),
    STEPS,
    REMOTE_STEPS,
    TERMS,
)
FILTERS = st.builds("FILTER({} != {}) ".format, *[st.sampled_from(NAMES)] * 2)
GROUPS = st.recursive(
    st.one_of(LOCAL, LINKED_CALL, CALL, OPTIONAL_CALL, FILTERS),
    lambda part: st.one_of(
        st.builds("{}{}".format, part, part),
        st.builds("OPTIONAL {{ {} }} ".format, part),
        st.builds("{{ {} }} UNION {{ {} }} ".format, part, part),
        st.builds("{{ SELECT ?a ?b {{ {} }} }} ".format, part),
        st.builds(
            "{{ SELECT ?a (COUNT(*) AS ?n{}) {{ {} }} GROUP BY ?a }} ".format,
            st.integers(0, 9),
            part,
        ),
    ),
    max_leaves=6,
)


@limits(max_examples=80)
@given(group=GROUPS, member=st.booleans())
def test_no_restricted_value_ever_leaves_and_no_answer_is_wrong(
    site: Site,
    group: str,
    member: bool,  # noqa: FBT001 - drawn
) -> None:
    """Whatever is asked, by whoever: what a service receives is searched."""
    forget(site)
    text = f"SELECT * {{ {group} }}"
    try:
        expected = site.expect(text, member=member)
    except (SyntaxError, ValueError):
        return  # a variable is bound twice
    try:
        answer = site.ask(text, member=member)
    except (QueryError, AnswerTooLarge):
        answer = expected  # refused
    assert answer == expected, text
    assert CANARY not in "".join(site.service.received + site.service.heads), text


def ask_one(site: Site) -> Counter[tuple[str, ...]]:
    return site.ask("SELECT * { ?s <x:same> ?w SERVICE <SVC> { ?w <x:label> ?l } }")


ROW = b'{"head":{"vars":["w","l"]},"results":{"bindings":[{"w":%s}]}}'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'{"head":{"vars":["w"]}}',
        b'{"boolean":true}',
        b'{"head":{"vars":["l"]},"results":{"bindings":[]}}',
        b'{"head":{"vars":["w","l"]},"results":{"bindings":7}}',
        b'{"head":{"vars":["w","l"]},"results":{"bindings":[{"w":"text"}]}}',
        ROW % b'{"type":"uri","value":"x:a> } DROP ALL #"}',
        ROW % b'{"type":"uri","value":7}',
        ROW % b'{"type":"uri","value":"relative"}',
        ROW % b'{"type":"literal","value":"a","xml:lang":"f r"}',
        ROW % b'{"type":"literal","value":"a","datatype":"not an iri"}',
        ROW % b'{"type":"literal","value":"\\ud800"}',
        ROW % b'{"type":"triple","value":{"subject":{"type":"literal","value":"a"}}}',
        ROW % (b'{"type":"triple","value":{"object":' * 100 + b"{}" + b"}}" * 100),
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_an_answer_that_is_no_table_is_refused(site: Site, body: bytes) -> None:
    site.service.answers(body)
    with pytest.raises(FetchError, match="cannot be read"):
        ask_one(site)


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_page_is_no_answer(site: Site, status: int) -> None:
    site.service.answers(b"<html>canary-page", "text/html; charset=utf-8", status)
    with pytest.raises(FetchError, match=f"answered {status} with “text/html”") as failure:
        ask_one(site)
    assert "canary-page" not in str(failure.value)


def test_a_redirect_is_not_followed(site: Site) -> None:
    """Neither to the inside of the network, nor to this very service."""
    for target in ("http://169.254.169.254/latest", site.service.address):
        site.service.redirects(target)
        with pytest.raises(FetchError, match="redirects to another address"):
            ask_one(site)
    assert len(site.service.heads) == 2


def test_a_service_at_an_inside_address_is_called_only_if_allowed(site: Site) -> None:
    settings = FederationSettings(services=(site.service.address,))
    closed = replace(site, federation=Federation(settings, FetchSettings(), BASE, {}))
    with pytest.raises(AddressError, match="no public address"):
        ask_one(closed)
    assert site.service.heads == []


def test_a_slow_service_is_left_after_its_seconds_and_the_reader_pays_for_them(site: Site) -> None:
    site.service.drips(3)
    settings = FederationSettings(services=(site.service.address,), seconds=0.4)
    federation = Federation(settings, FETCH, BASE, {})
    spent: list[float] = []
    asker = QueryReader("somebody", Share(), spent.append)
    text = f"SELECT * {{ SERVICE <{site.service.address}> {{ ?s ?p ?o }} }}"
    with pytest.raises(LimitError, match=r"more than 0\.4 seconds"):
        federation.expand(parse(text, None, {}), text, asker, evaluate_in(site.open), None)
    assert 0.3 < sum(spent) < 2


def test_a_huge_answer_is_refused(site: Site) -> None:
    rows = b",".join(b'{"w":{"type":"uri","value":"x:%d"}}' % n for n in range(60))
    site.service.answers(b'{"head":{"vars":["w","l"]},"results":{"bindings":[%s]}}' % rows)
    with pytest.raises(AnswerTooLarge, match="more than 50 rows"):
        ask_one(site)
    site.service.answers(b" " * 6_000_000)
    with pytest.raises(LimitError, match="more than 5000000 bytes"):
        ask_one(site)


def test_an_echo_of_the_query_changes_nothing_here(site: Site) -> None:
    """Variables that were not asked for are dropped, and texts stay texts."""

    def echo(to: object, query: str) -> None:
        row = {"w": ("uri", "x:w1"), "s": ("uri", "x:b"), "l": ("literal", query)}
        cells = {name: {"type": kind, "value": value} for name, (kind, value) in row.items()}
        body = json.dumps({"head": {"vars": [*row]}, "results": {"bindings": [cells]}})
        site.service.send(to, body.encode())  # type: ignore[arg-type] # a handler

    site.service.answer = echo
    ((subject, *_),) = [(row[1], row) for row in ask_one(site)]
    assert subject == "<x:a>"


def test_results_are_kept_for_a_while(site: Site) -> None:
    numbers = count()
    federation = site.federation
    uses = []
    text = f"SELECT * {{ SERVICE <{site.service.address}> {{ ?s <x:label> ?o }} }}"
    for _ in range(3):
        asker = QueryReader(str(next(numbers)), Share())
        query = parse(text, None, {})
        uses.append(federation.expand(query, text, asker, evaluate_in(site.open), None)[1])
    assert len(site.service.received) == 1
    assert uses[0] == uses[1] == uses[2]
    assert uses[0][0].address == site.service.address


def test_empty_results_take_room_too(site: Site) -> None:
    """However many different ones are asked for."""
    kept = timed_cache(5 * OVERHEAD, 60.0)
    settings = FederationSettings(services=(site.service.address,))
    site.federation = Federation(settings, FETCH, BASE, kept)
    for number in range(8):
        assert not site.ask(f"SELECT * {{ SERVICE <SVC> {{ ?s <x:none{number}> ?o }} }}")
    assert len(kept) == 5


def test_results_go_with_the_generation_whose_values_were_sent(site: Site) -> None:
    """What was erased stays neither in what was sent nor in what came back."""
    text = "SELECT * { ?s <x:same> ?w SERVICE <SVC> { ?w <x:label> ?l } }"
    former, latest = object(), object()
    for generation in (former, former, latest, latest):
        site.federation.follow(generation)
        site.ask(text)
    assert len(site.service.received) == 2
    # Nor does a call that a publication overtakes keep anything.
    forget(site)
    site.federation.follow(former)
    evaluate = site.service.evaluate

    def publish_meanwhile(to: BaseHTTPRequestHandler, query: str) -> None:
        site.federation.follow(latest)
        evaluate(to, query)

    site.service.answer = publish_meanwhile
    site.ask(text)
    site.ask(text)
    assert len(site.service.received) == 2


def test_a_reader_does_not_hold_all_calls(site: Site) -> None:
    """A third call of one reader at a time is refused; another reader's is not."""
    turns = [site.federation._take_turn(QueryReader("a", Share())) for _ in range(3)]  # noqa: SLF001 - timing
    with turns[0], turns[1]:
        with pytest.raises(LimitError, match="waiting"), turns[2]:
            pass
        with site.federation._take_turn(QueryReader("b", Share())):  # noqa: SLF001 - timing
            pass
