"""The site and the SPARQL endpoint, over the data that `pooling.serving.service` gives a reader."""

from flask import Flask

from parvis.config import Settings
from parvis.pooling.serving.readers import Readers
from parvis.pooling.serving.service import PoolService
from parvis.pooling.stewardship.trail import AuditRegister
from parvis.web import response_cache
from parvis.web.api import feed, health, oai, reconciliation, replicas, results, sparql
from parvis.web.http import (
    access,
    admission,
    audit,
    caching,
    concurrency,
    errors,
    language,
    metrics,
    quotas,
    request_log,
    security,
    uploads,
)
from parvis.web.pages import (
    catalog,
    check,
    crawlers,
    give,
    guide,
    guided,
    home,
    judging,
    offerings,
    ontology,
    portrait,
    projects,
    queue,
    relays,
    resources,
    search,
    signing,
    steward,
)

BLUEPRINTS = (
    home.pages,
    catalog.catalog,
    catalog.downloads,
    resources.resources,
    projects.frame,
    guide.docs,
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
    check.checking,
    give.giving,
    queue.queueing,
    signing.signing,
    steward.steward,
    judging.judging,
    search.terms,
)


def create_app(settings: Settings) -> Flask:
    """Create the application of a pool: configuration, pool, blueprints, middleware."""
    app = Flask(__name__)
    # Percent-encoding may triple the length of a query in a form.
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = (
        3 * settings.limits.query_bytes + 16_384
    )
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 86_400
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    host = app.extensions["parvis"] = PoolService(settings)
    app.extensions["parvis.readers"] = Readers(settings)
    app.extensions["parvis.register"] = AuditRegister(settings, host)

    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    # Flask calls what runs after a request in reverse order, and the last middleware first.
    language.install(app, settings.base)
    results.install(app, settings.base)
    caching.install(app)
    access.install(app)  # after caching: what it marks as private then has no tag
    audit.install(app, settings)
    uploads.install(app, settings, check.RECEIVING | give.RECEIVING)  # before forms are read
    security.install_csrf(app)
    steward.install(app, settings)
    security.install(app)
    quotas.install(app)
    errors.install(app)
    response_cache.install(app, host, settings.base)
    concurrency.install(app, settings)
    turnstile = admission.install(app, settings, host)
    figures = app.extensions["parvis.metrics"] = metrics.Metrics(host)
    request_log.install(app, settings, figures.count, turnstile.charge)
    return app
