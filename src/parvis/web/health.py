"""Whether the pool answers, for whoever watches over it."""

from flask import Blueprint, Response, jsonify

from parvis.web.access import host

health = Blueprint("health", __name__)


@health.get("/health")
def state() -> Response:
    """Tell generation, size and uptime; 503 when nothing is published."""
    response = jsonify(host().health())
    response.cache_control.no_store = True
    return response
