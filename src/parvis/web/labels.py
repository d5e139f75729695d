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
    lang, base = language(), host().settings.base
    cells = {iri: _named(iri, names.get(iri, {}), lang, base) for iri in set(things)}
    rows = [[cells[cell.iri] if cell.iri else cell for cell in row] for row in found.rows]
    return replace(found, rows=rows)


def _named(iri: str, texts: dict[str, str], lang: str, base: str) -> Cell:
    """Write a thing by its name: in the language of the answer, else in one that it has."""
    if texts:
        own = lang if lang in texts else next(iter(texts))
        return Cell(texts[own], iri, own or None, called=True)
    inside = iri.removeprefix(base)
    return Cell(inside if inside != iri else prefixed(iri), iri)
