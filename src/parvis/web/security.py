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
    # What is open here is open to every page of the web; no cookie gives access to more.
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Content-Location, Retry-After, Parvis-Generation",
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": (
        "Accept, Accept-Language, Authorization, Content-Type, If-None-Match"
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
