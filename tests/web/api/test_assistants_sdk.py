"""The official client of the Model Context Protocol lists and calls each tool, in both versions."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.types import TextContent, TextResourceContents

from parvis.config import Settings
from parvis.pooling.serving.readers import create_token, revoke_token
from parvis.web.api.assistants.messages import HANDSHAKE, PER_REQUEST
from parvis.web.api.assistants.tools import TOOLS
from tests.serving import Serving

CALLS: dict[str, dict[str, Any]] = {
    "search": {"query": "soeurs"},
    "describe": {},
    "schema": {"class": "schema:Event"},
    "example_queries": {"slug": "spectacles"},
    "query": {"query": "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g"},
    "figures": {"area": "each"},
    "relays": {"public": "everyone", "lang": "fr"},
}
GRAPH = "graph/theatre-b/billets"
"""A graph that one reader alone may read, besides its partner."""


@pytest.fixture(scope="module")
def address(research_settings: Settings, serving: Serving) -> Iterator[str]:
    with serving(research_settings, research_settings.base) as site:
        yield f"{site}mcp"


@pytest.fixture(scope="module")
def token(research_settings: Settings) -> Iterator[str]:
    issued = create_token(research_settings, "chercheuse", label="essai")
    yield issued.text
    revoke_token(research_settings, issued.token.id)


async def converse(address: str, mode: str, token: str | None) -> dict[str, Any]:
    """List all that there is, and call each tool; return the data of each by its name."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx2.AsyncClient(headers=headers) as http_client:
        transport = streamable_http_client(address, http_client=http_client)
        async with Client(transport, mode=mode) as client:
            answers: dict[str, Any] = {"version": client.protocol_version}
            tools = (await client.list_tools()).tools
            assert [tool.name for tool in tools] == [tool.name for tool in TOOLS]
            for name, fixed in CALLS.items():
                described = {} if fixed else {"iri": answers["search"]["results"][0]["iri"]}
                # The library checks the data against the schema of the tool.
                result = await client.call_tool(name, fixed | described)
                assert not result.is_error, result
                (content,) = result.content
                assert isinstance(content, TextContent)
                assert json.loads(content.text) == result.structured_content
                answers[name] = result.structured_content
            refused = await client.call_tool("query", {"query": "SELECT"})
            assert refused.is_error
            with pytest.raises(MCPError, match="there is no tool"):
                await client.call_tool("none", {})
            resources = (await client.list_resources()).resources
            assert len((await client.list_resource_templates()).resource_templates) == 3
            for resource in resources[:4]:
                (piece,) = (await client.read_resource(resource.uri)).contents
                assert isinstance(piece, TextResourceContents)
                assert "published_version" in piece.text
            with pytest.raises(MCPError, match="there is no resource"):
                await client.read_resource("parvis:none")
            return answers


@pytest.mark.parametrize("mode", ["legacy", PER_REQUEST, "auto"])
@pytest.mark.parametrize("signed", [False, True], ids=["anonymous", "token"])
def test_the_official_client_lists_and_calls_each_tool(
    address: str, token: str, mode: str, *, signed: bool
) -> None:
    answers = asyncio.run(converse(address, mode, token if signed else None))
    assert answers["version"] == (HANDSHAKE[0] if mode == "legacy" else PER_REQUEST)
    graphs = {row[0] for row in answers["query"]["rows"]}
    assert any(graph.endswith(GRAPH) for graph in graphs) == signed


def test_a_wrong_token_is_refused(address: str) -> None:
    with pytest.raises((BaseExceptionGroup, MCPError)):
        asyncio.run(converse(address, "legacy", "parvis_wrong"))
