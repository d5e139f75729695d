"""The language of a page: its fixed form, else ``?lang=``, cookie, Accept-Language, French."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit
from wsgiref.util import shift_path_info

from flask import Flask, Response, g, has_request_context, request

from parvis import __version__, i18n
from parvis.i18n import DEFAULT, LANGUAGES, translations

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FIXED = "parvis.language"
ROOT = "parvis.root"
COOKIE = "lang"
YEAR = 365 * 86_400
NARROW_SPACE = "\u202f"


class Mount:
    """Serve an application under its base's path, and under ``/fr`` and ``/en`` below it.

    The prefix moves from PATH_INFO to SCRIPT_NAME (PEP 3333), so that every route has its two
    fixed forms and every link made on such a page stays in its language.
    """

    def __init__(self, app: "WSGIApplication", base: str) -> None:
        """Wrap an application known under `base`."""
        self.app = app
        self.root = urlsplit(base).path.rstrip("/")

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Take the prefixes off the path and answer."""
        environ[ROOT] = environ["SCRIPT_NAME"] = self.root
        environ["PATH_INFO"] = below(environ["PATH_INFO"], self.root)
        if environ["PATH_INFO"].lstrip("/").partition("/")[0] in LANGUAGES:
            environ[FIXED] = shift_path_info(environ)
            environ["PATH_INFO"] = environ["PATH_INFO"] or "/"
        return self.app(environ, start_response)


def below(path: str, root: str) -> str:
    """Return a path as it is below the base's own, `root`."""
    return path[len(root) :] or "/" if f"{path}/".startswith(f"{root}/") else path


def inside(path: str, root: str) -> str:
    """Return a path as the routes know it: below the base's own, without a language before it.

    >>> inside("/pool/fr/catalog", "/pool")
    '/catalog'
    """
    path = below(path, root)
    if path.lstrip("/").partition("/")[0] not in LANGUAGES:
        return path
    shifted = {"PATH_INFO": path, "SCRIPT_NAME": ""}
    shift_path_info(shifted)
    return shifted["PATH_INFO"] or "/"


def language() -> str:
    """Give the language of the answer, noting when it was the reader who decided."""
    if fixed := request.environ.get(FIXED):
        return str(fixed)
    g.language_negotiated = True
    for asked in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if asked in LANGUAGES:
            return str(asked)
    return request.accept_languages.best_match(LANGUAGES) or DEFAULT


def told_language() -> str:
    """Give the language that the address tells, else the default: what is kept has no other."""
    told = request.environ.get(FIXED) or request.args.get("lang")
    return str(told) if told in LANGUAGES else DEFAULT


def in_words(texts: Mapping[str, str]) -> str:
    """Choose a text in the language of the answer, else in any that there is.

    >>> in_words({"en": "Night"})
    'Night'
    """
    lang = language() if has_request_context() else DEFAULT
    return texts.get(lang) or next(iter(texts.values()), "")


def number(value: int) -> str:
    """Write a whole number as the language of the answer groups its digits."""
    separator = {"fr": NARROW_SPACE, "en": ","}[language()]
    return f"{value:,}".replace(",", separator)


def decimal(value: float | None) -> str:
    """Write a number with its decimal as people do in the language of the answer."""
    return "" if value is None else i18n.number(language(), value)


def pointed(digits: str) -> str:
    """Write digits with the decimal mark of the language of the answer."""
    return i18n.pointed(language(), digits)


def clock(moment: datetime) -> str:
    """Write a day with its hour as people do in the language of the answer."""
    return i18n.clock(language(), moment)


def form_in(lang: str | None) -> str:
    """Give the address of this same page, below the base, in one language or negotiated."""
    if "query_in_links" not in g:  # a page names its other languages four times
        asked = [pair for pair in request.args.items(multi=True) if pair[0] != "lang"]
        g.query_in_links = f"?{urlencode(asked)}" if asked else ""
    query = g.query_in_links
    prefix = f"{lang}/" if lang else ""
    return f"{prefix}{request.path.lstrip('/')}{query}"


def _remember(response: Response) -> Response:
    """Say that the answer varied with the reader's language, and keep a choice made by hand."""
    if g.get("language_negotiated"):
        response.vary.update(("Accept-Language", "Cookie"))
        if (asked := request.args.get("lang")) in LANGUAGES:
            response.set_cookie(COOKIE, str(asked), max_age=YEAR, samesite="Lax", httponly=True)
    return response


def _gettext(text: str) -> str:
    return translations(language()).gettext(text)


def _ngettext(one: str, many: str, count: int) -> str:
    return translations(language()).ngettext(one, many, count)


def install(app: Flask, base: str) -> None:
    """Make the application speak: prefixes, Jinja's translations, what templates call."""
    # The attribute is made to be replaced so: https://flask.palletsprojects.com/api/#flask.Flask.wsgi_app
    app.wsgi_app = Mount(app.wsgi_app, base)  # type: ignore[method-assign]
    jinja: Any = app.jinja_env
    jinja.add_extension("jinja2.ext.i18n")
    jinja.install_gettext_callables(_gettext, _ngettext, newstyle=True)
    jinja.filters |= {
        "in_words": in_words,
        "number": number,
        "decimal": decimal,
        "pointed": pointed,
        "clock": clock,
    }
    app.after_request(_remember)

    @app.context_processor
    def speaking() -> dict[str, object]:
        return {
            "lang": language(),
            "languages": LANGUAGES,
            "form_in": form_in,
            "root": request.environ.get(ROOT, ""),
            "base": base,
            "version": __version__,
        }
