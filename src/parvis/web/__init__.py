"""The site and the SPARQL endpoint, over what `parvis.pooling.ask` lets a reader see."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from parvis.config import Settings
from parvis.pooling.ask import Host
from parvis.web import (
    catalog,
    crawlers,
    documents,
    errors,
    health,
    language,
    links,
    ontology,
    pages,
    rates,
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
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies)  # type: ignore[method-assign] # as its documentation has it
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    app.extensions["parvis"] = Host(settings)

    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    language.install(app, settings.base)
    links.install(app, settings.base)
    documents.install(app)
    security.install(app)
    rates.install(app)
    errors.install(app)
    return app
