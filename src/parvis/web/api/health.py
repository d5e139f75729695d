"""The health check, for monitoring."""

from dataclasses import asdict
from functools import cache

from flask import Blueprint, Response, jsonify

from parvis.sandbox.trial import probe_walls
from parvis.web.http.access import host

health = Blueprint("health", __name__)


# The sandbox restrictions of query workers are tested in a subprocess: once is enough.
_walls = cache(probe_walls)


@health.get("/health")
def state() -> Response:
    """Return version, size, uptime and sandbox restrictions; 503 when nothing is published."""
    response = jsonify(host().health() | {"walls": asdict(_walls())})
    response.cache_control.no_store = True
    return response
