"""Headers that every answer carries, in one place."""

from flask import Flask, Response, request

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Any page of the web may read what is open, or what it has a token for; with “*” browsers
    # never let a page read what a cookie opens (Fetch §3.2.5).
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "ETag, Link, Content-Location, Parvis-Generation, RateLimit, RateLimit-Policy, Retry-After,"
        " WWW-Authenticate"
    ),
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": (
        "Accept, Accept-Language, Authorization, Content-Type, If-Modified-Since, If-None-Match"
    ),
    "Access-Control-Max-Age": "86400",
}


def _guard(response: Response) -> Response:
    response.headers.extend(HEADERS)
    if request.method == "OPTIONS":
        response.headers.update(PREFLIGHT)
    return response


def install(app: Flask) -> None:
    """Send the headers with every answer, errors included."""
    app.after_request(_guard)
