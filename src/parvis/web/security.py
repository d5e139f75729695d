"""Headers that every answer carries, in one place."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

POLICY = "Content-Security-Policy"
CONTENT_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""What a page may do; one that needs more says so itself."""

HEADERS = {
    POLICY: CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Any page of the web may read what is open, or what it has a token for; with “*” browsers
    # never let a page read what a cookie opens (Fetch §3.2.5).
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "ETag, Link, Content-Location, Parvis-Generation, RateLimit, RateLimit-Policy, Retry-After,"
        " WWW-Authenticate, X-Request-Id"
    ),
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": (
        "Accept, Accept-Language, Authorization, Content-Type, If-Modified-Since, If-None-Match"
    ),
    "Access-Control-Max-Age": "86400",
}


class Guard:
    """Serve an application, and send the headers with every answer, errors included.

    One that the application sends itself stays as it is.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        """Stand before an application."""
        self.app = app

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer with the headers."""
        own = HEADERS
        if environ["REQUEST_METHOD"] == "OPTIONS":
            own = HEADERS | PREFLIGHT

        def start(
            status: str,
            headers: list[tuple[str, str]],
            exc_info: "OptExcInfo | None" = None,
            /,
        ) -> Callable[[bytes], object]:
            given = {name for name, _ in headers}
            more = [one for one in own.items() if one[0] not in given]
            return start_response(status, [*headers, *more], exc_info)

        return self.app(environ, start)


def install(app: Flask) -> None:
    """Stand before an application, where a header costs nothing to add."""
    # The attribute is made to be replaced so: https://flask.palletsprojects.com/api/#flask.Flask.wsgi_app
    app.wsgi_app = Guard(app.wsgi_app)  # type: ignore[method-assign]
