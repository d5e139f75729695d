"""Send a message to another server's address: guarded, without redirects, within a deadline."""

from collections.abc import Mapping

import requests

from parvis.config import FetchSettings
from parvis.errors import AddressError, FetchError
from parvis.fetch.address import Address
from parvis.fetch.guard import Deadline
from parvis.fetch.session import session

SECONDS = 20.0
"""Seconds within which the other server must answer."""


def post(settings: FetchSettings, url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Post a body to an address and return the status of the answer, which is not read.

    Raises `AddressError` for an address that may not be called, `FetchError` where none answers.
    """
    address = Address.parse(url)
    seconds = min(SECONDS, settings.seconds)
    timeout = (settings.connect_seconds, settings.read_seconds)
    try:
        with Deadline(seconds) as deadline, session(settings, deadline) as http_session:
            response = http_session.post(
                address.url,
                data=body,
                headers=dict(headers),
                timeout=timeout,
                stream=True,
                allow_redirects=False,
            )
            response.close()
            return response.status_code
    except (AddressError, FetchError):
        raise
    except (requests.RequestException, OSError) as error:
        raise FetchError(
            "{host} cannot be reached: {reason}", host=address, reason=error
        ) from error
