"""The application: its configuration, all its parts, and what holds for every request."""

import atexit
import gc
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Flask, has_request_context
from jinja2 import StrictUndefined, Undefined
from jinja2.utils import missing
from pythonjsonlogger.json import JsonFormatter

from parvis.config import Settings
from parvis.errors import NothingPublished, ParvisError
from parvis.pooling.audit import Trail
from parvis.pooling.intake.checks import Checks
from parvis.pooling.notifications.sending import Sender
from parvis.pooling.serving.query import hold_temporary_files
from parvis.pooling.serving.readers import Readers
from parvis.pooling.serving.service import PoolService
from parvis.pooling.stewardship.harvesting.replicas import ReplicaRegister
from parvis.pooling.stewardship.jobs import resume_jobs
from parvis.pooling.stewardship.trail import AuditRegister, Ranges
from parvis.web.api import (
    box_office,
    cells,
    citations,
    cleaning,
    completion,
    reconciliation,
    short_links,
    sparql,
)
from parvis.web.api.assistants import endpoint as assistants
from parvis.web.api.assistants.turns import Turns
from parvis.web.api.events import lists as event_lists
from parvis.web.api.events import openapi
from parvis.web.api.harvesting import dataspace, entity_feed, harvest, mappings, oai
from parvis.web.api.workbook import SWITCH
from parvis.web.hooks import install
from parvis.web.http import connections, language, metrics
from parvis.web.http.request_log import request_id
from parvis.web.pages import (
    catalog,
    crawlers,
    guide,
    home,
    ontology,
    organization,
    partner,
    projects,
    resources,
    styleguide,
)
from parvis.web.pages.about import glossary, status
from parvis.web.pages.about import pages as about_pages
from parvis.web.pages.account import (
    account,
    invitation,
    oidc,
    passkeys,
    people,
    queries,
    signing,
)
from parvis.web.pages.audiences import offerings, portrait, receipts, relays, rounds, story
from parvis.web.pages.giving import check, drafting, drafts, give
from parvis.web.pages.questions import crates, guided, practice, questions, search
from parvis.web.pages.questions import events as event_pages
from parvis.web.pages.requests import law25, notices, release_questions, requesting, uses
from parvis.web.pages.steward import (
    agreements,
    backups,
    columns,
    curating,
    deleting,
    history,
    jobs,
    judging,
    portals,
    queue,
    releases,
    steward,
    tokens,
    versions,
)
from parvis.web.pages.steward import projects as steward_projects
from parvis.web.pages.steward import release_questions as steward_questions
from parvis.web.pages.steward import rounds as steward_rounds

BLUEPRINTS = (
    home.pages,
    questions.questions,
    catalog.catalog,
    catalog.downloads,
    partner.partners,
    resources.resources,
    projects.frame,
    guide.docs,
    ontology.ontology,
    sparql.sparql,
    cells.cells,
    completion.completion,
    short_links.short_links,
    assistants.assistants,
    citations.citations,
    crates.crates,
    mappings.mappings,
    search.search,
    guided.guided,
    practice.practice,
    relays.relays,
    portrait.publics,
    receipts.receipts,
    story.story,
    rounds.rounds,
    steward_rounds.counting,
    offerings.offerings,
    reconciliation.reconciliation,
    event_lists.events,
    event_pages.agenda,
    openapi.description,
    metrics.health,
    harvest.replicas,
    metrics.metrics,
    crawlers.crawlers,
    harvest.feed,
    entity_feed.entity_feed,
    dataspace.dataspace,
    oai.oai,
    check.checking,
    cleaning.cleaning,
    give.giving,
    drafts.drafts,
    drafting.drafting,
    box_office.box_office,
    queue.queueing,
    columns.columns,
    tokens.tokens,
    signing.signing,
    passkeys.passkeys,
    invitation.invitations,
    oidc.oidc,
    account.account,
    queries.saved_queries,
    people.people,
    steward.steward,
    jobs.jobs,
    versions.versions,
    deleting.deleting,
    backups.backups,
    releases.releases,
    portals.portals,
    judging.judging,
    search.terms,
    styleguide.styleguide,
    about_pages.about,
    glossary.glossary,
    status.status,
    organization.organization,
    requesting.requesting,
    release_questions.asking,
    steward_questions.answering,
    agreements.agreeing,
    curating.curating,
    steward_projects.planning,
    history.remembering,
    notices.notices,
    uses.uses,
    law25.law25,
)


def undefined_value(
    hint: str | None = None, obj: object = missing, name: str | None = None
) -> Undefined:
    """Make a name or an attribute that no view passes an error; a missing key stays empty.

    Nothing else checks the names in templates: a page would silently lack a part.
    """
    return (Undefined if isinstance(obj, Mapping) else StrictUndefined)(hint, obj, name)


def assemble(settings: Settings) -> Flask:
    """Create the application of a pool: configuration, pool, blueprints, hooks."""
    app = Flask("parvis.web")
    # Percent-encoding may triple the length of a query in a form.
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = (
        3 * settings.limits.query_bytes + 16_384
    )
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 86_400
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.undefined = undefined_value  # type: ignore[assignment]
    language.translate_templates(app.jinja_env)
    host = PoolService(settings)
    app.extensions |= {
        "parvis": host,
        "parvis.readers": Readers(settings, host.third_party),
        "parvis.register": AuditRegister(settings, host),
        "parvis.replicas": (replicas := ReplicaRegister(settings.data)),
        "parvis.trail": (Trail(settings.data), Ranges()),
        "parvis.checks": Checks(settings, host.shares),
        "parvis.notebook": steward.QueryNotebook(settings),
        "parvis.turns": Turns(),
        "parvis.metrics": metrics.Metrics(host, replicas),
    }
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    install(app)
    return app


# The log of the server: a JSON object a line, on standard error.


class JsonLogFormatter(JsonFormatter):
    """Writes a log record with its instant and, during a request, the request's id."""

    def add_fields(
        self,
        log_data: dict[str, object],
        record: logging.LogRecord,
        message_dict: dict[str, object],
    ) -> None:
        log_data["at"] = datetime.fromtimestamp(record.created, UTC).isoformat(
            timespec="milliseconds"
        )
        log_data["level"] = record.levelname.lower()
        if has_request_context():
            log_data["request"] = request_id()
        super().add_fields(log_data, record, message_dict)


def configure_logging() -> None:
    """Log everything in this process as JSON lines on standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLogFormatter("%(name)s %(message)s", rename_fields={"name": "logger"}))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("parvis").setLevel(logging.INFO)


GARBAGE = 10_000
"""New objects that trigger a garbage collection: those of some hundred requests."""


def app() -> Flask:
    """Create the application that the environment describes (PARVIS_DATA, _CATALOG, _BASE)."""
    settings = Settings.load()
    configure_logging()
    hold_temporary_files(settings.data)
    application = assemble(settings)
    resume_jobs(settings)
    sender = Sender(settings)
    sender.begin()
    atexit.register(sender.end)
    sys.setswitchinterval(SWITCH)
    application.extensions["parvis.turnstile"].pulse.begin()
    trail, _ = application.extensions["parvis.trail"]
    atexit.register(trail.close)  # a clean stop loses no entry of the audit log
    if not settings.proxies:  # what comes by a proxy is the proxy's to end
        connections.monitor_connections(
            application.extensions["parvis.concurrency"].bodies, settings.limits.body_seconds
        )
    # The objects created so far stay: the garbage collector need not look at them again.
    gc.freeze()
    gc.set_threshold(GARBAGE)
    # What is published is read now, so that no reader waits for it, and after the freeze: it is let
    # go at the next publication.
    if engines := application.extensions["parvis"].engines:
        engines.watch.begin()
    try:
        application.extensions["parvis"].snapshot()
    except NothingPublished:
        pass
    except (ParvisError, OSError, LookupError, TypeError, ValueError):
        # Pages that need it fail likewise, and say so; the others are served.
        logging.getLogger("parvis").exception("what is published cannot be read")
    return application
