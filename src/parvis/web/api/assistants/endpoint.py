"""The endpoint for AI assistants: each request is answered by one JSON object, without a session.

Who asks is known as on every other address, by token or by network address; the origin that
browsers send is checked by `parvis.web.http.security`, as for every POST.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, current_app, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from parvis import __version__
from parvis.errors import NothingPublished, ParvisError
from parvis.i18n import N_, explain, say
from parvis.pooling.stewardship.trail import Act
from parvis.web.api.assistants.messages import (
    HANDSHAKE,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    LONGEST_SHOWN,
    META,
    MOST_BYTES,
    NO_METHOD,
    SUPPORTED,
    TOO_LARGE,
    Message,
    RpcError,
    is_stateless,
    parse_message,
)
from parvis.web.api.assistants.pages import encode
from parvis.web.api.assistants.resources import list_resources, list_templates, read_resource
from parvis.web.api.assistants.tools import BY_NAME, QUERY, TOOLS
from parvis.web.api.assistants.turns import BUSY, JSON, MCP, RETRY
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language

assistants = Blueprint("assistants", __name__)

LISTED_SECONDS = 3_600
"""How long a client may keep the lists of tools and of resources."""

NOT_JSON = N_("send the message as {kind}")
UNKNOWN_METHOD = N_("there is no method “{method}” here")
UNKNOWN_TOOL = N_("there is no tool “{name}”; there are: {names}")
UNKNOWN_CURSOR = N_("there is no “cursor”: this list has a single page")
TITLE = N_("parvis: pooled cultural data of Québec")
INSTRUCTIONS = N_(
    "Cultural programming, venues, organisations and pooled figures on audiences, each statement"
    " with the dataset that makes it. Begin with “search” for names and “schema” before SPARQL;"
    " “example_queries” has queries that work. Figures: use “figures”; a suppressed one is"
    " confidential, never guess it, and entries are not persons. Cite “source” of each answer:"
    " published version, licence and attribution. Answers come in pages: go on with “next_offset”."
)

Result = dict[str, Any]


@assistants.post(MCP)
@reads(default_language="en")
def answer() -> Response:
    """Answer a message of the Model Context Protocol."""
    lang, message = language(), None
    try:
        message = _read_message()
        if message.id is None or message.is_response:
            return Response(status=202)
        result = _answer(message, lang)
        status, body = 200, {"jsonrpc": "2.0", "id": message.id, "result": result}
    except RpcError as error:
        status, body = error.status, {"jsonrpc": "2.0", "error": error.to_json(lang)}
        if message is not None and message.id is not None:
            body["id"] = message.id
    response = Response(encode(body), status=status, mimetype=JSON)
    response.cache_control.no_store = True
    if status == 503:  # noqa: PLR2004 - HTTP
        response.headers["Retry-After"] = str(RETRY)
    response.content_language.add(lang)
    return response


def _read_message() -> Message:
    """Read the message of the request; raises `RpcError`."""
    if request.mimetype != JSON:
        raise RpcError(INVALID_REQUEST, NOT_JSON, status=415, kind=JSON)
    request.max_content_length = MOST_BYTES
    try:
        body = request.get_data()
    except RequestEntityTooLarge as error:
        raise RpcError(INVALID_REQUEST, TOO_LARGE, status=413, most=MOST_BYTES) from error
    return parse_message(body)


def _answer(message: Message, lang: str) -> Result:
    """Return the result of a request; raises `RpcError`."""
    stateless = is_stateless(message, request.headers)
    message = replace(message, stateless=stateless)
    methods = METHODS if stateless else METHODS_OF_HANDSHAKE
    method = methods.get(message.method)
    if method is None:
        excerpt = ascii(message.method)[1:-1][:LONGEST_SHOWN]
        status = 404 if stateless else 200
        raise RpcError(NO_METHOD, UNKNOWN_METHOD, status=status, method=excerpt)
    try:
        if message.method in COMPUTED:
            turns = current_app.extensions["parvis.turns"]
            asks = message.method == "tools/call" and message.params.get("name") == QUERY
            with turns.turn(reader_of(request), asks=asks) as granted:
                if not granted:
                    raise RpcError(INTERNAL_ERROR, BUSY, status=503, retry=RETRY)
                result = method(message, lang)
        else:
            result = method(message, lang)
    except ParvisError as error:
        status = 503 if isinstance(error, NothingPublished) else 200
        raise RpcError(
            INTERNAL_ERROR, "{reason}", status=status, reason=explain(error, lang)
        ) from error
    if not stateless:
        return result
    described: Result = {"resultType": "complete", "_meta": {f"{META}serverInfo": _server(lang)}}
    if message.method != "tools/call":
        lasting = LISTED_SECONDS * 1000 if message.method != "resources/read" else 0
        described |= {"ttlMs": lasting, "cacheScope": "private"}
    return {**described, **result}


def _server(lang: str) -> Result:
    return {
        "name": "parvis",
        "title": say(lang, TITLE),
        "version": __version__,
        "websiteUrl": host().settings.base,
    }


def _describe_server(lang: str) -> Result:
    return {
        "capabilities": {"tools": {}, "resources": {}},
        "instructions": say(lang, INSTRUCTIONS),
    }


def _initialize(message: Message, lang: str) -> Result:
    # A client that asks for another version decides whether it goes on with this one.
    requested = message.params.get("protocolVersion")
    version = requested if requested in HANDSHAKE else HANDSHAKE[0]
    return {"protocolVersion": version, "serverInfo": _server(lang), **_describe_server(lang)}


def _discover(_message: Message, lang: str) -> Result:
    return {"supportedVersions": list(SUPPORTED), **_describe_server(lang)}


def _list_tools(message: Message, lang: str) -> Result:
    _require_first_page(message)
    return {"tools": [tool.to_json(lang) for tool in TOOLS]}


def _list_resources(message: Message, lang: str) -> Result:
    _require_first_page(message)
    return {"resources": list_resources(lang)}


def _list_templates(message: Message, lang: str) -> Result:
    _require_first_page(message)
    return {"resourceTemplates": list_templates(lang)}


def _require_first_page(message: Message) -> None:
    if message.params.get("cursor") is not None:
        raise RpcError(INVALID_PARAMS, UNKNOWN_CURSOR, status=200)


def _call_tool(message: Message, lang: str) -> Result:
    name = message.params.get("name")
    tool = BY_NAME.get(name) if isinstance(name, str) else None
    if tool is None:
        excerpt = ascii(name)[1:-1][:LONGEST_SHOWN]
        names = ", ".join(BY_NAME)
        raise RpcError(INVALID_PARAMS, UNKNOWN_TOOL, status=200, name=excerpt, names=names)
    g.act = tool.act
    return tool.call(message.params.get("arguments"), lang)


def _read_resource(message: Message, lang: str) -> Result:
    g.act = Act.RECORD
    return {"contents": read_resource(message, lang)}


_SHARED: dict[str, Callable[[Message, str], Result]] = {
    "tools/list": _list_tools,
    "tools/call": _call_tool,
    "resources/list": _list_resources,
    "resources/templates/list": _list_templates,
    "resources/read": _read_resource,
}
COMPUTED = frozenset({"tools/call", "resources/read"})
"""The methods that compute: few run at once."""
METHODS = {"server/discover": _discover, **_SHARED}
"""The methods of version 2026-07-28, where each request stands alone."""
METHODS_OF_HANDSHAKE = {"initialize": _initialize, "ping": lambda *_: {}, **_SHARED}
"""The methods of the versions before."""
