"""The one SPARQL store that the settings name, by the standard protocols.

SPARQL 1.1 Query and Update go by its Protocol (§2.1.2, §2.2.1), whole graphs by the Graph Store
HTTP Protocol (§5.3 to §5.5).
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import requests
import urllib3
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth
from urllib3.util import Retry

from parvis.config import Remote
from parvis.errors import FetchError
from parvis.fetch.address import Address
from parvis.fetch.download import reason_of
from parvis.fetch.guard import Guard, Only
from parvis.fetch.session import guarded_session

NTRIPLES = "application/n-triples"
BUSY = (429, 502, 503, 504)
"""Answers that are worth asking again (RFC 9110 §15.6, RFC 6585 §4)."""
BACK_OFF = 0.2
"""Seconds before the second try; each later one waits twice as long, and a little by chance."""
BAD_QUERY, REFUSED = 400, 300
TOLD = 300
"""Characters of a store's own words that are told further."""
CUT = ("X-SPARQL-MaxRows", "X-SQL-State")
"""Headers by which Virtuoso says that an answer lacks something."""


class Endpoint:
    """A store, and connections to it that last. Not for several threads at a time.

    Raises `FetchError` where it does not do what it is asked, `AddressError` for any other machine.
    """

    def __init__(self, settings: Remote, secret: str = "") -> None:
        """Call nothing yet; `secret` is the password or token."""
        self._settings = settings
        guard = Only((settings.query, settings.update, settings.graphs))
        asking = {"GET", "POST"}  # a query by POST changes nothing: it may be sent again
        self._asking = _opened(guard, settings, secret, asking)
        self._changing = _opened(guard, settings, secret, {"GET", "PUT", "DELETE"})

    @property
    def address(self) -> str:
        """Tell where it answers queries, as messages do."""
        return str(Address(self._settings.query))

    def query(self, text: str, default: Iterable[str], named: Iterable[str], accept: str) -> "Body":
        """Ask a query over a dataset, always told by both of its lists; the answer streams."""
        form = [("query", text)]
        form += [("default-graph-uri", graph) for graph in default]
        form += [("named-graph-uri", graph) for graph in named]
        settings = self._settings
        told = self._send(
            self._asking,
            "POST",
            settings.query,
            settings.read_seconds,
            data=form,
            headers={"Accept": accept},
            stream=True,
        )
        for header in CUT:
            if header in told.headers:
                told.close()
                raise FetchError(
                    "{address} cut its answer short ({header}): raise its own limits",
                    address=Address(settings.query),
                    header=header,
                )
        return Body(told)

    def update(self, text: str) -> None:
        """Change the store by one request, which is never sent twice."""
        settings = self._settings
        self._send(
            self._changing,
            "POST",
            settings.update,
            settings.update_seconds,
            data={"update": text},
        ).close()

    def put(self, graph: str, pieces: Sequence[bytes] | Iterator[bytes]) -> None:
        """Make triples in N-Triples the content of a graph, sent in pieces.

        A blank node is no longer itself in the next piece: who has some names them before.
        """
        method, session = "PUT", self._changing
        for piece in pieces:
            self._graph(session, method, graph, data=piece, headers={"Content-Type": NTRIPLES})
            method, session = "POST", self._asking  # a piece that comes twice is a set's still

    def delete(self, graph: str) -> None:
        """Delete a graph; one that is not there is deleted already (§5.4)."""
        try:
            self._graph(self._changing, "DELETE", graph)
        except FetchError as error:
            if error.fields.get("status") != 404:  # noqa: PLR2004 - HTTP's own
                raise

    def _graph(self, session: requests.Session, method: str, graph: str, **sent: Any) -> None:  # noqa: ANN401 - theirs
        """Send one request about a graph, named by the parameter ``graph`` (§4.2)."""
        settings = self._settings
        sent["params"] = {"graph": graph}
        self._send(session, method, settings.graphs, settings.update_seconds, **sent).close()

    def _send(
        self,
        session: requests.Session,
        method: str,
        address: str,
        seconds: float,
        **sent: Any,  # noqa: ANN401 - theirs
    ) -> requests.Response:
        """Send a request, and give what is no refusal."""
        pause = (self._settings.connect_seconds, seconds)
        with _told(address):
            answer = session.request(method, address, timeout=pause, **sent)
            if answer.status_code < REFUSED:
                return answer
            with answer:
                reason = " ".join(
                    answer.raw.read(TOLD, decode_content=True).decode(errors="replace").split()
                )
        raise FetchError(
            "{address} answered {status}: {reason}",
            address=Address(address),
            status=answer.status_code,
            reason=reason or answer.reason,
        )

    def close(self) -> None:
        """Close the connections."""
        self._asking.close()
        self._changing.close()


class Body(io.RawIOBase):
    """An answer's bytes as they come, and of what media type they are."""

    def __init__(self, answer: requests.Response) -> None:
        """Read from an answer."""
        super().__init__()
        self._answer = answer
        self.media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def readable(self) -> bool:
        """Say that it may be read from."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Give some of the bytes, unpacked. Raises `FetchError` where they do not come."""
        try:
            found: bytes = self._answer.raw.read(size if size >= 0 else None, decode_content=True)
        except urllib3.exceptions.HTTPError as error:
            raise FetchError("the store behind this site does not answer as it should") from error
        return found

    def close(self) -> None:
        """Leave the rest: a connection with something unread is not used again."""
        self._answer.close()
        super().close()


class Bearer(AuthBase):
    """Sends a token (RFC 6750 §2.1)."""

    def __init__(self, token: str) -> None:
        """Keep the token."""
        self._token = token

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Write the header."""
        r.headers["Authorization"] = f"Bearer {self._token}"
        return r


def _opened(guard: Guard, settings: Remote, secret: str, again: set[str]) -> requests.Session:
    """Make a session that tries requests by some methods again."""
    retries = Retry(
        settings.tries - 1,
        redirect=0,
        allowed_methods=again,
        status_forcelist=BUSY,
        backoff_factor=BACK_OFF,
        backoff_jitter=BACK_OFF,
        raise_on_status=False,
        respect_retry_after_header=False,  # a store could say: in a hundred years
    )
    session = guarded_session(guard, retries)
    session.verify = settings.ca_file or True
    session.auth = _auth(settings, secret)
    return session


def _auth(settings: Remote, secret: str) -> AuthBase | None:
    """Say who asks; nobody where the settings name no user and no token."""
    if settings.authentication == "bearer":
        return Bearer(secret) if secret else None
    if not settings.user:
        return None
    kind = HTTPDigestAuth if settings.authentication == "digest" else HTTPBasicAuth
    return kind(settings.user, secret)


@contextmanager
def _told(address: str) -> Iterator[None]:
    """Say in a sentence what came between."""
    try:
        yield
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise FetchError(
            "{address} cannot be fetched: {reason}",
            address=Address(address),
            reason=reason_of(error),
        ) from error
