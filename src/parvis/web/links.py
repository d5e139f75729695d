"""Where an IRI leads on a page and how short it can be written there, also in tables of answers."""

from typing import cast
from urllib.parse import urlencode

from flask import Flask, g, request, url_for
from markupsafe import Markup, escape

from parvis import i18n
from parvis.vocab.namespaces import CONCEPT, PARVIS, PREFIXES
from parvis.web.language import language
from parvis.web.results import Cell, Preview

TERMS = str(PARVIS._NS)  # noqa: SLF001 - the namespace of a closed namespace
NAMESPACES = tuple(PREFIXES.values())
UNQUOTED = "!$'()*,/:;?@"
"""Characters that an address of ours keeps as they are in its query, as Werkzeug does."""


def prefixed(iri: str) -> str:
    """Write an IRI with a published prefix when one fits.

    >>> prefixed("http://www.w3.org/2004/02/skos/core#prefLabel")
    'skos:prefLabel'
    """
    if not iri.startswith(NAMESPACES):  # the most frequent case, and the quickest to tell
        return iri
    fitting = [item for item in PREFIXES.items() if iri.startswith(item[1]) and iri != item[1]]
    if not fitting:
        return iri
    prefix, namespace = max(fitting, key=lambda item: len(item[1]))
    return f"{prefix}:{iri.removeprefix(namespace)}"


class Links:
    """Writes links to IRIs on one page, each IRI looked at once."""

    def __init__(self, base: str) -> None:
        """Write links of a pool whose public address is `base`."""
        self._base, self._root = base, request.script_root
        self._terms, self._describe = url_for("ontology.vocabulary"), url_for("resources.describe")
        self._texts: dict[str, tuple[str, str, str]] = {}

    def address(self, iri: str) -> str | None:
        """Give the address at which people read about an IRI, None when it is no web address."""
        if iri.startswith(self._base):
            return f"{self._root}/{iri.removeprefix(self._base)}"
        if iri.startswith(TERMS):
            return f"{self._terms}#{iri.removeprefix(TERMS)}"
        if iri.startswith(CONCEPT):
            return f"{self._describe}?{urlencode({'iri': iri}, safe=UNQUOTED)}"
        return iri if iri.startswith(("http://", "https://")) else None

    def short(self, iri: str) -> str:
        """Write an IRI below the base, or with a prefix."""
        inside = iri.removeprefix(self._base)
        return inside if inside and inside != iri else prefixed(iri)

    def anchor(self, iri: str, text: str = "") -> str:
        """Write a link to an IRI in HTML, under a text or under the IRI itself."""
        if iri not in self._texts:
            address, begin, end = self.address(iri), "", ""
            if address is not None:
                outside = "" if address.startswith("/") else ' rel="external nofollow"'
                begin, end = f'<a href="{escape(address)}"{outside}>', "</a>"
            self._texts[iri] = begin, str(escape(self.short(iri))), end
        begin, short, end = self._texts[iri]
        return f"{begin}{escape(text) if text else short}{end}"


def table_rows(found: Preview, links: Links) -> Markup:
    """Write the rows of a table in HTML.

    A template takes ten times as long for a cell, in calls of macros and filters, and there are
    thousands of cells.
    """
    lang = language()
    rows = ("".join(_cell(cell, links, lang) for cell in row) for row in found.rows)
    return Markup("\n".join(f"<tr>{row}</tr>" for row in rows))  # noqa: S704 - escaped below


def _cell(cell: Cell, links: Links, lang: str) -> str:
    """Write a cell: a thing by its name, a number or an instant as people write it, a text."""
    if cell.iri is not None:
        return f"<td>{_thing(cell, links, lang)}</td>"
    if cell.datatype is None:
        text = str(escape(cell.text))
        if cell.lang:
            text = f'<span lang="{escape(cell.lang)}">{text}</span>'
        return f"<td>{text}</td>"
    text, value = escape(cell.text), ""
    if cell.is_number:
        shown = escape(i18n.pointed(lang, cell.text))
        value = "" if shown == text else f' data-value="{text}"'
        return f'<td class="typed number"{value}>{shown}</td>'
    if (instant := cell.instant) is not None:
        shown = escape(i18n.clock(lang, instant))
        return f'<td class="typed" data-value="{text}"><time datetime="{text}">{shown}</time></td>'
    return f'<td class="typed">{text}</td>'


def _thing(cell: Cell, links: Links, lang: str) -> str:
    """Write what has an IRI, by its name if it has one."""
    iri = cell.iri or ""
    if not cell.called:
        return links.anchor(iri)
    other = f' lang="{escape(cell.lang)}"' if cell.lang and cell.lang != lang else ""
    return f'<span title="{escape(links.short(iri))}"{other}>{links.anchor(iri, cell.text)}</span>'


def install(app: Flask, base: str) -> None:
    """Give templates `address`, `short`, `anchor` and `table_rows`."""

    def links() -> Links:
        """Give the links of the page that is being written."""
        if "links" not in g:
            g.links = Links(base)
        return cast("Links", g.links)

    def anchor(iri: str, text: str | None = None) -> Markup:
        """Write a link to an IRI."""
        return Markup(links().anchor(iri, text or ""))  # noqa: S704 - escaped there

    app.jinja_env.filters |= {
        "short": lambda iri: links().short(iri),
        "address": lambda iri: links().address(iri),
        "anchor": anchor,
        "table_rows": lambda found: table_rows(found, links()),
    }
