"""One repository of a SPARQL engine, by the standard protocols.

Queries and updates use the SPARQL 1.1 Protocol (§2.1.2, §2.2.1), whole graphs the Graph Store HTTP
Protocol (§5.3 to §5.5).
"""

import io
from collections.abc import Iterable
from contextlib import suppress
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

NTRIPLES, NQUADS = "application/n-triples", "application/n-quads"
BUSY = (429, 502, 503, 504)
"""Statuses after which a request is sent again (RFC 9110 §15.6, RFC 6585 §4)."""
BACK_OFF = 0.2
"""Seconds before the second try, doubled for each later one, with a random addition."""
BAD_QUERY, MISSING, REFUSED = 400, 404, 300
PARTIAL = 206
"""The status of Virtuoso for a result that its time limit cut short."""
REASON_LIMIT = 1_000
"""Bytes of an engine's error message that are reported."""
CUT = ("X-SPARQL-MaxRows", "X-SQL-State")
"""Headers by which Virtuoso says that a result is incomplete."""


class Endpoint:
    """A repository, with connections that last. Not for several threads at a time.

    Raises `FetchError` where a request fails, `AddressError` for any other machine.
    """

    def __init__(
        self, settings: RemoteStore, repository: str, *, secret: str = "", tries: int | None = None
    ) -> None:
        """Store the settings without a call; `secret` is the password or token.

        `tries` is how often a request is sent without an answer, by default that of the settings.
        """
        profile, base = settings.profile, repository.rstrip("/")
        self._settings, self.profile = settings, profile
        self._query, self._update = base + profile.query, base + profile.update
        self._graphs, self._quads = base + profile.graphs, base + profile.quads
        guard = AllowedHostsGuard((self._query, self._update, self._graphs))
        again = tries or settings.tries
        # A query by POST changes nothing, so it may be sent again; an update may not.
        self._query_session = _open_session(guard, settings, secret, {"GET", "POST"}, again)
        self._update_session = _open_session(guard, settings, secret, {"PUT", "DELETE"}, again)

    @property
    def address(self) -> str:
        """Return the address of its queries, as messages show it."""
        return str(Address(self._query))

    def query(
        self,
        text: str,
        graphs: tuple[Iterable[str], Iterable[str]] | None,
        accept: str,
        seconds: float = 0,
        *,
        unrestricted: bool = False,
    ) -> "ResponseBody":
        """Evaluate a query; the result streams.

        `graphs` are both lists of its dataset, always both; None for all that the repository holds.
        An engine that can be told so stops after `seconds`, unless 0. If `unrestricted`, it is
        asked where it may be written to, and nothing is hidden by its permissions.
        """
        form = [("query", text)]
        parameters = dict(self.profile.timeout.of(seconds)) if seconds else {}
        if graphs is None:
            parameters |= self.profile.whole
        else:
            form += [("default-graph-uri", graph) for graph in graphs[0]]
            form += [("named-graph-uri", graph) for graph in graphs[1]]
        response = self._send(
            self._query_session,
            "POST",
            self._update if unrestricted else self._query,
            self._settings.read_seconds,
            data=form,
            params=parameters,
            headers={"Accept": accept},
        )
        cut = next((header for header in CUT if header in response.headers), None)
        if cut or response.status_code == PARTIAL:
            response.close()
            raise FetchError(
                "{address} cut its answer short ({header}): raise its own limits",
                address=Address(self._query),
                header=cut or PARTIAL,
                limit=response.headers.get(self.profile.timeout.header, ""),
            )
        return ResponseBody(response)

    def put(self, graph: str, pieces: Iterable[bytes]) -> None:
        """Replace a graph (``graph``, §4.2) by triples in N-Triples, sent in pieces.

        A blank node is another one in the next piece: the caller must give blank nodes IRIs first.
        """
        method, session = "PUT", self._update_session
        for piece in pieces:
            body = {"data": piece, "headers": {"Content-Type": NTRIPLES}}
            self._change(session, method, self._graphs, params={"graph": graph}, **body)
            # A graph is a set: a piece may arrive twice.
            method, session = "POST", self._query_session

    def add(self, quads: bytes) -> None:
        """Add N-Quads of any graphs, which may arrive twice; only where the profile has `quads`."""
        headers = {"Content-Type": NQUADS}
        self._change(self._query_session, "POST", self._quads, data=quads, headers=headers)

    def delete(self, graph: str) -> None:
        """Delete a graph; a missing one counts as deleted (§5.4)."""
        try:
            self._change(self._update_session, "DELETE", self._graphs, params={"graph": graph})
        except FetchError as error:
            if error.fields.get("status") != MISSING:
                raise

    def clear(self) -> None:
        """Delete every graph by an Update (§3.2.1 of SPARQL 1.1 Update)."""
        self.update("CLEAR ALL")

    def update(self, text: str) -> None:
        """Run an Update; it is not sent again."""
        self._change(self._update_session, "POST", self._update, data={"update": text})

    def _change(
        self,
        session: requests.Session,
        method: str,
        address: str,
        **options: Any,  # noqa: ANN401 - theirs
    ) -> None:
        seconds = self._settings.update_seconds
        response = self._send(session, method, address, seconds, **options)
        # The few bytes of the answer are read so that its connection is used again.
        with response, suppress(urllib3.exceptions.HTTPError):  # the change was acknowledged
            response.raw.read(REASON_LIMIT, decode_content=True)

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
            response = session.request(method, address, timeout=timeout, stream=True, **options)
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
    guard: NetworkGuard, settings: RemoteStore, secret: str, methods: set[str], tries: int
) -> requests.Session:
    """Return a session that sends requests by some methods again."""
    retries = Retry(
        tries - 1,
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
    way = settings.authentication or settings.profile.authentication
    if way == "bearer":
        session.auth = Bearer(secret) if secret else None
    elif settings.user:
        session.auth = (HTTPDigestAuth if way == "digest" else HTTPBasicAuth)(settings.user, secret)
    return session
