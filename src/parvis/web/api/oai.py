"""OAI-PMH 2.0 (https://www.openarchives.org/OAI/openarchivesprotocol.html): the six verbs."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
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
    record_values,
)
from parvis.rdf.joining import document
from parvis.web.api import oai_xml as xml
from parvis.web.api.oai_request import SECOND, TOKEN, ListRequest, OaiError, read_arguments
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import localised

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
        contents = [VERBS[parameters["verb"]](parameters)]
    except OaiError as error:
        parameters = {} if error.code in {"badVerb", "badArgument"} else parameters
        contents = [xml.error(error.code, error.sentence)]
    body = xml.answer(f"{host().iris.base}oai", parameters, clock.now(), contents)
    response = Response(body, content_type="text/xml; charset=utf-8")
    response.cache_control.no_store = True  # it has the date of the response
    return response


def _identify(_: Mapping[str, str]) -> xml.Element:
    """Describe the repository (§4.2)."""
    listing, base = _read_listing(), host().iris.base
    created = listing.published.generation.manifest.created.astimezone(UTC)
    first = min((entry.changed for entry in list_headers(listing)), default=created)
    # The protocol requires an address: every domain with mail has a postmaster (RFC 2142 §5). Its
    # schema requires a dot too, which a machine's own name does not have.
    domain = urlsplit(base).hostname or ""
    postmaster = f"postmaster@{domain}" if "." in domain else f"postmaster@{domain}.invalid"
    return xml.make_element(
        "Identify",
        *xml.text_elements(
            repositoryName=localised(listing.about()["title"]),
            baseURL=f"{base}oai",
            protocolVersion="2.0",
            adminEmail=host().settings.admin_email or listing.email or postmaster,
            earliestDatestamp=first.strftime(SECOND),
            deletedRecord="persistent",
            granularity="YYYY-MM-DDThh:mm:ssZ",
            compression="gzip",
        ),
    )


def _list_formats(parameters: Mapping[str, str]) -> xml.Element:
    """List the formats of records, which are the same for all (§4.4)."""
    if "identifier" in parameters:
        _find_entry(parameters["identifier"])
    return xml.make_element(
        "ListMetadataFormats",
        *(
            xml.make_element(
                "metadataFormat",
                *xml.text_elements(metadataPrefix=prefix, schema=schema, metadataNamespace=space),
            )
            for prefix, (schema, space) in xml.FORMATS.items()
        ),
    )


def _list_sets(parameters: Mapping[str, str]) -> xml.Element:
    """List the sets, all at once (§4.6)."""
    if "resumptionToken" in parameters:
        raise OaiError("badResumptionToken", TOKEN)
    elements = [
        xml.make_element("set", *xml.text_elements(setSpec=spec, setName=localised(names)))
        for spec, names in list_sets(_read_listing()).items()
    ]
    return xml.make_element("ListSets", *elements)


def _get_record(parameters: Mapping[str, str]) -> xml.Element:
    """Return one record (§4.1)."""
    prefix = _check_prefix(parameters["metadataPrefix"])
    listing, entry = _find_entry(parameters["identifier"])
    return xml.make_element("GetRecord", xml.record(entry, _metadata(listing, entry, prefix)))


def _list_page(
    parameters: Mapping[str, str], write: Callable[[Listing, RecordHeader, str], xml.Element]
) -> xml.Element:
    """Return a page of a list of records or headers (§4.3, §4.5)."""
    # All pages are of one state of the catalogue, so that a list is consistent.
    resumed = "resumptionToken" in parameters
    if resumed:
        query = ListRequest.resumed(parameters["resumptionToken"])
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
        token = next_page.token() if end < len(matching) else ""
        elements.append(xml.resumption(token, query.place, len(matching)))
    return xml.make_element(parameters["verb"], *elements)


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
    if prefix not in xml.FORMATS:
        formats = ", ".join(xml.FORMATS)
        raise OaiError("cannotDisseminateFormat", NO_FORMAT, formats=formats, prefix=prefix)
    return prefix


def _metadata(listing: Listing, entry: RecordHeader, prefix: str) -> xml.Element | None:
    """Return a record's description; None if its dataset was withdrawn."""
    if entry.item is None:
        return None
    if prefix == "dcat":
        return xml.rdf(document(listing.bodies([entry.item], "rdf"), "rdf"))
    return xml.dublin_core(_describe_in_dublin_core(listing, entry.item))


def _describe_in_dublin_core(
    listing: Listing, item: HarvestItem
) -> Iterator[tuple[str, str, str | None]]:
    card, properties = item.card, record_values(listing, item)
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


VERBS: dict[str, Callable[[Mapping[str, str]], xml.Element]] = {
    "Identify": _identify,
    "ListMetadataFormats": _list_formats,
    "ListSets": _list_sets,
    "GetRecord": _get_record,
    "ListRecords": lambda parameters: _list_page(
        parameters,
        lambda listing, entry, prefix: xml.record(entry, _metadata(listing, entry, prefix)),
    ),
    "ListIdentifiers": lambda parameters: _list_page(
        parameters, lambda _listing, entry, _prefix: xml.header(entry)
    ),
}
