"""Ask another site's SPARQL endpoint, by the protocol (SPARQL 1.1 Protocol §2.1.2)."""

from dataclasses import replace

from parvis.config import FederationSettings, FetchSettings
from parvis.errors import FetchError
from parvis.fetch.address import Address
from parvis.fetch.download import OK, exchange
from parvis.fetch.session import MOVED
from parvis.i18n import N_

JSON = "application/sparql-results+json"
KINDS = frozenset({JSON, "application/json"})
MOVES = N_("{address} redirects to another address, which is not followed: name that one instead")
NO_RESULTS = N_("{address} answered {status} with “{kind}”, not with the results of a query")


def ask_service(
    address: Address, query: str, settings: FetchSettings, limits: FederationSettings
) -> bytes:
    """Send a query to a service, and return its results in SPARQL's JSON, unread.

    Nothing of the reader who asks is sent. Raises `AddressError` for a machine that may not be
    called, `FetchError` for a service that gives no results, `LimitError` for one that is too slow
    or gives too much.
    """
    allowed = replace(settings, seconds=limits.seconds, bytes=limits.bytes)
    timeout = (
        min(settings.connect_seconds, limits.seconds),
        min(settings.read_seconds, limits.seconds),
    )
    with exchange(address, allowed) as http_session:
        response = http_session.post(
            address.url,
            data={"query": query},
            headers={"Accept": JSON},
            timeout=timeout,
            allow_redirects=False,
            stream=True,
        )
        with response:
            status = response.status_code
            if status in MOVED:
                raise FetchError(MOVES, address=address)
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if status != OK or kind not in KINDS:
                raise FetchError(NO_RESULTS, address=address, status=status, kind=kind[:100])
            return response.content
