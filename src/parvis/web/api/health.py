"""Whether the pool answers, for whoever watches over it."""

from dataclasses import asdict
from functools import cache

from flask import Blueprint, Response, jsonify

from parvis.sandbox.trial import tried
from parvis.web.http.access import host

health = Blueprint("health", __name__)


_walls = cache(tried)
"""What keeps query workers from the network and from writing: tried once per process."""


@health.get("/health")
def state() -> Response:
    """Tell generation, size, uptime and walls; 503 when nothing is published."""
    response = jsonify(host().health() | {"walls": asdict(_walls())})
    response.cache_control.no_store = True
    return response
