"""The one SPARQL store that the settings name, by the standard protocols.

Queries and updates use the SPARQL 1.1 Protocol (§2.1.2, §2.2.1), whole graphs the Graph Store HTTP
Protocol (§5.3 to §5.5).
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import requests
import urllib3
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth
from urllib3.util import Retry

from parvis.config import RemoteStore
from parvis.errors import FetchError
from parvis.fetch.address import Address
from parvis.fetch.download import failed_request
from parvis.fetch.guard import AllowedHostsGuard, NetworkGuard
from parvis.fetch.session import guarded_session

NTRIPLES = "application/n-triples"
BUSY = (429, 502, 503, 504)
"""Statuses after which a request is sent again (RFC 9110 §15.6, RFC 6585 §4)."""
BACK_OFF = 0.2
"""Seconds before the second try, doubled for each later one, with a random addition."""
BAD_QUERY, REFUSED = 400, 300
REASON_LIMIT = 300
"""Bytes of a store's error message that are reported."""
CUT = ("X-SPARQL-MaxRows", "X-SQL-State")
"""Headers by which Virtuoso says that a result is incomplete."""


class Endpoint:
    """A store, with connections that last. Not for several threads at a time.

    Raises `FetchError` where a request fails, `AddressError` for any other machine.
    """

    def __init__(self, settings: RemoteStore, secret: str = "") -> None:
        """Store the settings without a call; `secret` is the password or token."""
        self._settings = settings
        guard = AllowedHostsGuard((settings.query, settings.update, settings.graphs))
        # A query by POST changes nothing, so it may be sent again; an update may not.
        self._query_session = _open_session(guard, settings, secret, {"GET", "POST"})
        self._update_session = _open_session(guard, settings, secret, {"GET", "PUT", "DELETE"})

    @property
    def address(self) -> str:
        """Return the address of its queries, as messages show it."""
        return str(Address(self._settings.query))

    def query(
        self, text: str, default: Iterable[str], named: Iterable[str], accept: str
    ) -> "ResponseBody":
        """Evaluate a query over a dataset, always with both lists of graphs; the result streams."""
        form = [("query", text)]
        form += [("default-graph-uri", graph) for graph in default]
        form += [("named-graph-uri", graph) for graph in named]
        settings = self._settings
        response = self._send(
            self._query_session,
            "POST",
            settings.query,
            settings.read_seconds,
            data=form,
            headers={"Accept": accept},
            stream=True,
        )
        for header in CUT:
            if header in response.headers:
                response.close()
                raise FetchError(
                    "{address} cut its answer short ({header}): raise its own limits",
                    address=Address(settings.query),
                    header=header,
                )
        return ResponseBody(response)

    def update(self, text: str) -> None:
        """Send one update request, never twice."""
        settings, form = self._settings, {"update": text}
        self._send(
            self._update_session, "POST", settings.update, settings.update_seconds, data=form
        ).close()

    def put(self, graph: str, pieces: Sequence[bytes] | Iterator[bytes]) -> None:
        """Replace a graph by triples in N-Triples, sent in pieces.

        A blank node is another one in the next piece: the caller must give blank nodes IRIs first.
        """
        method, session = "PUT", self._update_session
        for piece in pieces:
            headers = {"Content-Type": NTRIPLES}
            self._send_to_graph(session, method, graph, data=piece, headers=headers)
            # A graph is a set: a piece may arrive twice.
            method, session = "POST", self._query_session

    def delete(self, graph: str) -> None:
        """Delete a graph; a missing one counts as deleted (§5.4)."""
        try:
            self._send_to_graph(self._update_session, "DELETE", graph)
        except FetchError as error:
            if error.fields.get("status") != 404:  # noqa: PLR2004 - HTTP's own
                raise

    def _send_to_graph(
        self,
        session: requests.Session,
        method: str,
        graph: str,
        **options: Any,  # noqa: ANN401 - theirs
    ) -> None:
        """Send one request about a graph, named by the parameter ``graph`` (§4.2)."""
        settings = self._settings
        options["params"] = {"graph": graph}
        self._send(session, method, settings.graphs, settings.update_seconds, **options).close()

    def _send(
        self,
        session: requests.Session,
        method: str,
        address: str,
        seconds: float,
        **options: Any,  # noqa: ANN401 - theirs
    ) -> requests.Response:
        timeout = (self._settings.connect_seconds, seconds)
        try:
            response = session.request(method, address, timeout=timeout, **options)
            if response.status_code < REFUSED:
                return response
            with response:
                body = response.raw.read(REASON_LIMIT, decode_content=True)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise failed_request(Address(address), error) from error
        raise FetchError(
            "{address} answered {status}: {reason}",
            address=Address(address),
            status=response.status_code,
            reason=" ".join(body.decode(errors="replace").split()) or response.reason,
        )

    def close(self) -> None:
        self._query_session.close()
        self._update_session.close()


class ResponseBody(io.RawIOBase):
    """A response's bytes as a stream, and their media type."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__()
        self._response = response
        kind = response.headers.get("Content-Type", "")
        self.media_type = kind.partition(";")[0].strip().lower()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return some of the bytes, unpacked. Raises `FetchError` where they do not come."""
        length = size if size >= 0 else None
        try:
            data: bytes = self._response.raw.read(length, decode_content=True)
        except urllib3.exceptions.HTTPError as error:
            raise FetchError("the store behind this site does not answer as it should") from error
        return data

    def close(self) -> None:
        # A connection with unread bytes is not used again.
        self._response.close()
        super().close()


class Bearer(AuthBase):
    """Authentication by a token (RFC 6750 §2.1)."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.headers["Authorization"] = f"Bearer {self._token}"
        return r


def _open_session(
    guard: NetworkGuard, settings: RemoteStore, secret: str, methods: set[str]
) -> requests.Session:
    """Return a session that sends requests by some methods again."""
    retries = Retry(
        settings.tries - 1,
        redirect=0,
        allowed_methods=methods,
        status_forcelist=BUSY,
        backoff_factor=BACK_OFF,
        backoff_jitter=BACK_OFF,
        raise_on_status=False,
        respect_retry_after_header=False,  # a store could say: in a hundred years
    )
    session = guarded_session(guard, retries)
    session.verify = settings.ca_file or True
    session.auth = None  # where the settings name no user and no token
    if settings.authentication == "bearer":
        session.auth = Bearer(secret) if secret else None
    elif settings.user:
        kind = HTTPDigestAuth if settings.authentication == "digest" else HTTPBasicAuth
        session.auth = kind(settings.user, secret)
    return session
