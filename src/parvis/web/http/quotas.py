"""The quotas of a reader as headers: draft-ietf-httpapi-ratelimit-headers-10."""

from functools import lru_cache
from http import HTTPStatus

from flask import Response, request

from parvis.config import Share
from parvis.pooling.quotas import ShareStatus
from parvis.web.http.access import host, reader_of

COUNTED_BLUEPRINTS = frozenset({"sparql", "pages", "resources", "reconciliation", "assistants"})
"""The blueprints whose requests use a reader's share."""


@lru_cache(16)
def policy(share: Share) -> str:
    """Return a share as the field RateLimit-Policy (§3).

    >>> policy(Share(rows=0, parallel=4, query_seconds=60, site_seconds=6, window=60))
    '"query-seconds";q=60;w=60, "site-seconds";q=6;w=60, "queries";q=4;qu="concurrent-requests"'
    """
    parts = {
        "query-seconds": f"w={share.window}",
        "site-seconds": f"w={share.window}",
        "queries": 'qu="concurrent-requests"',
        "seconds": 'qu="seconds"',
        "bytes": 'qu="content-bytes"',
        "rows": 'qu="rows"',
    }
    return ", ".join(
        f'"{name}";q={quota};{parts[name]}' for name, quota in quotas(share).items() if quota
    )


def quotas(share: Share) -> dict[str, int]:
    """Return the quotas of a share by name; 0 is no limit."""
    return {
        "query-seconds": share.query_seconds,
        "site-seconds": share.site_seconds,
        "queries": share.parallel,
        "seconds": int(share.seconds),
        "bytes": share.bytes,
        "rows": share.rows,
    }


def remaining_quota(status: ShareStatus) -> str:
    """Return what is left as the field RateLimit (§4); empty where seconds are not counted."""
    if not status.share.query_seconds:
        return ""
    return f'"query-seconds";r={status.left};t={status.renewed}'


def add_quotas(response: Response) -> Response:
    """Send the headers with every response that uses a share."""
    # Without a valid token there is no reader, and no share to send.
    if request.blueprint in COUNTED_BLUEPRINTS and response.status_code != HTTPStatus.UNAUTHORIZED:
        status = host().shares.status(reader_of(request))
        response.headers["RateLimit-Policy"] = policy(status.share)
        if left := remaining_quota(status):
            response.headers["RateLimit"] = left
    return response
