"""Assistants speak with the pool by the Model Context Protocol: what each message is answered."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from hashlib import sha256
from threading import Thread
from time import sleep, thread_time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from werkzeug.test import Client, TestResponse

from parvis.config import Settings
from parvis.governance import Reader
from parvis.ledger import Act, Audit
from parvis.web.api.assistants.messages import META, PER_REQUEST, SUPPORTED
from parvis.web.api.assistants.pages import MOST_BYTES
from parvis.web.api.assistants.tools import BY_NAME, TOOLS
from parvis.web.api.assistants.turns import (
    ASKING,
    INSIDE,
    LONGEST_REST,
    PART,
    REST,
    Turns,
)

NAMES = "SELECT ?s ?name { ?s schema:name ?name } ORDER BY ?s ?name"
DISCIPLINES = "?s skos:inScheme <https://w3id.org/parvis/concept/discipline>"
MANY = f"SELECT ?s ?p ?o {{ {DISCIPLINES} ; ?p ?o }} ORDER BY ?s ?p ?o"


def send(client: FlaskClient, message: object, **headers: str) -> TestResponse:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/mcp", data=body, content_type="application/json", headers=named)


def ask(client: FlaskClient, method: str, params: object = None, **headers: str) -> Any:  # noqa: ANN401 - JSON is anything
    """Send a request as before 2026-07-28, and return its result, or its error."""
    message = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params or {}}
    answer = send(client, message, **headers).get_json()
    assert answer["id"] == 7
    return answer.get("result", answer.get("error"))


def call(client: FlaskClient, tool: str, **arguments: object) -> Any:  # noqa: ANN401 - the same
    return ask(client, "tools/call", {"name": tool, "arguments": arguments})


def read(client: FlaskClient, tool: str, **arguments: object) -> Any:  # noqa: ANN401 - the same
    """Call a tool, and return its data."""
    result = call(client, tool, **arguments)
    assert not result["isError"], result
    assert json.loads(result["content"][0]["text"]) == result["structuredContent"]
    return result["structuredContent"]


def refusal(client: FlaskClient, tool: str, **arguments: object) -> str:
    """Call a tool in vain, and return the message."""
    result = call(client, tool, **arguments)
    assert result["isError"]
    assert "structuredContent" not in result
    text: str = result["content"][0]["text"]
    return text


def stateless(method: str, version: str = PER_REQUEST, **params: Any) -> dict[str, Any]:  # noqa: ANN401 - the same
    """Return a request of version 2026-07-28."""
    meta = {f"{META}protocolVersion": version, f"{META}clientCapabilities": {}}
    message = {"jsonrpc": "2.0", "id": "a", "method": method}
    return {**message, "params": {**params, "_meta": meta}}


def send_stateless(
    client: FlaskClient,
    method: str,
    named: str = "",
    **params: Any,  # noqa: ANN401 - the same
) -> TestResponse:
    headers = {"MCP_Protocol_Version": PER_REQUEST, "Mcp_Method": method}
    if named:
        headers["Mcp_Name"] = named
    return send(client, stateless(method, **params), **headers)


def test_a_client_of_before_begins_by_initialize(client: FlaskClient) -> None:
    for version in SUPPORTED[1:]:
        result = ask(client, "initialize", {"protocolVersion": version, "capabilities": {}})
        assert result["protocolVersion"] == version
    assert result["capabilities"] == {"tools": {}, "resources": {}}
    assert result["serverInfo"]["name"] == "parvis"
    assert "next_offset" in result["instructions"]
    # An unknown version is answered with the latest that begins so.
    for unknown in ("1999-01-01", "2026-07-28", 3, None, {"a": 1}):
        assert (
            ask(client, "initialize", {"protocolVersion": unknown})["protocolVersion"]
            == SUPPORTED[1]
        )
    response = send(client, {"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (response.status_code, response.data) == (202, b"")
    assert ask(client, "ping") == {}


def test_a_client_of_2026_sends_its_version_with_each_request(client: FlaskClient) -> None:
    answer = send_stateless(client, "server/discover").get_json()
    result = answer["result"]
    assert (answer["id"], result["resultType"]) == ("a", "complete")
    assert result["supportedVersions"] == list(SUPPORTED)
    assert result["_meta"][f"{META}serverInfo"]["name"] == "parvis"
    for method in ("server/discover", "tools/list", "resources/list", "resources/templates/list"):
        result = send_stateless(client, method).get_json()["result"]
        assert (result["cacheScope"], result["ttlMs"] > 0) == ("private", True), method
    called = send_stateless(
        client, "tools/call", "search", name="search", arguments={"query": "soeurs"}
    )
    assert called.get_json()["result"]["structuredContent"]["results"]
    # What the version no longer has is not there.
    for method in ("initialize", "ping", "prompts/list", "subscriptions/listen"):
        response = send_stateless(client, method)
        assert (response.status_code, response.get_json()["error"]["code"]) == (404, -32601), method


@pytest.mark.parametrize(
    ("headers", "message", "code"),
    [
        ({}, stateless("tools/list"), -32020),
        ({"MCP_Protocol_Version": PER_REQUEST}, stateless("tools/list"), -32020),
        (
            {"MCP_Protocol_Version": SUPPORTED[1], "Mcp_Method": "tools/list"},
            stateless("tools/list"),
            -32020,
        ),
        (
            {"MCP_Protocol_Version": PER_REQUEST, "Mcp_Method": "ping"},
            stateless("tools/list"),
            -32020,
        ),
        (
            {"MCP_Protocol_Version": PER_REQUEST, "Mcp_Method": "tools/call", "Mcp_Name": "query"},
            stateless("tools/call", name="search"),
            -32020,
        ),
        ({"MCP_Protocol_Version": "2031-01-01"}, stateless("tools/list", "2031-01-01"), -32022),
        (
            {"MCP_Protocol_Version": "x" * 5000},
            {"jsonrpc": "2.0", "id": 1, "method": "ping"},
            -32022,
        ),
        ({}, stateless("tools/list", "2031-01-01"), -32022),
        (
            {"MCP_Protocol_Version": PER_REQUEST, "Mcp_Method": "tools/list"},
            {"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
            -32602,
        ),
    ],
)
def test_headers_that_do_not_repeat_the_body_are_refused(
    client: FlaskClient, headers: dict[str, str], message: dict[str, Any], code: int
) -> None:
    response = send(client, message, **headers)
    assert (response.status_code, response.get_json()["error"]["code"]) == (400, code)
    assert response.get_json()["id"] == message["id"]
    if code == -32022:
        assert response.get_json()["error"]["data"]["supported"] == list(SUPPORTED)


def test_a_name_in_a_header_may_be_encoded(client: FlaskClient) -> None:
    encoded = "=?base64?c2VhcmNo?="
    response = send_stateless(
        client, "tools/call", encoded, name="search", arguments={"query": "x"}
    )
    assert "result" in response.get_json()
    for wrong in ("=?base64?*?=", "=?base64?/w==?="):
        response = send_stateless(client, "tools/call", wrong, name="search")
        assert response.get_json()["error"]["code"] == -32020


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        (b"", -32700, 400),
        (b"{", -32700, 400),
        (b"\xff\xfe", -32700, 400),
        (b'{"a": 1, "a": 2}', -32700, 400),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "\\ud800"}', -32700, 400),
        (b"[" * 60_000, -32700, 400),
        (b'{"a":' * 20_000, -32700, 400),
        (b" " * 1_000_000, -32600, 413),
        (b"[]", -32600, 400),
        (b'[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]', -32600, 400),
        (b'"ping"', -32600, 400),
        (b'{"id": 1, "method": "ping"}', -32600, 400),
        (b'{"jsonrpc": "2.0", "id": 1}', -32600, 400),
        (b'{"jsonrpc": "2.0", "id": null, "method": "ping"}', -32600, 400),
        (b'{"jsonrpc": "2.0", "id": 1.5, "method": "ping"}', -32600, 400),
        (b'{"jsonrpc": "2.0", "id": true, "method": "ping"}', -32600, 400),
        (b'{"jsonrpc": "2.0", "id": [1], "method": "ping"}', -32600, 400),
        (b'{"jsonrpc": "2.0", "id": 1, "method": 5}', -32600, 400),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}', -32602, 400),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"_meta": 1}}', -32602, 400),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "no/such"}', -32601, 200),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call"}', -32602, 200),
        (
            b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"cursor": "x"}}',
            -32602,
            200,
        ),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "resources/read"}', -32002, 200),
    ],
)
def test_what_is_no_message_is_refused_in_a_few_words(
    client: FlaskClient, body: bytes, code: int, status: int
) -> None:
    response = send(client, body)
    assert (response.status_code, response.get_json()["error"]["code"]) == (status, code)
    assert len(response.data) < 600
    french = send(client, body, Accept_Language="fr").get_json()["error"]["message"]
    assert french != response.get_json()["error"]["message"]


@examples(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from([*BY_NAME, "none", 3]),
    arguments=st.dictionaries(
        st.sampled_from(["query", "iri", "offset", "limit", "lang", "slug", "class", "area", "zz"]),
        st.none()
        | st.booleans()
        | st.integers()
        | st.text(max_size=30)
        | st.lists(st.text(max_size=3)),
        max_size=4,
    ),
)
def test_hostile_arguments_are_answered_as_any(
    client: FlaskClient, name: object, arguments: dict[str, Any]
) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    response = send(client, {**message, "params": {"name": name, "arguments": arguments}})
    assert response.status_code == 200
    answer = response.get_json()
    assert answer.get("error", {}).get("code") == -32602 or "content" in answer["result"]
    assert len(response.data) <= MOST_BYTES


def test_only_a_post_of_json_from_the_site_itself_is_answered(client: FlaskClient) -> None:
    for method in ("GET", "HEAD", "DELETE", "PUT"):
        response = client.open("/mcp", method=method)
        assert (response.status_code, "POST" in response.headers["Allow"]) == (405, True), method
    assert client.post("/mcp", data="{}", content_type="text/plain").status_code == 415
    message = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    for origin in ("https://evil.example", "null", "http://127.0.0.1:9"):
        assert send(client, message, Origin=origin).status_code == 403
    assert send(client, message, Origin="http://localhost").status_code == 200
    assert send(client, message, Authorization="Bearer parvis_x").status_code == 401


def test_responses_join_no_session_and_are_never_stored(client: FlaskClient) -> None:
    response = send(client, {"jsonrpc": "2.0", "id": 1, "method": "ping"}, Mcp_Session_Id="x")
    assert response.headers["Cache-Control"] == "no-store"
    assert "Mcp-Session-Id" not in response.headers
    assert "RateLimit-Policy" in response.headers
    response = send(client, {"jsonrpc": "2.0", "id": 1, "result": {}})
    assert response.status_code == 202


def test_tools_say_what_they_take_in_the_language_of_the_client(client: FlaskClient) -> None:
    tools = ask(client, "tools/list")["tools"]
    assert [tool["name"] for tool in tools] == [tool.name for tool in TOOLS]
    for tool in tools:
        Draft202012Validator.check_schema(tool["inputSchema"])
        Draft202012Validator.check_schema(tool["outputSchema"])
        assert tool["annotations"]["readOnlyHint"]
        assert tool["inputSchema"]["properties"].keys() >= {"offset", "lang"}
    assert tools[0]["title"] == "Search by words"
    assert (
        ask(client, "tools/list", Accept_Language="fr-CA")["tools"][0]["title"]
        == "Chercher par mots"
    )


def test_every_answer_names_version_licence_and_attribution(client: FlaskClient) -> None:
    soeurs = read(client, "search", query="soeurs")["results"][0]["iri"]
    for tool, arguments in (
        ("search", {"query": "soeurs"}),
        ("describe", {"iri": soeurs}),
        ("schema", {}),
        ("schema", {"class": "schema:Event"}),
        ("schema", {"list": "discipline"}),
        ("example_queries", {}),
        ("example_queries", {"slug": "spectacles"}),
        ("query", {"query": NAMES}),
        ("query", {"query": "ASK {}"}),
        ("figures", {}),
        ("relays", {}),
        ("relays", {"public": "everyone"}),
    ):
        data = read(client, tool, **arguments)
        Draft202012Validator(BY_NAME[tool].to_json("en")["outputSchema"]).validate(data)
        source = data["source"]
        assert source["published_version"] == 1, tool
        assert source["licences"][0]["iri"] == "https://creativecommons.org/licenses/by/4.0/", tool
        assert "published version 1" in source["attribution"], tool


def test_a_resource_is_found_and_described(client: FlaskClient) -> None:
    result = read(client, "search", query="soeurs")["results"][0]
    assert result["dataset"] == "theatre-b/spectacles"
    data = read(client, "describe", iri=result["iri"], lang="fr")
    assert data["name"] == result["name"]
    named = [row for row in data["statements"] if row.get("property") == "schema:name"]
    assert named[0]["datasets"] == ["theatre-b/spectacles"]
    assert read(client, "search", query="zzzz")["hint"]
    assert "absolute IRI" in refusal(client, "describe", iri="soeurs")
    assert "nothing is said here" in refusal(client, "describe", iri="urn:x:none")


def test_a_query_is_answered_in_pages_of_one_version(client: FlaskClient) -> None:
    first = read(client, "query", query=MANY, limit=7)
    version = first["source"]["published_version"]
    assert first["columns"] == ["s", "p", "o"]
    rows, offset = first["rows"], first["next_offset"]
    assert offset == 7
    while offset is not None and offset < 40:
        page = read(client, "query", query=MANY, limit=9, offset=offset, version=version)
        rows += page["rows"]
        offset = page["next_offset"]
    whole = read(client, "query", query=MANY, limit=500)
    assert rows == whole["rows"][: len(rows)]
    assert read(client, "query", query="ASK { ?s schema:name ?o }")["boolean"] is True
    values = 'SELECT (1 AS ?a) (1.5 AS ?b) (true AS ?c) ("x"@fr AS ?d) (<urn:x> AS ?e) ?f {}'
    assert read(client, "query", query=values)["rows"] == [[1, 1.5, True, "x", "urn:x", None]]
    terms = ('"abc"^^xsd:integer', '"x.y"^^xsd:decimal', '"2"^^xsd:boolean', '"y"^^<urn:x#integer>')
    wrong = " ".join(f"({term} AS ?x{number})" for number, term in enumerate(terms))
    assert read(client, "query", query=f"SELECT {wrong} {{}}")["rows"] == [["abc", "x.y", "2", "y"]]


def test_a_refused_query_says_what_to_correct(client: FlaskClient) -> None:
    text = refusal(client, "query", query="SELECT ?s { ?s a nothing:Event }")
    assert "nothing" in text
    assert "“schema” has the classes" in text
    assert "SELECT and ASK" in refusal(client, "query", query="CONSTRUCT WHERE { ?s ?p ?o }")
    assert "“query” is missing" in refusal(client, "query")
    assert "there are: query, limit, version" in refusal(client, "query", sparql="ASK {}")
    assert "whole number from 1 to 500" in refusal(client, "query", query="ASK {}", limit=0)
    french = refusal(client, "query", query="INSERT DATA { <x:a> <x:b> 1 }", lang="fr")
    assert "données. Corrigez la requête" in french
    assert "generation" in refusal(client, "query", query="ASK {}", version=999)


def test_no_response_is_larger_than_an_assistant_can_read(client: FlaskClient) -> None:
    """Whatever fits goes on at the next offset, and nothing is lost between two pages."""
    wide = 'SELECT ?n (CONCAT("é\\"\\\\", STR(?n)) AS ?x) { VALUES ?n { %s } }'
    numbers = " ".join(f'"{number:0>300}"' for number in range(120))
    seen, offset = [], 0
    while offset is not None:
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
        arguments = {"query": wide % numbers, "limit": 500, "offset": offset}
        response = send(client, {**message, "params": {"name": "query", "arguments": arguments}})
        assert len(response.data) <= MOST_BYTES
        data = response.get_json()["result"]["structuredContent"]
        seen += [int(row[0]) for row in data["rows"]]
        offset = data["next_offset"]
    assert seen == list(range(120))
    # A single value is cut; a row that cannot be shortened enough is refused with advice.
    long = read(client, "query", query=f'SELECT ("{"a" * 30_000}" AS ?x) {{}}')["rows"][0][0]
    assert (len(long), long[-1]) == (2_001, "…")
    columns = " ".join(f'("{"b" * 200}" AS ?x{number})' for number in range(200))
    assert "fewer columns" in refusal(client, "query", query=f"SELECT {columns} {{}}")
    columns = " ".join(f"?{'b' * 200}{number}" for number in range(200))
    empty = f"SELECT {columns} {{ VALUES ?none {{}} }}"
    assert "fewer columns" in refusal(client, "query", query=empty)
    assert len(refusal(client, "query", query=f"SELECT * {{ ?s {'p' * 50_000}:x ?o }}")) < 3_000


def test_the_schema_is_a_digest_of_a_few_kilobytes(client: FlaskClient) -> None:
    data = read(client, "schema")
    classes = {row["class"]: row for row in data["classes"]}
    assert classes["schema:Event"]["properties"]["parvis:discipline"] == "code list discipline"
    assert classes["schema:Event"]["properties"]["schema:startDate"] == "xsd:date | xsd:dateTime"
    assert classes["schema:Event"]["entities"] > 0
    assert data["next_offset"] is None
    assert len(json.dumps(data)) < 12_000
    event = read(client, "schema", **{"class": "http://schema.org/Event"}, lang="fr")
    assert event["properties"][0]["name"] == "nom"
    codes = read(client, "schema", list="discipline", lang="fr")["codes"]
    assert {"Théâtre"} & {row["label"] for row in codes}
    assert "schema:Event" in refusal(client, "schema", **{"class": "x"})
    assert "discipline" in refusal(client, "schema", list="x")


def test_an_example_query_is_found_filled_and_run(client: FlaskClient) -> None:
    examples = read(client, "example_queries", words="Which shows are announced?")["examples"]
    assert examples[0]["slug"] == "spectacles"
    example = read(client, "example_queries", slug=examples[0]["slug"])["examples"][0]
    assert read(client, "query", query=example["sparql"])["rows"]
    assert "there is no example" in refusal(client, "example_queries", slug="x")
    wrong = refusal(client, "example_queries", slug="spectacles", parameters={"zz": "1"})
    assert "no parameter" in wrong


def test_resources_are_listed_and_read(client: FlaskClient) -> None:
    listed = {row["uri"]: row for row in ask(client, "resources/list")["resources"]}
    assert listed.keys() >= {"parvis:catalogue", "parvis:ontology", "parvis:guide"}
    templates = ask(client, "resources/templates/list")["resourceTemplates"]
    assert len(templates) == 3
    for uri in (*listed, "parvis:ontology/discipline", "parvis:catalogue?offset=1"):
        (content,) = ask(client, "resources/read", {"uri": uri})["contents"]
        assert content["uri"] == uri
        assert "published_version" in content["text"], uri
        assert len(content["text"].encode()) <= MOST_BYTES
    catalogue = json.loads(
        ask(client, "resources/read", {"uri": "parvis:catalogue"})["contents"][0]["text"]
    )
    assert {row["dataset"] for row in catalogue["datasets"]} >= {"theatre-b/spectacles"}
    for uri in (
        "parvis:none",
        "parvis:guide/fr/../x",
        "file:///etc/passwd",
        "parvis:guide/xx/index",
        "parvis:catalogue?offset=-1",
        "parvis:catalogue?offset=x",
        f"parvis:catalogue?offset=0&x={'x' * 60_000}",
        "//[",
        "",
        5,
    ):
        assert ask(client, "resources/read", {"uri": uri})["code"] == -32002
    stateless_answer = send_stateless(client, "resources/read", "parvis:none", uri="parvis:none")
    assert stateless_answer.get_json()["error"]["code"] == -32602


def test_a_long_page_of_the_guide_goes_on(client: FlaskClient) -> None:
    uri, text = "parvis:guide/fr/addresses", ""
    while uri:
        (content,) = ask(client, "resources/read", {"uri": uri})["contents"]
        *lines, last = content["text"].split("\n")
        goes_on = last.startswith("[")
        text += "\n".join(lines[: -2 if goes_on else -1])
        uri = last.rpartition(" ")[2].rstrip("]") if goes_on else ""
    assert "| `/sparql` |" in text
    assert text.rstrip().endswith(".")


def test_nothing_published_is_said_so(empty_client: FlaskClient) -> None:
    assert ask(empty_client, "initialize")["serverInfo"]
    assert "try again" in refusal(empty_client, "search", query="x")
    assert ask(empty_client, "resources/read", {"uri": "parvis:catalogue"})["code"] == -32603


def test_a_token_reads_what_its_party_may_read(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    query = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g"
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    params = {"name": "query", "arguments": {"query": query, "limit": 500}}

    def graphs(**headers: str) -> set[str]:
        answer = send(browser, {**message, "params": params}, **headers).get_json()
        return {row[0] for row in answer["result"]["structuredContent"]["rows"]}

    graph = "https://pool.test/graph/theatre-b/billets"
    assert graph not in graphs()
    token = {"Authorization": f"Bearer {issue_token('chercheuse')}"}
    assert graph in graphs(**token)
    response = send(browser, {**message, "params": params}, **token)
    assert response.headers["Cache-Control"] == "private, no-store"


def test_what_is_read_with_a_token_is_written_down(
    research_app: Flask,
    research_settings: Settings,
    browser: FlaskClient,
    issue_token: Callable[[str], str],
) -> None:
    """By its act, with a digest of the message, never its words."""
    token = {"Authorization": f"Bearer {issue_token('chercheuse')}"}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    params = {"name": "search", "arguments": {"query": "soeurs"}}
    send(browser, {**message, "params": params}, **token)
    research_app.extensions["parvis.trail"][0].close()
    (record,) = Audit(research_settings.data).latest([Act.SEARCH], 1)
    assert record.entry["endpoint"] == "assistants.answer"
    body = json.dumps({**message, "params": params}).encode()
    assert record.entry["query"] == sha256(body).hexdigest()
    assert "soeurs" not in json.dumps(record.entry)


@pytest.fixture
def turns(app: Flask) -> Turns:
    turns: Turns = app.extensions["parvis.turns"]
    assert not turns._inside  # noqa: SLF001 - calls that wait would block this thread: they are counted
    return turns


def test_few_calls_run_at_once_and_a_reader_leaves_places_to_others() -> None:
    turns, readers = Turns(), [Reader(address=f"192.0.2.{n}") for n in range(INSIDE)]

    def fill(reader: Reader) -> int:
        while turns.has_place(reader.address):
            turns._inside[reader.address] += 1  # noqa: SLF001 - the same
        return turns._inside[reader.address]  # noqa: SLF001 - the same

    with ExitStack() as stack:
        assert stack.enter_context(turns.turn(readers[0], asks=False))
        assert all(stack.enter_context(turns.turn(readers[0], asks=True)) for _ in range(ASKING))
        places = [fill(reader) for reader in readers]
        assert places[0] <= INSIDE // PART
        assert places == sorted(places, reverse=True)
        assert sum(map(bool, places)) > INSIDE // 2  # two readers leave most places to others
        assert not stack.enter_context(turns.turn(readers[0], asks=True))
        assert not stack.enter_context(turns.turn(readers[-1], asks=True))
    turns._inside.clear()  # noqa: SLF001 - the same
    assert turns.has_place(readers[0].address)


def test_one_call_computes_at_a_time_also_of_those_that_waited_for_a_query() -> None:
    turns, events = Turns(), list[str]()

    def answer_query() -> None:
        with turns.turn(Reader(address="192.0.2.1"), asks=True):
            events.append("asks")
            with turns.compute():
                events.append("computes")

    thread = Thread(target=answer_query)
    with turns.turn(Reader(address="192.0.2.2"), asks=False), turns.compute():
        thread.start()
        while not events:
            sleep(0.001)
        events.append("first")
    thread.join()
    assert events == ["asks", "first", "computes"]


def test_a_call_that_comes_alone_waits_for_nothing_and_one_of_many_rests_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns, pauses = Turns(), list[float]()
    monkeypatch.setattr("parvis.web.api.assistants.turns.time.sleep", pauses.append)

    def compute_for(seconds: float) -> None:
        with turns.turn(Reader(address="192.0.2.1"), asks=False), turns.compute():
            end = thread_time() + seconds
            while thread_time() < end:
                pass

    for _ in range(2):
        compute_for(0.01)
    assert not pauses
    with turns.turn(Reader(address="192.0.2.2"), asks=True):
        compute_for(0.3)
        compute_for(0)
    assert pauses[0] == pytest.approx(REST * 0.01, rel=0.5)
    assert pauses[1] == pytest.approx(LONGEST_REST, rel=0.1)


@pytest.mark.parametrize("path", ["/mcp", "/fr/mcp"])
def test_a_message_that_finds_no_place_is_refused_unread(
    app: Flask, client: FlaskClient, turns: Turns, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says when to come again; other readers have their own places."""
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "schema"}}
    monkeypatch.setitem(turns._inside, "127.0.0.1", INSIDE // PART)  # noqa: SLF001 - the same
    # Reading the body would be an error.
    body = {"wsgi.input": None, "CONTENT_LENGTH": "100", "REMOTE_ADDR": "127.0.0.1"}
    response = Client(app.wsgi_app).post(
        path, content_type="application/json", environ_overrides=body
    )
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    error = response.get_json()["error"]
    assert "try again in 5 s" in error["message"]
    assert "réessayez dans 5 s" in error["data"]["details"]["fr"]
    other = client.post("/mcp", json=message, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert other.status_code == 200


def test_a_token_has_places_of_its_own(
    research_app: Flask, browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "schema"}}
    turns: Turns = research_app.extensions["parvis.turns"]
    turns._inside["127.0.0.1"] = INSIDE // PART  # noqa: SLF001 - the same
    try:
        assert send(browser, message).status_code == 503
        token = {"Authorization": f"Bearer {issue_token('chercheuse')}"}
        assert send(browser, message, **token).status_code == 200
        party = "https://pool.test/id/party/chercheuse"
        turns._inside[party] = INSIDE // PART  # noqa: SLF001 - the same
        refused = send(browser, message, **token)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert "try again in 5 s" in refused.get_json()["error"]["message"]
    finally:
        turns._inside.clear()  # noqa: SLF001 - the same
