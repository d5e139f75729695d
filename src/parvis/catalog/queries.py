"""Example queries: files of SPARQL that begin with the question in words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from parvis.errors import CatalogError, UnknownThing
from parvis.i18n import LANGUAGES, N_

NO_QUESTION = N_("{file}: the first lines must ask the question, “# {lang}: …” among them")
NO_QUERY = N_("there is no query {slug}")

_COMMENT = re.compile(r"#\s*(?P<lang>fr|en)\s*:\s*(?P<text>.*\S)\s*")


@dataclass(frozen=True)
class Query:
    """One example: its question per language, and its text as it is sent."""

    slug: str
    question: dict[str, str]
    text: str
    file: Path


def load_queries(folder: Path) -> dict[str, Query]:
    """Read ``queries/*.rq`` of a catalogue folder, in the order of their names.

    Raises `CatalogError` for a file whose leading comments lack a language.
    """
    files = sorted((folder / "queries").glob("*.rq"))
    return {file.stem: _read(file) for file in files}


def require_query(queries: dict[str, Query], slug: str) -> Query:
    """Give one of the queries; raises `UnknownThing`."""
    if slug not in queries:
        raise UnknownThing(NO_QUERY, slug=slug)
    return queries[slug]


def _read(file: Path) -> Query:
    text = file.read_text(encoding="utf-8")
    question = dict(_question(text))
    for lang in LANGUAGES:
        if lang not in question:
            raise CatalogError(NO_QUESTION, file=file, lang=lang)
    return Query(file.stem, question, text, file)


def _question(text: str) -> Iterator[tuple[str, str]]:
    """Give the leading comments that are in a language."""
    for line in text.splitlines():
        if not line.startswith("#"):
            return
        if found := _COMMENT.fullmatch(line):
            yield found["lang"], found["text"]
