"""Example queries: files of SPARQL that begin with the question in words."""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parvis.config import knowledge
from parvis.errors import CatalogError, QueryError, UnknownThing
from parvis.i18n import DEFAULT, LANGUAGES, N_, both
from parvis.store.query.confinement import require_valid
from parvis.store.query.text import QueryText
from parvis.vocab.namespaces import PREFIXES

# The chart of an example query: a Vega-Lite specification in a file beside it, without data.
#
# What it draws are the columns of the answer, so that its fields are variables of the query.

ENDING = ".vl.json"
OUTSIDE = ("data", "datasets", "url", "href")
"""What would bring something else than the answer into the picture, or lead out of it."""

NO_JSON = N_("{file}: this is no JSON object: {why}")
NO_OUTSIDE = N_("{file}: “{name}” has no place here: a chart draws its query’s answer alone")
NO_FIELD = N_("{file}: the query has no variable “{name}”")


def read_chart(query: Path, text: str) -> str:
    """Read the chart of a query's file as JSON, empty when it has none.

    Raises `CatalogError` for what is no JSON object, brings data or addresses of its own, or draws
    a column that the query does not name.
    """
    file = query.with_suffix(ENDING)
    if not file.is_file():
        return ""
    chart = _parsed(file)
    variables = set(re.findall(r"[?$](\w+)", text))
    for name, value in _members(chart):
        if name in OUTSIDE:
            raise CatalogError(NO_OUTSIDE, file=file, name=name)
        if name == "field" and value not in variables:
            raise CatalogError(NO_FIELD, file=file, name=value)
    return json.dumps(chart, ensure_ascii=False)


def _parsed(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except ValueError as error:
        raise CatalogError(NO_JSON, file=file, why=error) from error
    if not isinstance(found, dict):
        raise CatalogError(NO_JSON, file=file, why=type(found).__name__)
    return found


def _members(part: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON
    """Give each member of each object within."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield name, value
            yield from _members(value)
    elif isinstance(part, list):
        for one in part:
            yield from _members(one)


# Texts that people write in a catalogue folder: UTF-8, marked as such by Windows or not.

NO_UTF_8 = N_("{file}: this is not written in UTF-8: save it so")


def read_text(file: Path) -> str:
    """Read a text. Raises `CatalogError` for one that is not in UTF-8."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CatalogError(NO_UTF_8, file=file) from error


# What the columns of answers are called, in both languages: ``queries/columns.toml``.
#
# Parvis brings names for the usual variables; those of a catalogue folder go before them.

FILE = Path("queries") / "columns.toml"

NO_TOML = N_("{file}: this is no TOML: {why}")
NO_TEXT = N_("{file}: “{name}” must be a table with a text for each of, and nothing but: {langs}")

Columns = dict[str, dict[str, str]]
"""A text per language, by variable."""


def load_columns(folder: Path) -> Columns:
    """Read what a catalogue folder calls columns, beside what parvis calls them.

    Raises `CatalogError` for a file that is no TOML, or lacks a language for a variable.
    """
    return _read_columns(knowledge("catalog") / FILE) | _read_columns(folder / FILE)


def of_query(columns: Columns, text: str) -> Columns:
    """Give the names of those variables that a query has."""
    variables = set(re.findall(r"[?$](\w+)", text))
    return {name: told for name, told in columns.items() if name in variables}


def _read_columns(file: Path) -> Columns:
    """Read a file, if there is one."""
    if not file.is_file():
        return {}
    try:
        found = tomllib.loads(read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(NO_TOML, file=file, why=error) from error
    for name, told in found.items():
        _require_both(file, name, told)
    return found


def _require_both(file: Path, name: str, told: Any) -> None:  # noqa: ANN401 - any TOML
    """Refuse what does not say a text in each language, and nothing else."""
    texts = told if isinstance(told, dict) else {}
    if {*texts} != {*LANGUAGES} or not all(isinstance(one, str) for one in texts.values()):
        raise CatalogError(NO_TEXT, file=file, name=name, langs=", ".join(LANGUAGES))


# The language in which a ready question asks for names: French, or its page's where it says so.
#
# A line that keeps the names of one language is marked:
#
#     FILTER (LANG(?area) = "fr") # language
#
# It is for what has a name in each language, as the concepts of the ontology: what has none in the
# page's language would be left out.

MARKED = re.compile(r"^.*[ \t]# language[ \t]*$", re.MULTILINE)
KEPT = re.compile(rf'(LANG\(\s*[?$]\w+\s*\) = )"{DEFAULT}"(?!@)', re.IGNORECASE)


def spoken(text: str, lang: str) -> str:
    """Write a query for names in a language; `lang` is one of `LANGUAGES`.

    >>> spoken('FILTER (LANG(?a) = "fr") # language', "en")
    'FILTER (LANG(?a) = "en") # language'
    """
    return MARKED.sub(lambda line: KEPT.sub(rf'\g<1>"{lang}"', line[0]), text)


def unspoken(text: str) -> str:
    """Give the first marked line that keeps no language so that it can be changed, or nothing."""
    lines = (found[0].strip() for found in MARKED.finditer(text))
    return next((line for line in lines if not KEPT.search(line)), "")


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
