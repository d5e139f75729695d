"""The site and the SPARQL endpoint, over what `parvis.pooling.ask` lets a reader see."""

from flask import Flask

from parvis.config import Settings
from parvis.pooling.ask import Host
from parvis.web import (
    catalog,
    conditions,
    crawlers,
    errors,
    health,
    language,
    links,
    ontology,
    pages,
    repeats,
    resources,
    security,
    sparql,
)

BLUEPRINTS = (
    pages.pages,
    catalog.catalog,
    resources.resources,
    ontology.ontology,
    sparql.sparql,
    health.health,
    crawlers.crawlers,
)


def create_app(settings: Settings) -> Flask:
    """Make the application of one pool: configuration, host, blueprints, errors."""
    app = Flask(__name__)
    # A query in a form may grow threefold by percent-encoding.
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = (
        3 * settings.limits.query_bytes + 16_384
    )
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 86_400
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    host = app.extensions["parvis"] = Host(settings)

    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    language.install(app, settings.base)
    links.install(app, settings.base)
    conditions.install(app)
    security.install(app)
    errors.install(app)
    repeats.install(app, host)
    return app
