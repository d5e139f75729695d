"""The language of a page: its fixed form, else ``?lang=``, cookie, Accept-Language, French."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit
from wsgiref.util import shift_path_info
from zoneinfo import ZoneInfo

from flask import Response, g, has_request_context, request

from parvis import __version__, i18n
from parvis.i18n import DEFAULT, LANGUAGES, translations
from parvis.web.http.access import host

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FIXED = "parvis.language"
ROOT = "parvis.root"
COOKIE = "lang"
YEAR = 365 * 86_400
NARROW_SPACE = "\u202f"


class LanguageMount:
    """Serves an application under its base's path, and under ``/fr`` and ``/en`` below it.

    The prefix moves from PATH_INFO to SCRIPT_NAME (PEP 3333): every route has its two fixed
    addresses, and every link on such a page stays in its language.
    """

    def __init__(self, app: "WSGIApplication", base: str) -> None:
        self.app = app
        self.root = urlsplit(base).path.rstrip("/")

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        environ[ROOT] = environ["SCRIPT_NAME"] = self.root
        environ["PATH_INFO"] = relative_path(environ["PATH_INFO"], self.root)
        if environ["PATH_INFO"].lstrip("/").partition("/")[0] in LANGUAGES:
            environ[FIXED] = shift_path_info(environ)
            environ["PATH_INFO"] = environ["PATH_INFO"] or "/"
        return self.app(environ, start_response)


def relative_path(path: str, root: str) -> str:
    """Return a path relative to the base's own, `root`."""
    return path[len(root) :] or "/" if f"{path}/".startswith(f"{root}/") else path


def route_path(path: str, root: str) -> str:
    """Return a path as routes have it: relative to the base's own, without a language prefix.

    >>> route_path("/pool/fr/catalog", "/pool")
    '/catalog'
    """
    path = relative_path(path, root)
    if path.lstrip("/").partition("/")[0] not in LANGUAGES:
        return path
    shifted = {"PATH_INFO": path, "SCRIPT_NAME": ""}
    shift_path_info(shifted)
    return shifted["PATH_INFO"] or "/"


def language() -> str:
    """Return the language of the response, noting if it was negotiated."""
    if fixed := request.environ.get(FIXED):
        return str(fixed)
    # The response depends on headers, which Vary must name. A page asks some twenty times.
    if "language_negotiated" not in g:
        g.language_negotiated = _negotiate()
    return str(g.language_negotiated)


def _negotiate() -> str:
    for lang in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if lang in LANGUAGES:
            return str(lang)
    return request.accept_languages.best_match(LANGUAGES) or DEFAULT


def language_of_address() -> str:
    """Return the language in the address, else the default, for responses that are cached."""
    lang = request.environ.get(FIXED) or request.args.get("lang")
    return str(lang) if lang in LANGUAGES else DEFAULT


def localise(texts: Mapping[str, str]) -> str:
    """Return a text in the language of the response, else in any other.

    >>> localise({"en": "Night"})
    'Night'
    """
    return i18n.choose_text(language() if has_request_context() else DEFAULT, texts)


def number(value: int) -> str:
    """Format an integer with the digit groups of the response's language."""
    separator = {"fr": NARROW_SPACE, "en": ","}[language()]
    return f"{value:,}".replace(",", separator)


def format_dollars(value: float) -> str:
    """Format an amount with its cents, in the digit groups of the response's language."""
    whole, cents = f"{abs(value):.2f}".split(".")
    sign = "-" if round(value, 2) < 0 else ""
    return i18n.localize_decimal(language(), f"{sign}{number(int(whole))}.{cents}")


def format_instant(moment: datetime) -> str:
    """Format a day and hour in the language of the response."""
    return i18n.clock(language(), moment)


def to_local_time(moment: datetime) -> datetime:
    """Return an instant by the clock of the pool's time zone."""
    return moment.astimezone(ZoneInfo(host().settings.timezone))


def format_local_instant(moment: datetime | str, *, seconds: bool = False) -> str:
    """Format a day and hour, of the pool's time zone; an entry of the ledger has it as ISO 8601.

    Only the audit trail needs `seconds`.
    """
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    local = to_local_time(moment)
    return i18n.clock(language(), local if seconds else local.replace(second=0, microsecond=0))


def format_local_day(moment: date | str) -> str:
    """Return the day in words, which of an instant is that of the pool's time zone."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if isinstance(moment, datetime):
        moment = to_local_time(moment).date()
    return i18n.day(language(), moment)


def page_address(lang: str | None) -> str:
    """Return this page's address, relative to the base, in a language or to be negotiated."""
    if "query_in_links" not in g:  # a page names its other languages four times
        parameters = [pair for pair in request.args.items(multi=True) if pair[0] != "lang"]
        g.query_in_links = f"?{urlencode(parameters)}" if parameters else ""
    query = g.query_in_links
    prefix = f"{lang}/" if lang else ""
    return f"{prefix}{request.path.lstrip('/')}{query}"


def remember_choice(response: Response) -> Response:
    """Store the language that the address chooses in a cookie."""
    if g.get("language_negotiated"):
        response.vary.update(("Accept-Language", "Cookie"))
        if (lang := request.args.get("lang")) in LANGUAGES:
            response.set_cookie(COOKIE, str(lang), max_age=YEAR, samesite="Lax", httponly=True)
    return response


def add_language() -> dict[str, object]:
    """Return the language of a page, and what templates write addresses with."""
    return {
        "lang": language(),
        "languages": LANGUAGES,
        "form_in": page_address,
        "root": request.environ.get(ROOT, ""),
        "base": host().settings.base,
        "version": __version__,
    }


FILTERS: dict[str, Callable[..., object]] = {
    "in_words": localise,
    "instant": format_local_instant,
    "day": format_local_day,
    "hour": lambda moment: i18n.hour(language(), moment),
    "number": number,
    "when": lambda text: i18n.date_in_words(language(), text),
    "dollars": lambda value: "" if value is None else format_dollars(value),
    "coverage": lambda share: i18n.coverage(language(), share),
    "step": lambda text: i18n.step(language(), text),
    "exact": lambda text: (
        number(int(text)) if text.isdecimal() else i18n.localize_decimal(language(), text)
    ),
    "decimal": lambda value: "" if value is None else i18n.number(language(), value),
}
"""The filters of templates that write in the language of the response."""


def translate_templates(jinja: Any) -> None:  # noqa: ANN401 - its extension adds the method
    """Let templates mark texts, and write them in the language of the response."""
    jinja.add_extension("jinja2.ext.i18n")
    jinja.install_gettext_callables(
        lambda text: translations(language()).gettext(text),
        lambda text, plural, count: translations(language()).ngettext(text, plural, count),
        newstyle=True,
    )
