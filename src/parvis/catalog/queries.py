"""Example queries: files of SPARQL that begin with the question in words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from parvis.catalog.charts import read_chart
from parvis.catalog.columns import Columns, load_columns, of_query
from parvis.catalog.spoken import unspoken
from parvis.catalog.texts import read_text
from parvis.errors import CatalogError, QueryError, UnknownThing
from parvis.i18n import LANGUAGES, N_, both
from parvis.store.confine import require_valid
from parvis.store.query_text import QueryText
from parvis.vocab.namespaces import PREFIXES

NO_QUESTION = N_("{file}: the first lines must ask the question, “# {lang}: …” among them")
NO_THEME = N_("{file}: there is no theme “{theme}”; these exist: {themes}")
NO_FORM = N_("{file}: this is no SELECT, ASK or CONSTRUCT query")
NO_LANGUAGE = N_('{file}: “{line}” keeps no language as LANG(?name) = "fr" does')
NO_SLUG = N_("{file}: its name may have letters without accents, digits, - and _ only")
NO_SPARQL = N_("{file}: {reason}")
NO_QUERY = N_("there is no query {slug}")

THEMES = {
    "rencontres": N_("Where offerings and publics meet"),
    "offres": N_("Offerings"),
    "publics": N_("Publics"),
    "relais": N_("Relays"),
    "lieux": N_("Venues"),
    "organismes": N_("Organisations"),
    "liens": N_("One thing, several descriptions"),
    "provenance": N_("Who said what, and when"),
    "donnees": N_("The data themselves"),
    "autres": N_("Other questions"),
}
"""The themes of questions by their slug, in the order in which pages show them."""

OTHER = "autres"
FORMS = ("SELECT", "ASK", "CONSTRUCT")

SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""What a question's file may be called, since its page is called so."""

_COMMENT = re.compile(r"#\s*(?P<name>fr|en|theme)\s*:\s*(?P<text>.*\S)\s*")


@dataclass(frozen=True)
class Query:
    """One example: its question per language, theme and form, and its text as it is sent.

    `chart` is the Vega-Lite specification that draws its answer, as JSON; empty when it has none.
    `columns` are what its variables are called, where that is told.
    """

    slug: str
    question: dict[str, str]
    theme: str
    form: str
    text: str
    file: Path
    chart: str = ""
    columns: Columns = field(default_factory=dict)


def load_queries(folder: Path) -> dict[str, Query]:
    """Read ``queries/*.rq`` of a catalogue folder, by theme and then in the order of their names.

    Raises `CatalogError` for a file whose leading comments lack a language or name an unknown
    theme, for one that holds no query of a form of `FORMS`, for a line that is marked as one that
    keeps a language and does not, and as `read_chart` and `load_columns` do.
    """
    order, columns = list(THEMES), load_columns(folder)
    found = [_read(file, columns) for file in sorted((folder / "queries").glob("*.rq"))]
    return {one.slug: one for one in sorted(found, key=lambda one: order.index(one.theme))}


def require_query(queries: dict[str, Query], slug: str) -> Query:
    """Give one of the queries; raises `UnknownThing`."""
    if slug not in queries:
        raise UnknownThing(NO_QUERY, slug=slug)
    return queries[slug]


def _read(file: Path, columns: Columns) -> Query:
    if not SLUG.fullmatch(file.stem):
        raise CatalogError(NO_SLUG, file=file)
    text = read_text(file)
    told = dict(_told(text))
    for lang in LANGUAGES:
        if lang not in told:
            raise CatalogError(NO_QUESTION, file=file, lang=lang)
    theme = told.pop("theme", OTHER)
    if theme not in THEMES:
        raise CatalogError(NO_THEME, file=file, theme=theme, themes=", ".join(THEMES))
    form = _require_sparql(text, file)
    if line := unspoken(text):
        raise CatalogError(NO_LANGUAGE, file=file, line=line)
    chart, named = read_chart(file, text), of_query(columns, text)
    return Query(file.stem, told, theme, form, text, file, chart, named)


def _require_sparql(text: str, file: Path) -> str:
    """Refuse what readers would be refused, or another form than `FORMS`; return its form."""
    try:
        query = QueryText.read(text, prefixes=PREFIXES)
        require_valid(query)
        form = query.parsed.form
    except QueryError as error:
        why = both(error.template, **error.fields)
        raise CatalogError(NO_SPARQL, file=file, reason=why) from error
    if form not in FORMS:
        raise CatalogError(NO_FORM, file=file)
    return form


def _told(text: str) -> Iterator[tuple[str, str]]:
    """Give the leading comments that are in a language, or tell the theme."""
    for line in text.splitlines():
        if not line.startswith("#"):
            return
        if found := _COMMENT.fullmatch(line):
            yield found["name"], found["text"]
