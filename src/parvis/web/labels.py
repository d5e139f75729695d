"""What the things of an answer's first rows are called, for its table and its pictures."""

from contextlib import suppress
from dataclasses import replace

from flask import request

from parvis.errors import ParvisError
from parvis.pooling.labels import called
from parvis.web.access import host, reader_of
from parvis.web.language import language
from parvis.web.links import prefixed
from parvis.web.results import Cell, Preview


def named(found: Preview, generation: int | None = None) -> Preview:
    """Write things by their names, as far as the reader may read them; each keeps its IRI.

    What has none is written by a prefix. Where the names cannot be had, in the time that a reader
    has for instance, nothing has one.
    """
    things = [cell.iri for row in found.rows for cell in row if cell.iri]
    names: dict[str, dict[str, str]] = {}
    with suppress(ParvisError):
        names = called(host(), reader_of(request), things, generation)
    return replace(found, rows=[[_named(cell, names) for cell in row] for row in found.rows])


def _named(cell: Cell, names: dict[str, dict[str, str]]) -> Cell:
    """Write a thing by its name: in the language of the answer, else in one that it has."""
    if cell.iri is None:
        return cell
    texts = names.get(cell.iri, {})
    if texts:
        lang = language() if language() in texts else next(iter(texts))
        return replace(cell, text=texts[lang], lang=lang or None, called=True)
    inside = cell.iri.removeprefix(host().settings.base)
    return replace(cell, text=inside if inside != cell.iri else prefixed(cell.iri))
