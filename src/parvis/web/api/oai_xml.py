"""Answers of OAI-PMH 2.0 as XML. The door of lxml for what is written."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import cast

from lxml import etree

from parvis.pooling.serving.harvest import Entry
from parvis.web.api.oai_request import SECOND

XSI = "http://www.w3.org/2001/XMLSchema-instance"
OAI = "http://www.openarchives.org/OAI/2.0/"
DC = "http://purl.org/dc/elements/1.1/"
OAI_DC = f"{OAI}oai_dc/"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

# None is the namespace without a prefix, which the stubs do not know.
INSIDE = cast("dict[str, str]", {None: OAI})
ROOT = INSIDE | {"xsi": XSI}

FORMATS = {
    "oai_dc": (f"{OAI}oai_dc.xsd", OAI_DC),
    "dcat": (f"{OAI}rdf.xsd", "http://www.w3.org/ns/dcat#"),
}
"""The formats of records: the address of the schema, and the namespace."""

Element = etree._Element  # noqa: SLF001 - lxml has no public name for it
Texts = Iterable[tuple[str, str, str | None]]
"""Names of Dublin Core, each with a text and its language."""


def answer(
    base: str, asked: Mapping[str, str], now: datetime, contents: Iterable[Element]
) -> bytes:
    """Write a whole answer (§3.2): when, what was asked, what is answered."""
    root = etree.Element(f"{{{OAI}}}OAI-PMH", nsmap=ROOT)
    root.set(f"{{{XSI}}}schemaLocation", f"{OAI} {OAI}OAI-PMH.xsd")
    root.append(_text("responseDate", now.strftime(SECOND)))
    root.append(_text("request", base, **asked))
    root.extend(contents)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def error(code: str, sentence: str) -> Element:
    """Write an error."""
    return _text("error", sentence, code=code)


def of(name: str, *children: Element) -> Element:
    """Write an element that holds others."""
    found = etree.Element(f"{{{OAI}}}{name}", nsmap=INSIDE)
    found.extend(children)
    return found


def texts(**found: str) -> list[Element]:
    """Write elements that hold one text each, in order."""
    return [_text(name, text) for name, text in found.items()]


def header(entry: Entry) -> Element:
    """Write a record's header (§2.5)."""
    found = of("header", *texts(identifier=entry.iri, datestamp=entry.changed.strftime(SECOND)))
    found.extend(_text("setSpec", one) for one in entry.sets)
    if entry.item is None:
        found.set("status", "deleted")
    return found


def record(entry: Entry, metadata: Element | None) -> Element:
    """Write a record; one that is gone has a header only."""
    parts = [header(entry)] if metadata is None else [header(entry), of("metadata", metadata)]
    return of("record", *parts)


def dublin_core(found: Texts) -> Element:
    """Write a description in simple Dublin Core."""
    root = etree.Element(f"{{{OAI_DC}}}dc", nsmap={"oai_dc": OAI_DC, "dc": DC, "xsi": XSI})
    root.set(f"{{{XSI}}}schemaLocation", f"{OAI_DC} {OAI}oai_dc.xsd")
    for name, text, lang in found:
        child = etree.SubElement(root, f"{{{DC}}}{name}")
        child.text = text
        if lang:
            child.set(LANG, lang)
    return root


def rdf(document: bytes) -> Element:
    """Take up a document in RDF/XML that was written here."""
    return etree.fromstring(document)


def resumption(token: str, place: int, total: int) -> Element:
    """Write a resumption token, which is empty at the end of a list (§3.5)."""
    return _text("resumptionToken", token, cursor=str(place), completeListSize=str(total))


def _text(name: str, text: str, **attributes: str) -> Element:
    """Write an element that holds a text."""
    found = etree.Element(f"{{{OAI}}}{name}", nsmap=INSIDE)
    found.text = text
    for key, value in attributes.items():
        found.set(key, value)
    return found
