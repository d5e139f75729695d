"""The site and the SPARQL endpoint, over the data that `pooling.serving.service` gives a reader."""

from flask import Flask

from parvis.config import Settings
from parvis.pooling.audit import Trail
from parvis.pooling.intake.checks import Checks
from parvis.pooling.serving.readers import Readers
from parvis.pooling.serving.service import PoolService
from parvis.pooling.stewardship.trail import AuditRegister, Ranges
from parvis.web.api import harvest, oai, reconciliation, replicas, sparql
from parvis.web.hooks import install
from parvis.web.http import language, metrics
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
    partner,
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
    partner.partners,
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
    metrics.health,
    replicas.replicas,
    metrics.metrics,
    crawlers.crawlers,
    harvest.feed,
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
    """Create the application of a pool: configuration, pool, blueprints, hooks."""
    app = Flask(__name__)
    # Percent-encoding may triple the length of a query in a form.
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = (
        3 * settings.limits.query_bytes + 16_384
    )
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 86_400
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    language.translate_templates(app.jinja_env)
    host = PoolService(settings)
    app.extensions |= {
        "parvis": host,
        "parvis.readers": Readers(settings),
        "parvis.register": AuditRegister(settings, host),
        "parvis.trail": (Trail(settings.data), Ranges()),
        "parvis.checks": Checks(settings, host.shares),
        "parvis.notebook": steward.QueryNotebook(settings),
        "parvis.metrics": metrics.Metrics(host),
    }
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    install(app)
    return app
