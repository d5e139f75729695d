"""The site and the SPARQL endpoint, over the data that `pooling.serving.service` gives a reader."""

from typing import TYPE_CHECKING

from parvis.config import Settings

if TYPE_CHECKING:
    from flask import Flask


def create_app(settings: Settings) -> "Flask":
    """Create the application of a pool."""
    # The process that supervises the server loads this package, and nothing of the site.
    from parvis.web.application import assemble  # noqa: PLC0415

    return assemble(settings)
