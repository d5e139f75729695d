"""The site and the SPARQL endpoint, over what `parvis.pooling.ask` lets a reader see."""

from flask import Flask

from parvis.config import Settings
from parvis.pooling.ask import Host
from parvis.pooling.identify import Readers
from parvis.pooling.watching import Register
from parvis.web import (
    access,
    admission,
    audit,
    catalog,
    checking,
    concurrency,
    conditions,
    crawlers,
    docs,
    downloads,
    errors,
    feed,
    forgery,
    frame,
    giving,
    guided,
    health,
    judging,
    language,
    links,
    metrics,
    oai,
    observing,
    offerings,
    ontology,
    pages,
    portrait,
    queueing,
    rates,
    reconciliation,
    relays,
    repeats,
    replicas,
    resources,
    search,
    security,
    signing,
    slow,
    sparql,
    steward,
    terms,
    uploads,
)

BLUEPRINTS = (
    pages.pages,
    catalog.catalog,
    downloads.downloads,
    resources.resources,
    frame.frame,
    docs.docs,
    ontology.ontology,
    sparql.sparql,
    search.search,
    guided.guided,
    relays.relays,
    portrait.publics,
    offerings.offerings,
    reconciliation.reconciliation,
    health.health,
    replicas.replicas,
    metrics.metrics,
    crawlers.crawlers,
    feed.feed,
    oai.oai,
    checking.checking,
    giving.giving,
    queueing.queueing,
    signing.signing,
    steward.steward,
    judging.judging,
    terms.terms,
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
    app.extensions["parvis.readers"] = Readers(settings)
    app.extensions["parvis.register"] = Register(settings, host)

    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    language.install(app, settings.base)
    links.install(app, settings.base)
    conditions.install(app)
    access.install(app)  # after the conditions: what it marks is then no more tagged
    audit.install(app, settings)
    uploads.install(app, settings, checking.RECEIVING | giving.RECEIVING)  # before forms are read
    forgery.install(app)
    slow.install(app, settings)
    security.install(app)
    rates.install(app)
    errors.install(app)
    repeats.install(app, host, settings.base)
    concurrency.install(app, settings)
    turnstile = admission.install(app, settings, host)
    counted = app.extensions["parvis.metrics"] = metrics.Metrics(host)
    observing.install(app, settings, counted.count, turnstile.charge)
    return app
