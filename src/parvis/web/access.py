"""Who reads, and the one door through which the web reads."""

from typing import cast

from flask import Request, current_app

from parvis.governance.question import ANONYMOUS, Reader
from parvis.pooling.ask import Host


def host() -> Host:
    """Give the pool that this application serves."""
    return cast("Host", current_app.extensions["parvis"])


def reader_of(request: Request) -> Reader:  # noqa: ARG001 - a token will be read from it
    """Say who sent a request: so far always the anonymous reader."""
    return ANONYMOUS
