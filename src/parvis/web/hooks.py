"""What runs around the view of every request: one table, in the order in which it runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Flask, Response
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from parvis.errors import ParvisError
from parvis.pooling.serving.service import PoolService
from parvis.web.api import box_office, results
from parvis.web.api.assistants.turns import AssistantGate
from parvis.web.charts import filters as chart_filters
from parvis.web.http import access, audit, caching, errors, language, quotas, security, uploads
from parvis.web.http.admission import AdmissionControl, RequestLimits, charge_request
from parvis.web.http.concurrency import ConcurrencyLimit
from parvis.web.http.editions import EditionGuard
from parvis.web.http.inputs import Routes
from parvis.web.http.request_log import RequestLog, list_areas
from parvis.web.pages import partner
from parvis.web.pages.audiences import rounds
from parvis.web.pages.giving import check, drafts, give
from parvis.web.pages.requests import law25
from parvis.web.pages.steward import steward
from parvis.web.response_cache import ResponseCache

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Wrap = Callable[["WSGIApplication", Flask, PoolService], "WSGIApplication"]
"""Puts middleware before what it is given, for an application and its pool."""


@dataclass(frozen=True)
class Hook:
    """A step around every request.

    `wrap` puts WSGI middleware before the application, which `install` registers as the extension
    ``parvis.<name>``. `before` and `after` run before and after the view, `close` after the
    response. `errors` answer what a view raises; `context` and `filters` are for templates.
    """

    name: str
    wrap: Wrap | None = None
    before: Callable[[], None] | None = None
    after: Callable[[Response], Response] | None = None
    close: Callable[[BaseException | None], None] | None = None
    errors: Mapping[type[Exception], Callable[[Any], Response]] = field(default_factory=dict)
    context: Callable[[], dict[str, object]] | None = None
    filters: Mapping[str, Callable[..., object]] = field(default_factory=dict)


RECEIVING = (
    check.RECEIVING
    | give.RECEIVING
    | drafts.RECEIVING
    | box_office.RECEIVING
    | law25.RECEIVING
    | partner.RECEIVING
    | rounds.RECEIVING
)

HOOKS = (
    # The log sees every request and its whole response, refused ones too.
    Hook(
        "request_log",
        wrap=lambda inner, app, host: RequestLog(
            inner,
            host.settings,
            areas=list_areas(app.url_map),
            count=app.extensions["parvis.metrics"].count,
            charge=partial(charge_request, host.shares),
        ),
    ),
    # A request is known to be small before anything else reads it. What its route does not read is
    # removed before every cache.
    Hook("request_limits", wrap=lambda inner, app, _: RequestLimits(inner, Routes(app))),
    # The address of the reader, by which all that follows counts; from the headers of as many
    # proxies as there are.
    Hook(
        "proxy",
        wrap=lambda inner, _, host: (
            ProxyFix(inner, x_for=host.settings.proxies) if host.settings.proxies else inner
        ),
    ),
    # Behind a proxy, another copy answers who has seen a later edition; the cookie that says so is
    # removed before every cache.
    Hook(
        "editions",
        wrap=lambda inner, app, host: EditionGuard(inner, host, app.extensions["parvis.replicas"]),
    ),
    # Refusals cost nearly nothing: they come before a place is taken, and before a body is read.
    Hook("turnstile", wrap=lambda inner, _, host: AdmissionControl(inner, host)),
    Hook(
        "assistants",
        wrap=lambda inner, app, host: AssistantGate(
            inner, app.extensions["parvis.turns"], host.settings.base
        ),
    ),
    Hook(
        "concurrency",
        wrap=lambda inner, _, host: ConcurrencyLimit(inner, host.settings.limits.body_seconds),
    ),
    # Cached responses have the headers of security already.
    Hook("response_cache", wrap=lambda inner, _, host: ResponseCache(inner, host)),
    Hook("security_headers", wrap=lambda inner, *_: security.SecurityHeaders(inner)),
    # Flask sees paths without the base's own and without the prefix of a language.
    Hook(
        "language_prefix",
        wrap=lambda inner, _, host: language.LanguageMount(inner, host.settings.base),
    ),
    # A bad token is refused before anything is done for its reader.
    Hook("reader", before=access.refuse_bad_token),
    Hook("audit_clock", before=audit.start_clock),
    # The limit of a body is widened before the CSRF token is read from the form.
    Hook(
        "uploads",
        before=partial(uploads.admit_upload, RECEIVING),
        close=uploads.release_upload,
    ),
    Hook("csrf", before=security.check_csrf, context=security.add_csrf_token),
    # Errors are responses like others: what follows sees them.
    Hook(
        "errors",
        errors={
            ParvisError: errors.answer_error,
            OSError: errors.answer_machine_error,
            HTTPException: errors.answer_http_error,
        },
    ),
    Hook("redirects", after=errors.redirect_by_path),
    Hook("quotas", after=quotas.add_quotas),
    Hook("slow_queries", after=steward.record_query),
    # Rows are counted in the body as it was written, before it is compressed.
    Hook("audit_log", after=audit.record_reading),
    # What is private is marked before caching, so that it gets no tag and is never stored.
    Hook("private", after=access.forbid_caching, context=access.add_identity),
    Hook("caching", after=caching.finish_response),
    # A cookie of language is set on a 304 too.
    Hook(
        "language",
        after=language.remember_choice,
        context=language.add_language,
        filters=language.FILTERS,
    ),
    Hook("links", filters=results.FILTERS),
    Hook("charts", filters=chart_filters.FILTERS),
)


def install(app: Flask) -> None:
    """Install the hooks in an application whose routes and services are registered."""
    host: PoolService = app.extensions["parvis"]
    for hook in HOOKS:
        if hook.before is not None:
            app.before_request(hook.before)
        if hook.context is not None:
            app.context_processor(hook.context)
        for error, answer in hook.errors.items():
            app.register_error_handler(error, answer)
        app.jinja_env.filters |= hook.filters
    # Flask runs what follows a request in reverse; middleware that is put last runs first.
    for hook in reversed(HOOKS):
        if hook.after is not None:
            app.after_request(hook.after)
        if hook.close is not None:
            app.teardown_request(hook.close)
        if hook.wrap is not None:
            wrapped = app.extensions[f"parvis.{hook.name}"] = hook.wrap(app.wsgi_app, app, host)
            # Made to be replaced so: https://flask.palletsprojects.com/api/#flask.Flask.wsgi_app
            app.wsgi_app = wrapped  # type: ignore[assignment, method-assign]
