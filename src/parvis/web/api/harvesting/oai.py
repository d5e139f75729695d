"""OAI-PMH 2.0 (https://www.openarchives.org/OAI/openarchivesprotocol.html): the six verbs."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Self, cast
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

from flask import Blueprint, Response, make_response, render_template, request
from lxml import etree
from rdflib.namespace import DCAT, DCTERMS

from parvis import __version__
from parvis.config import clock
from parvis.errors import NoLongerKept
from parvis.i18n import N_, say
from parvis.pooling.serving.harvest.records import (
    HarvestItem,
    Listing,
    RecordHeader,
    list_headers,
    list_sets,
)
from parvis.rdf.joining import document, values
from parvis.web.http import language as languages
from parvis.web.http.access import host, reader_of
from parvis.web.http.errors import wants_page
from parvis.web.http.inputs import reads
from parvis.web.http.language import language, localise

# Requests: arguments, dates and resumption tokens.

ARGUMENTS: dict[str, tuple[set[str], set[str]]] = {
    "Identify": (set(), set()),
    "ListMetadataFormats": (set(), {"identifier"}),
    "ListSets": (set(), {"resumptionToken"}),
    "GetRecord": ({"identifier", "metadataPrefix"}, set()),
    "ListIdentifiers": ({"metadataPrefix"}, {"from", "until", "set"}),
    "ListRecords": ({"metadataPrefix"}, {"from", "until", "set"}),
}
"""The verbs, each with its required and its optional arguments (§4)."""

LONGEST = 2_000
"""Characters read of a resumption token: ours have some hundred."""
SECOND, DAY = "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"

VERB = N_("the verb is one of {verbs}")
REPEATED = N_("the argument “{name}” is given more than once")
UNKNOWN = N_("the verb {verb} has no argument “{name}”")
MISSING = N_("the verb {verb} needs the argument “{name}”")
ALONE = N_("a resumption token is given alone")
UNREADABLE = N_("the argument “{name}” holds a character that XML cannot hold")
INSTANT = N_("“{name}” is a day or a second in UTC (2026-01-31, 2026-01-31T12:00:00Z)")
GRANULARITIES = N_("“from” and “until” are both days or both seconds")
ORDER = N_("“from” is later than “until”")
TOKEN = N_("this resumption token means nothing here, or is no longer kept: begin the list again")

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class OaiError(Exception):
    """An error or exception condition of the protocol (§3.6), with a sentence."""

    def __init__(self, code: str, template: str, /, **fields: object) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = say(language(), template, **fields)


@dataclass(frozen=True)
class ListRequest:
    """A request for a list, from a position in it on; dates are texts as they were sent."""

    prefix: str
    start: str = ""
    until: str = ""
    set: str = ""
    state: str | None = None
    place: int = 0

    def token(self) -> str:
        """Return a resumption token: it has the entire request, so that nothing is stored."""
        return urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()

    @classmethod
    def from_token(cls, token: str) -> Self:
        """Read a resumption token; raise `OaiError`."""
        # A forged token may nest lists deeper than Python can read.
        try:
            resumed = cls(**json.loads(urlsafe_b64decode(token[:LONGEST])))
        except (ValueError, TypeError, RecursionError) as error:
            raise OaiError("badResumptionToken", TOKEN) from error
        texts = (resumed.prefix, resumed.start, resumed.until, resumed.set, resumed.state)
        sound = all(isinstance(text, str) for text in texts)
        if not sound or type(resumed.place) is not int or resumed.place < 0:
            raise OaiError("badResumptionToken", TOKEN)
        return resumed

    def span(self) -> tuple[datetime, datetime]:
        """Return the first and last second of the request; raise `OaiError`."""
        if self.start and self.until and len(self.start) != len(self.until):
            raise OaiError("badArgument", GRANULARITIES)
        first = _parse_date("from", self.start or "0001-01-01")
        last = _parse_date("until", self.until or "9999-12-31")
        if len(self.until) == len("2026-01-31"):
            last += timedelta(days=1, seconds=-1)
        if first > last:
            raise OaiError("badArgument", ORDER)
        return first, last


def read_arguments() -> dict[str, str]:
    """Return the arguments of a GET or POST, with the verb; raise `OaiError`."""
    parameters = request.form if request.method == "POST" else request.args
    values = {}
    for name, texts in parameters.lists():
        if name == "lang":
            continue
        if len(texts) > 1:
            raise OaiError("badVerb" if name == "verb" else "badArgument", REPEATED, name=name)
        if _NOT_XML.search(name + texts[0]):
            raise OaiError("badArgument", UNREADABLE, name=_NOT_XML.sub("", name))
        values[name] = texts[0]
    verb = values.get("verb", "")
    if verb not in ARGUMENTS:
        raise OaiError("badVerb", VERB, verbs=", ".join(ARGUMENTS))
    required, optional = ARGUMENTS[verb]
    names = set(values) - {"verb"}
    if "resumptionToken" in names and verb.startswith("List") and verb != "ListMetadataFormats":
        if names != {"resumptionToken"}:
            raise OaiError("badArgument", ALONE)
        return values
    for name in sorted(names - required - optional):
        raise OaiError("badArgument", UNKNOWN, verb=verb, name=name)
    for name in sorted(required - names):
        raise OaiError("badArgument", MISSING, verb=verb, name=name)
    return values


def _parse_date(name: str, text: str) -> datetime:
    """Parse a day or a second (§3.3)."""
    form = SECOND if _SECOND.fullmatch(text) else DAY if _DAY.fullmatch(text) else ""
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError as error:
        raise OaiError("badArgument", INSTANT, name=name) from error


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


def make_element(name: str, *children: Element, **texts: str) -> Element:
    """Return an element with elements of some texts, then others."""
    element = etree.Element(f"{{{OAI}}}{name}", nsmap=INSIDE)
    element.extend([*(text_element(key, text) for key, text in texts.items()), *children])
    return element


def text_element(name: str, text: str, **attributes: str) -> Element:
    element = make_element(name)
    element.text = text
    for key, value in attributes.items():
        element.set(key, value)
    return element


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
    """Answer a harvester; the protocol's errors have status 200.

    A person who opens the bare address in a browser gets a page that says what it is.
    """
    if not (request.args or request.form) and wants_page():
        page = make_response(render_template("documents/oai.html", prefixes=list(FORMATS)))
        page.cache_control.no_store = True
        return page
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
    # Harvesters ignore the style; browsers show the answer by it.
    address = quoteattr(f"{request.environ.get(languages.ROOT, '')}/static/oai.css?v={__version__}")
    style = f'type="text/css" href={address}'
    root.addprevious(etree.ProcessingInstruction("xml-stylesheet", style))
    body = etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")
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
        repositoryName=localise(listing.about()["title"]),
        baseURL=f"{base}oai",
        protocolVersion="2.0",
        adminEmail=host().settings.admin_email or listing.email or postmaster,
        earliestDatestamp=first.strftime(SECOND),
        deletedRecord="persistent",
        granularity="YYYY-MM-DDThh:mm:ssZ",
        compression="gzip",
    )


def _list_formats(parameters: Mapping[str, str]) -> Element:
    """List the formats of records, which are the same for all (§4.4)."""
    if "identifier" in parameters:
        _find_entry(parameters["identifier"])
    elements = [
        make_element("metadataFormat", metadataPrefix=name, schema=schema, metadataNamespace=space)
        for name, (schema, space) in FORMATS.items()
    ]
    return make_element("ListMetadataFormats", *elements)


def _list_sets(parameters: Mapping[str, str]) -> Element:
    """List the sets, all at once (§4.6)."""
    if "resumptionToken" in parameters:
        raise OaiError("badResumptionToken", TOKEN)
    elements = [
        make_element("set", setSpec=spec, setName=localise(names))
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
        raise OaiError(
            *(("badResumptionToken", TOKEN) if resumed else ("noRecordsMatch", NO_MATCH))
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
    sets = (text_element("setSpec", spec) for spec in entry.sets)
    changed = entry.changed.strftime(SECOND)
    element = make_element("header", *sets, identifier=entry.iri, datestamp=changed)
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
        for text, text_lang in properties.get(str(term), ()):
            yield "subject", text, text_lang
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
