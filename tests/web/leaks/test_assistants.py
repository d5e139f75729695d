"""No tool and no resource for assistants shows a reader what it may not read or discover.

They are called with POST, so that the requests of `plans` do not reach them: each is called here as
every reader, about every dataset, and hidden data look absent.
"""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from parvis.governance import Reader
from parvis.pooling.serving.query import Row
from parvis.web.api.assistants.tools import BY_NAME
from tests.web.leaks.asking import NAME, read_response
from tests.web.leaks.conftest import Served
from tests.web.leaks.plans import (
    ALL_QUERIES,
    BEGINNINGS,
    GRAPH,
    IRIS,
    NAMING_QUERIES,
    SUBJECTS,
    WORDS,
    Probe,
)
from tests.web.leaks.pool import ABSENT, BASE, READERS, SECRETS
from tests.web.leaks.test_leaks import (
    LIKE_HIDDEN,
    each_reader,
    find_figures,
    find_leaks,
    find_secrets,
    normalize,
    visible_kinds,
)

if TYPE_CHECKING:
    from parvis.pooling.serving.service import PoolService

RULE = "/mcp"
RESPELT = re.compile(r'\\?"respelt\\?":(?:\\?"[^"\\]*\\?"|null)')
GENERAL: tuple[tuple[str, dict[str, Any]], ...] = (
    *(("search", {"query": word}) for word in (*BEGINNINGS[:4], "soirée", "salle", "alpha")),
    *(("query", {"query": query, "limit": 500}) for query in ALL_QUERIES),
    *(("query", {"query": query, "version": 1}) for query in ALL_QUERIES[:2]),
    *(("describe", {"iri": f"{BASE}{path}"}) for path in ("id/partner/alpha", "catalog")),
    ("schema", {}),
    ("schema", {"class": "schema:Event"}),
    ("schema", {"list": "discipline"}),
    ("example_queries", {}),
    ("example_queries", {"slug": "spectacles", "lang": "fr"}),
    ("figures", {}),
    ("figures", {"area": "each"}),
    ("relays", {}),
    ("relays", {"public": "everyone"}),
)
RESOURCES = ("parvis:catalogue", "parvis:ontology", "parvis:ontology/area", "parvis:guide")


def list_calls(subject: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the calls that name a dataset."""

    def fill(text: str) -> str:
        return text.replace("{graph}", GRAPH).replace("{thing}", IRIS[0]).replace("{name}", subject)

    yield from (("search", {"query": fill(word)}) for word in WORDS[:3])
    yield from (("describe", {"iri": fill(iri)}) for iri in IRIS[:4])
    yield from (
        ("query", {"query": fill(query)}) for query in (*NAMING_QUERIES[:4], NAMING_QUERIES[-1])
    )
    yield from (("query", {"query": fill(q), "version": 1}) for q in NAMING_QUERIES[:1])
    yield "figures", {"release": f"alpha/zq{subject}"}
    yield "example_queries", {"slug": f"zq{subject}"}
    yield "schema", {"class": f"zq{subject}"}


def strip(text: str, subject: str) -> str:
    """Remove what may differ: a spelling is offered for each word that is typed."""
    return normalize(RESPELT.sub("", text), subject)


class Assistant:
    """Sends messages as a reader."""

    def __init__(self, served: Served, reader: str) -> None:
        self._client = served.app.test_client(use_cookies=False)
        token = served.tokens.get(reader)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def send(self, method: str, params: dict[str, Any]) -> tuple[Probe, str]:
        """Return a request, and the whole response as text."""
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        body = json.dumps(message, ensure_ascii=False)
        response = self._client.post(
            "/mcp",
            data=body.encode(),
            content_type="application/json",
            headers={**self._headers, "X-Request-Id": NAME},
        )
        return Probe(RULE, body), read_response(response)

    def call(self, tool: str, arguments: dict[str, Any]) -> tuple[Probe, str]:
        return self.send("tools/call", {"name": tool, "arguments": arguments})


@each_reader
def test_no_tool_shows_words_that_its_reader_may_not_see(served: Served, reader: str) -> None:
    assistant, leaks, differences = Assistant(served, reader), [], []
    called, words_seen = set(), set()
    absent = [assistant.call(*call)[1] for call in list_calls(ABSENT)]
    subjects = [name for name in SUBJECTS if not (reader and name in LIKE_HIDDEN)]
    for subject in (None, *subjects):
        calls = GENERAL if subject is None else tuple(list_calls(subject))
        for number, (tool, arguments) in enumerate(calls):
            probe, text = assistant.call(tool, arguments)
            called.add(tool)
            words_seen |= find_secrets(text) - find_secrets(probe.address)
            if find_leaks(reader, probe, text) | find_figures(reader, served, text):
                leaks.append((tool, arguments))
            # Of a dataset that may not even be discovered, nothing differs from one that is absent.
            is_hidden = subject in SECRETS and not visible_kinds(reader, str(subject))
            if is_hidden and strip(text, str(subject)) != strip(absent[number], ABSENT):
                differences.append((tool, arguments))
    for uri in RESOURCES:
        probe, text = assistant.send("resources/read", {"uri": uri})
        words_seen |= find_secrets(text)
        if find_leaks(reader, probe, text) | find_figures(reader, served, text):
            leaks.append((uri, {}))
    assert not leaks
    assert not differences
    assert called == BY_NAME.keys()
    # It reads all that it may.
    assert words_seen >= {(kind, name) for name in SECRETS for kind in visible_kinds(reader, name)}


def test_what_is_computed_of_rows_is_shared_by_readers_of_the_same_rows_only(
    served: Served,
) -> None:
    service: PoolService = served.app.extensions["parvis"]
    readers = [Reader(f"{BASE}id/partner/{name}" if name else None) for name in READERS]
    queries = [query for query in ALL_QUERIES[:3] if query.startswith("SELECT")]
    expected = {
        (reader.iri, query): service.rows(reader, query) for reader in readers for query in queries
    }
    assert len({repr(rows) for rows in expected.values()}) > len(queries)
    computed = []

    def list_rows(rows: list[Row]) -> list[Row]:
        computed.append(rows)
        return rows

    for _ in range(2):
        for (iri, query), rows in expected.items():
            assert service.compute_of_rows(Reader(iri), query, list_rows) == rows
    assert len(computed) <= len(expected)


@pytest.mark.parametrize("reader", READERS)
def test_a_tool_reads_what_sparql_returns_to_the_same_reader(served: Served, reader: str) -> None:
    query = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g"
    _, text = Assistant(served, reader).call("query", {"query": query, "limit": 500})
    result = json.loads(text[text.index("\n{") :])["result"]
    assert not result["isError"], result
    tool = result["structuredContent"]
    answer = served.ask_as(reader)(f"/sparql?query={query}", Accept="application/json").get_json()
    assert [row[0] for row in tool["rows"]] == [
        row["g"]["value"] for row in answer["results"]["bindings"]
    ]
    assert tool["next_offset"] is None
