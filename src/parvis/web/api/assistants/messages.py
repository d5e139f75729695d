"""Messages of the Model Context Protocol (MCP): JSON-RPC 2.0, one in each POST.

https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
https://modelcontextprotocol.io/specification/2025-11-25/basic/transports

Both eras of the protocol are stateless here. Since 2026-07-28 each request names its version in
``_meta``, and repeats in headers what it is about; before, a client begins by ``initialize``.
"""

import binascii
import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import Headers

from parvis.config.documents import Document
from parvis.errors import UsageError
from parvis.i18n import N_, say

PER_REQUEST = "2026-07-28"
"""The version, since which each request stands alone."""
HANDSHAKE = ("2025-11-25", "2025-06-18", "2025-03-26")
"""The versions that begin by ``initialize``, the latest first."""
SUPPORTED = (PER_REQUEST, *HANDSHAKE)

PARSE_ERROR, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS = -32700, -32600, -32601, -32602
INTERNAL_ERROR, NOT_FOUND, HEADER_MISMATCH, UNSUPPORTED_VERSION = -32603, -32002, -32020, -32022
"""Codes of JSON-RPC 2.0 (§5.1), then of MCP; `NOT_FOUND` is of the versions before 2026-07-28."""

META = "io.modelcontextprotocol/"
VERSION_HEADER, METHOD_HEADER, NAME_HEADER = "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"
NAMED = {"tools/call": "name", "resources/read": "uri", "prompts/get": "name"}
"""The methods whose header `NAME_HEADER` repeats a parameter."""
MOST_BYTES, LONGEST_ID, LONGEST_SHOWN = 131_072, 200, 80
"""The bytes of a message, and the characters of its id and of a text that an error repeats."""
GREATEST_ID = 2**53
ENCODED, END = "=?base64?", "?="
"""What surrounds the value of a header that is not plain ASCII."""

NO_JSON = N_("the body of the request is not JSON in UTF-8: {reason}")
TOO_LARGE = N_("the body of the request is too large: {most} bytes at most are read here")
NO_BATCH = N_("messages are not read in batches: send each in a request of its own")
NO_MESSAGE = N_("the body is not a JSON-RPC 2.0 message with “jsonrpc”, “method” and “id”")
BAD_ID = N_("“id” should be a text of at most {most} characters, or a whole number")
BAD_PARAMS = N_("“params” and its “_meta” should be objects")
NO_META = N_("“_meta” lacks “{name}”, which every request of version {version} has")
MISMATCH = N_("the header {header} should be “{value}”, as in the body of the request")
BAD_VERSION = N_("this version of the protocol is not spoken here: use one of {versions}")


class RpcError(Exception):
    """An error of a message, with the code of JSON-RPC and the status of HTTP."""

    def __init__(
        self,
        code: int,
        template: str,
        /,
        *,
        status: int = 400,
        data: Mapping[str, Any] | None = None,
        **fields: object,
    ) -> None:
        super().__init__(template)
        self.code, self.status, self.data = code, status, data
        self._template, self._fields = template, fields

    def to_json(self, lang: str) -> dict[str, Any]:
        error = {"code": self.code, "message": say(lang, self._template, **self._fields)}
        return error if self.data is None else {**error, "data": dict(self.data)}


@dataclass(frozen=True)
class Message:
    """A request or, without an id, a notification; `stateless` is of version `PER_REQUEST`."""

    method: str
    id: str | int | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    stateless: bool = False
    is_response: bool = False


def parse_message(body: bytes) -> Message:
    """Parse a message; raises `RpcError`. Its version is not read yet."""
    try:
        value = Document.parse(body, "", most=MOST_BYTES, error=UsageError).value
        # JSON can name half of a surrogate pair, which has no bytes in UTF-8.
        json.dumps(value, ensure_ascii=False).encode()
    except (UsageError, ValueError, RecursionError) as error:
        reason = error.fields["reason"] if isinstance(error, UsageError) else error
        excerpt = ascii(str(reason))[1:-1][:LONGEST_SHOWN]
        raise RpcError(PARSE_ERROR, NO_JSON, reason=excerpt) from error
    if isinstance(value, list):
        raise RpcError(INVALID_REQUEST, NO_BATCH)
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        raise RpcError(INVALID_REQUEST, NO_MESSAGE)
    number = value.get("id")
    if "id" in value and not _is_id(number):
        raise RpcError(INVALID_REQUEST, BAD_ID, most=LONGEST_ID)
    method = value.get("method")
    if method is None and ("result" in value or "error" in value):
        return Message("", number, is_response=True)
    if not isinstance(method, str) or len(method) > LONGEST_ID:
        raise RpcError(INVALID_REQUEST, NO_MESSAGE)
    params = value.get("params")
    params = {} if params is None else params
    if not isinstance(params, dict) or not isinstance(params.get("_meta", {}), dict):
        raise RpcError(INVALID_PARAMS, BAD_PARAMS)
    return Message(method, number, params)


def _is_id(number: object) -> bool:
    if isinstance(number, str):
        return len(number) <= LONGEST_ID
    # Booleans are integers to Python.
    return type(number) is int and abs(number) < GREATEST_ID


def is_stateless(message: Message, headers: Headers) -> bool:
    """Return whether a message is of version `PER_REQUEST`, after checking its headers.

    Raises `RpcError` for another version than `SUPPORTED`, and for headers that do not repeat the
    body (2026-07-28, Request Metadata).
    """
    meta = message.params.get("_meta", {})
    version, declared = headers.get(VERSION_HEADER), meta.get(f"{META}protocolVersion")
    for name in (version, declared):
        if name is not None and name not in SUPPORTED:
            data = {"supported": SUPPORTED, "requested": ascii(name)[1:-1][:LONGEST_SHOWN]}
            raise RpcError(
                UNSUPPORTED_VERSION, BAD_VERSION, data=data, versions=", ".join(SUPPORTED)
            )
    if PER_REQUEST not in {version, declared}:
        return False
    if message.id is None:  # the version does not define the headers of notifications
        return True
    for name, kind in (("protocolVersion", str), ("clientCapabilities", dict)):
        if not isinstance(meta.get(f"{META}{name}"), kind):
            raise RpcError(INVALID_PARAMS, NO_META, name=f"{META}{name}", version=PER_REQUEST)
    expected = {VERSION_HEADER: declared, METHOD_HEADER: message.method}
    if message.method in NAMED:
        expected[NAME_HEADER] = message.params.get(NAMED[message.method])
    for header, value in expected.items():
        if _decode_header(headers.get(header)) != value:
            excerpt = ascii(value)[1:-1][:LONGEST_SHOWN]
            raise RpcError(HEADER_MISMATCH, MISMATCH, header=header, value=excerpt)
    return True


def _decode_header(value: str | None) -> str | None:
    """Return the value of a header, also one that is encoded for not being plain ASCII.

    >>> _decode_header("=?base64?w6l0w6k=?="), _decode_header("search")
    ('été', 'search')
    """
    if value is None or not (value.startswith(ENCODED) and value.endswith(END)):
        return value
    try:
        return b64decode(value[len(ENCODED) : -len(END)], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
