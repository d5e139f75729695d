"""Example queries: SPARQL files that begin with the question in words."""

import re
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

from parvis.catalog.queries.presentation import (
    Presentation,
    load_presentations,
    read_text,
    read_toml,
    require_columns,
)
from parvis.config import knowledge
from parvis.errors import CatalogError, QueryError, UnknownThing
from parvis.i18n import DEFAULT, LANGUAGES, N_, both
from parvis.store.query.confinement import require_valid
from parvis.store.query.request import QueryText
from parvis.vocab.namespaces import PREFIXES

# The names of result columns in both languages: ``queries/columns.toml``. Parvis has names for the
# usual variables; those of a catalogue folder override them.

FILE = Path("queries") / "columns.toml"

NO_TEXT = N_("{file}: “{name}” must be a table with a text for each of, and nothing but: {langs}")

Columns = dict[str, dict[str, str]]
"""A text per language, by variable."""


def load_columns(folder: Path) -> Columns:
    """Read the names of columns: those of parvis, overridden by those of a catalogue folder.

    Raises `CatalogError` for a file that is no TOML, or lacks a language for a variable.
    """
    return _read_columns(knowledge("catalog") / FILE) | _read_columns(folder / FILE)


def _read_columns(file: Path) -> Columns:
    if not file.is_file():
        return {}
    columns = read_toml(file)
    for name, texts in columns.items():
        by_language = texts if isinstance(texts, dict) else {}
        if {*by_language} != {*LANGUAGES} or not all(
            isinstance(text, str) for text in by_language.values()
        ):
            raise CatalogError(NO_TEXT, file=file, name=name, langs=", ".join(LANGUAGES))
    return columns


# The language of names in the result of an example query: French, or that of the page for a line
# marked like this one, which only suits entities with a name in each language:
#
#     FILTER (LANG(?area) = "fr") # language

MARKED_LINE = re.compile(r"^.*[ \t]# language[ \t]*$", re.MULTILINE)
LANGUAGE_FILTER = re.compile(rf'(LANG\(\s*[?$]\w+\s*\) = )"{DEFAULT}"(?!@)', re.IGNORECASE)


def localize_query(text: str, lang: str) -> str:
    """Return a query for names in a language; `lang` is one of `LANGUAGES`.

    >>> localize_query('FILTER (LANG(?a) = "fr") # language', "en")
    'FILTER (LANG(?a) = "en") # language'
    """
    return MARKED_LINE.sub(lambda line: LANGUAGE_FILTER.sub(rf'\g<1>"{lang}"', line[0]), text)


NO_QUESTION = N_("{file}: the first lines must ask the question, “# {lang}: …” among them")
NO_THEME = N_("{file}: there is no theme “{theme}”; these exist: {themes}")
NO_FORM = N_("{file}: this is no SELECT, ASK or CONSTRUCT query")
NO_LANGUAGE = N_('{file}: “{line}” keeps no language as LANG(?name) = "fr" does')
NO_SLUG = N_("{file}: its name may have letters without accents, digits, - and _ only")
NO_SPARQL = N_("{file}: {reason}")
NO_QUERY = N_("there is no query {slug}")

THEMES = {
    "rencontres": N_("Where programming and audiences meet"),
    "offres": N_("Programming"),
    "publics": N_("Audiences in figures"),
    "relais": N_("Intermediaries and whom they reach"),
    "lieux": N_("Venues"),
    "organismes": N_("Organisations"),
    "liens": N_("One thing, several descriptions"),
    "provenance": N_("Who said what, and when"),
    "donnees": N_("The data themselves"),
    "autres": N_("Other questions"),
}
"""The themes of questions by their slug, in the order in which pages show them."""

OTHER = "autres"
TABLES = "tables"
"""The folder, within that of the questions, of their texts that ask the tables of a publication."""
FORMS = ("SELECT", "ASK", "CONSTRUCT")

SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""The name of a question's file, which is also that of its page."""

_COMMENT = re.compile(r"#\s*(?P<name>fr|en|theme)\s*:\s*(?P<text>.*\S)\s*")


@dataclass(frozen=True)
class Query:
    """An example query: its question by language, its theme, its form, and its text.

    `columns` are the names of its variables, as far as they are known. `by_tables` asks the same of
    the tables of a publication, and is empty where there is no such text.
    """

    slug: str
    question: dict[str, str]
    theme: str
    form: str
    text: str
    file: Path
    columns: Columns = field(default_factory=dict)
    presentation: Presentation = field(default_factory=Presentation)
    by_tables: str = ""


def load_queries(folder: Path) -> dict[str, Query]:
    """Read ``queries/*.rq`` of a catalogue folder, by theme and then by name.

    Raises `CatalogError` for a file whose leading comments lack a language or name an unknown
    theme, that holds no query of a form of `FORMS`, or whose line is marked as one with a
    language and has none; and as `load_presentations` and
    `load_columns` do.
    """
    order, columns = list(THEMES), load_columns(folder)
    presentations = load_presentations(folder)
    queries = [
        _read_query(file, columns, presentations.get(file.stem, Presentation()))
        for file in sorted((folder / "queries").glob("*.rq"))
    ]
    return {
        query.slug: query for query in sorted(queries, key=lambda query: order.index(query.theme))
    }


def require_query(queries: dict[str, Query], slug: str) -> Query:
    if slug not in queries:
        raise UnknownThing(NO_QUERY, slug=slug)
    return queries[slug]


def _read_query(file: Path, columns: Columns, presentation: Presentation) -> Query:
    if not SLUG.fullmatch(file.stem):
        raise CatalogError(NO_SLUG, file=file)
    text = read_text(file)
    # The leading comments that are in a language, or state the theme.
    head = takewhile(lambda line: line.startswith("#"), text.splitlines())
    matches = filter(None, map(_COMMENT.fullmatch, head))
    comments = {match["name"]: match["text"] for match in matches}
    for lang in LANGUAGES:
        if lang not in comments:
            raise CatalogError(NO_QUESTION, file=file, lang=lang)
    theme = comments.pop("theme", OTHER)
    if theme not in THEMES:
        raise CatalogError(NO_THEME, file=file, theme=theme, themes=", ".join(THEMES))
    form = _read_form(file, text)
    variables = set(re.findall(r"[?$](\w+)", text))
    named = {name: texts for name, texts in columns.items() if name in variables}
    require_columns(file.stem, presentation, variables)
    by_tables = file.parent / TABLES / file.name
    text_by_tables = read_text(by_tables) if by_tables.is_file() else ""
    if text_by_tables:
        _read_form(by_tables, text_by_tables)
    return Query(file.stem, comments, theme, form, text, file, named, presentation, text_by_tables)


def _read_form(file: Path, text: str) -> str:
    """Return the form of a query that can be asked. Raises `CatalogError`."""
    try:
        query = QueryText.read(text, prefixes=PREFIXES)
        require_valid(query)
        form = query.parsed_query.form
    except QueryError as error:
        why = both(error.template, **error.fields)
        raise CatalogError(NO_SPARQL, file=file, reason=why) from error
    if form not in FORMS:
        raise CatalogError(NO_FORM, file=file)
    for match in MARKED_LINE.finditer(text):
        if not LANGUAGE_FILTER.search(match[0]):
            raise CatalogError(NO_LANGUAGE, file=file, line=match[0].strip())
    return form
