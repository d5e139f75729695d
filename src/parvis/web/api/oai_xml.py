"""Writes OAI-PMH 2.0 responses as XML; the only module that writes with lxml."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import cast

from lxml import etree

from parvis.pooling.serving.harvest import RecordHeader
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
"""Dublin Core elements: name, text and language of each."""


def answer(
    base: str, arguments: Mapping[str, str], now: datetime, contents: Iterable[Element]
) -> bytes:
    """Return a response (§3.2): its date, the arguments of its request, its contents."""
    root = etree.Element(f"{{{OAI}}}OAI-PMH", nsmap=ROOT)
    root.set(f"{{{XSI}}}schemaLocation", f"{OAI} {OAI}OAI-PMH.xsd")
    root.append(_text("responseDate", now.strftime(SECOND)))
    root.append(_text("request", base, **arguments))
    root.extend(contents)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def error(code: str, sentence: str) -> Element:
    return _text("error", sentence, code=code)


def make_element(name: str, *children: Element) -> Element:
    """Return an element with children."""
    element = etree.Element(f"{{{OAI}}}{name}", nsmap=INSIDE)
    element.extend(children)
    return element


def text_elements(**contents: str) -> list[Element]:
    """Return an element for each name and text, in order."""
    return [_text(name, text) for name, text in contents.items()]


def header(entry: RecordHeader) -> Element:
    """Return a record's header (§2.5)."""
    element = make_element(
        "header", *text_elements(identifier=entry.iri, datestamp=entry.changed.strftime(SECOND))
    )
    element.extend(_text("setSpec", spec) for spec in entry.sets)
    # A withdrawn dataset stays in the list as a deleted record (§2.5.1).
    if entry.item is None:
        element.set("status", "deleted")
    return element


def record(entry: RecordHeader, metadata: Element | None) -> Element:
    """Return a record; a deleted one has a header only."""
    parts = (
        [header(entry)] if metadata is None else [header(entry), make_element("metadata", metadata)]
    )
    return make_element("record", *parts)


def dublin_core(elements: Texts) -> Element:
    """Return a description in simple Dublin Core."""
    root = etree.Element(f"{{{OAI_DC}}}dc", nsmap={"oai_dc": OAI_DC, "dc": DC, "xsi": XSI})
    root.set(f"{{{XSI}}}schemaLocation", f"{OAI_DC} {OAI}oai_dc.xsd")
    for name, text, lang in elements:
        child = etree.SubElement(root, f"{{{DC}}}{name}")
        child.text = text
        if lang:
            child.set(LANG, lang)
    return root


def rdf(document: bytes) -> Element:
    """Parse a document in RDF/XML that this site wrote."""
    return etree.fromstring(document)


def resumption(token: str, place: int, total: int) -> Element:
    """Return a resumption token, which is empty at the end of a list (§3.5)."""
    return _text("resumptionToken", token, cursor=str(place), completeListSize=str(total))


def _text(name: str, text: str, **attributes: str) -> Element:
    element = etree.Element(f"{{{OAI}}}{name}", nsmap=INSIDE)
    element.text = text
    for key, value in attributes.items():
        element.set(key, value)
    return element
