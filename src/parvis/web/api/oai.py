"""OAI-PMH 2.0 (https://www.openarchives.org/OAI/openarchivesprotocol.html): the six verbs."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC
from typing import cast
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from lxml import etree
from rdflib.namespace import DCAT, DCTERMS

from parvis.config import clock
from parvis.errors import NoLongerKept
from parvis.i18n import N_
from parvis.pooling.serving.harvest import (
    HarvestItem,
    Listing,
    RecordHeader,
    list_headers,
    list_sets,
)
from parvis.rdf.joining import document, values
from parvis.web.api.oai_request import SECOND, TOKEN, ListRequest, OaiError, read_arguments
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import localise

# Responses as XML.

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


def make_element(name: str, *children: Element) -> Element:
    """Return an element with children."""
    element = etree.Element(f"{{{OAI}}}{name}", nsmap=INSIDE)
    element.extend(children)
    return element


def text_element(name: str, text: str, **attributes: str) -> Element:
    element = make_element(name)
    element.text = text
    for key, value in attributes.items():
        element.set(key, value)
    return element


def text_elements(**contents: str) -> list[Element]:
    """Return an element for each name and text, in order."""
    return [text_element(name, text) for name, text in contents.items()]


# The verbs.

oai = Blueprint("oai", __name__)

PER_PAGE = 100
"""Records in one response."""

NO_RECORD = N_("there is no record “{identifier}”")
NO_FORMAT = N_("records are given as {formats}, not as “{prefix}”")
NO_MATCH = N_("no record matches")


@oai.route("/oai", methods=["GET", "POST"])
@reads(everything=True)
def answer() -> Response:
    """Answer a harvester; the protocol's errors have status 200."""
    parameters: Mapping[str, str] = {}
    try:
        parameters = read_arguments()
        content = VERBS[parameters["verb"]](parameters)
    except OaiError as error:
        parameters = {} if error.code in {"badVerb", "badArgument"} else parameters
        content = text_element("error", error.sentence, code=error.code)
    root = etree.Element(f"{{{OAI}}}OAI-PMH", nsmap=ROOT)
    root.set(f"{{{XSI}}}schemaLocation", f"{OAI} {OAI}OAI-PMH.xsd")
    root.append(text_element("responseDate", clock.now().strftime(SECOND)))
    root.append(text_element("request", f"{host().iris.base}oai", **parameters))
    root.append(content)
    body = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    response = Response(body, content_type="text/xml; charset=utf-8")
    response.cache_control.no_store = True  # it has the date of the response
    return response


def _identify(_: Mapping[str, str]) -> Element:
    """Describe the repository (§4.2)."""
    listing, base = _read_listing(), host().iris.base
    created = listing.published.generation.manifest.created.astimezone(UTC)
    first = min((entry.changed for entry in list_headers(listing)), default=created)
    # The protocol requires an address: every domain with mail has a postmaster (RFC 2142 §5). Its
    # schema requires a dot too, which a machine's own name does not have.
    domain = urlsplit(base).hostname or ""
    postmaster = f"postmaster@{domain}" if "." in domain else f"postmaster@{domain}.invalid"
    return make_element(
        "Identify",
        *text_elements(
            repositoryName=localise(listing.about()["title"]),
            baseURL=f"{base}oai",
            protocolVersion="2.0",
            adminEmail=host().settings.admin_email or listing.email or postmaster,
            earliestDatestamp=first.strftime(SECOND),
            deletedRecord="persistent",
            granularity="YYYY-MM-DDThh:mm:ssZ",
            compression="gzip",
        ),
    )


def _list_formats(parameters: Mapping[str, str]) -> Element:
    """List the formats of records, which are the same for all (§4.4)."""
    if "identifier" in parameters:
        _find_entry(parameters["identifier"])
    return make_element(
        "ListMetadataFormats",
        *(
            make_element(
                "metadataFormat",
                *text_elements(metadataPrefix=prefix, schema=schema, metadataNamespace=space),
            )
            for prefix, (schema, space) in FORMATS.items()
        ),
    )


def _list_sets(parameters: Mapping[str, str]) -> Element:
    """List the sets, all at once (§4.6)."""
    if "resumptionToken" in parameters:
        raise OaiError("badResumptionToken", TOKEN)
    elements = [
        make_element("set", *text_elements(setSpec=spec, setName=localise(names)))
        for spec, names in list_sets(_read_listing()).items()
    ]
    return make_element("ListSets", *elements)


def _get_record(parameters: Mapping[str, str]) -> Element:
    """Return one record (§4.1)."""
    prefix = _check_prefix(parameters["metadataPrefix"])
    return make_element("GetRecord", _record(*_find_entry(parameters["identifier"]), prefix))


def _list_page(
    parameters: Mapping[str, str], write: Callable[[Listing, RecordHeader, str], Element]
) -> Element:
    """Return a page of a list of records or headers (§4.3, §4.5)."""
    # All pages are of one state of the catalogue, so that a list is consistent.
    resumed = "resumptionToken" in parameters
    if resumed:
        query = ListRequest.from_token(parameters["resumptionToken"])
    else:
        start, until, set_spec = (parameters.get(name, "") for name in ("from", "until", "set"))
        query = ListRequest(parameters["metadataPrefix"], start, until, set_spec)
    prefix, (first, last) = _check_prefix(query.prefix), query.span()
    listing = _read_listing(query.state)
    matching = [
        entry
        for entry in list_headers(listing)
        if first <= entry.changed <= last and (not query.set or query.set in entry.sets)
    ]
    page = matching[query.place : query.place + PER_PAGE]
    if not page:
        raise (
            OaiError("badResumptionToken", TOKEN)
            if resumed
            else OaiError("noRecordsMatch", NO_MATCH)
        )
    elements = [write(listing, entry, prefix) for entry in page]
    end = query.place + PER_PAGE
    if resumed or end < len(matching):
        next_page = ListRequest(prefix, query.start, query.until, query.set, listing.state, end)
        # The resumption token is empty at the end of a list (§3.5).
        token = next_page.token() if end < len(matching) else ""
        place, total = str(query.place), str(len(matching))
        elements.append(
            text_element("resumptionToken", token, cursor=place, completeListSize=total)
        )
    return make_element(parameters["verb"], *elements)


def _read_listing(state: str | None = None) -> Listing:
    """Return what the reader may harvest, of a former state if it is still stored."""
    try:
        return host().listing(reader_of(request), state)
    except NoLongerKept as error:
        raise OaiError("badResumptionToken", TOKEN) from error


def _find_entry(identifier: str) -> tuple[Listing, RecordHeader]:
    listing = _read_listing()  # without hidden records, which do not exist for the reader
    for entry in list_headers(listing):
        if entry.iri == identifier:
            return listing, entry
    raise OaiError("idDoesNotExist", NO_RECORD, identifier=identifier)


def _check_prefix(prefix: str) -> str:
    if prefix not in FORMATS:
        formats = ", ".join(FORMATS)
        raise OaiError("cannotDisseminateFormat", NO_FORMAT, formats=formats, prefix=prefix)
    return prefix


def _header(entry: RecordHeader) -> Element:
    """Return a record's header (§2.5)."""
    texts = text_elements(identifier=entry.iri, datestamp=entry.changed.strftime(SECOND))
    sets = (text_element("setSpec", spec) for spec in entry.sets)
    element = make_element("header", *texts, *sets)
    # A withdrawn dataset stays in the list as a deleted record (§2.5.1).
    if entry.item is None:
        element.set("status", "deleted")
    return element


def _record(listing: Listing, entry: RecordHeader, prefix: str) -> Element:
    """Return a record with its description in a format; a deleted one has a header only."""
    record = make_element("record", _header(entry))
    if entry.item is None:
        return record
    if prefix == "dcat":
        description = etree.fromstring(document(listing.bodies([entry.item], "rdf"), "rdf"))
    else:
        namespaces = {"oai_dc": OAI_DC, "dc": DC, "xsi": XSI}
        description = etree.Element(f"{{{OAI_DC}}}dc", nsmap=namespaces)
        description.set(f"{{{XSI}}}schemaLocation", f"{OAI_DC} {OAI}oai_dc.xsd")
        for name, text, lang in _describe_in_dublin_core(listing, entry.item):
            child = etree.SubElement(description, f"{{{DC}}}{name}")
            child.text = text
            if lang:
                child.set(LANG, lang)
    record.append(make_element("metadata", description))
    return record


def _describe_in_dublin_core(
    listing: Listing, item: HarvestItem
) -> Iterator[tuple[str, str, str | None]]:
    card, properties = item.card, values(listing.record(item), item.card.iri)
    for lang, text in card.title.items():
        yield "title", text, lang
    for lang, text in card.partner_name.items():
        yield "publisher", text, lang
    for lang, text in card.description.items():
        yield "description", text, lang
    for term in (DCAT.keyword, DCAT.theme):
        for text, language in properties.get(str(term), ()):
            yield "subject", text, language
    yield "type", "Dataset", None
    yield "identifier", card.iri, None
    for text, _ in properties.get(str(DCAT.landingPage), ()):
        yield "identifier", text, None
    yield "date", (card.modified or item.changed).astimezone(UTC).strftime(SECOND), None
    for name, term in (("language", DCTERMS.language), ("rights", DCTERMS.license)):
        for text, _ in properties.get(str(term), ()):
            yield name, text, None
    for lang, text in card.access.items():
        yield "rights", text, lang


VERBS: dict[str, Callable[[Mapping[str, str]], Element]] = {
    "Identify": _identify,
    "ListMetadataFormats": _list_formats,
    "ListSets": _list_sets,
    "GetRecord": _get_record,
    "ListRecords": lambda parameters: _list_page(parameters, _record),
    "ListIdentifiers": lambda parameters: _list_page(
        parameters, lambda _listing, entry, _prefix: _header(entry)
    ),
}
