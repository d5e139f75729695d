"""OAI-PMH 2.0 (https://www.openarchives.org/OAI/openarchivesprotocol.html): the six verbs."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from rdflib.namespace import DCAT, DCTERMS

from parvis.errors import NoLongerKept
from parvis.i18n import N_
from parvis.pooling.serving.harvest import Entry, Item, Listing, described, entries, sets
from parvis.rdf.joining import document
from parvis.web.api import oai_xml as xml
from parvis.web.api.oai_request import SECOND, TOKEN, Asked, OaiError, arguments
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import in_words

oai = Blueprint("oai", __name__)

PER_PAGE = 100
"""Records of one answer."""

NO_RECORD = N_("there is no record “{identifier}”")
NO_FORMAT = N_("records are given as {formats}, not as “{prefix}”")
NO_MATCH = N_("no record matches")


@oai.route("/oai", methods=["GET", "POST"])
@reads(everything=True)
def answer() -> Response:
    """Answer a harvester; what the protocol calls errors are answers like others."""
    asked: Mapping[str, str] = {}
    try:
        asked = arguments()
        contents = [VERBS[asked["verb"]](asked)]
    except OaiError as error:
        asked = {} if error.code in {"badVerb", "badArgument"} else asked
        contents = [xml.error(error.code, error.sentence)]
    body = xml.answer(f"{host().iris.base}oai", asked, datetime.now(UTC), contents)
    response = Response(body, content_type="text/xml; charset=utf-8")
    response.cache_control.no_store = True  # it says when it was written
    return response


def _identify(_: Mapping[str, str]) -> xml.Element:
    """Describe the repository (§4.2)."""
    found, base = _harvest(), host().iris.base
    built = found.published.generation.manifest.created.astimezone(UTC)
    first = min((one.changed for one in entries(found)), default=built)
    return xml.of(
        "Identify",
        *xml.texts(
            repositoryName=in_words(found.about()["title"]),
            baseURL=f"{base}oai",
            protocolVersion="2.0",
            adminEmail=host().settings.admin_email or found.email or _postmaster(base),
            earliestDatestamp=first.strftime(SECOND),
            deletedRecord="persistent",
            granularity="YYYY-MM-DDThh:mm:ssZ",
            compression="gzip",
        ),
    )


def _postmaster(base: str) -> str:
    """Give the address that every domain with mail has (RFC 2142 §5), for the protocol wants one.

    The protocol's schema wants a dot in it too, which a machine's own name has not.
    """
    domain = urlsplit(base).hostname or ""
    return f"postmaster@{domain}" if "." in domain else f"postmaster@{domain}.invalid"


def _formats(asked: Mapping[str, str]) -> xml.Element:
    """List the formats of records, which are the same for all (§4.4)."""
    if "identifier" in asked:
        _entry(asked["identifier"])
    return xml.of(
        "ListMetadataFormats",
        *(
            xml.of(
                "metadataFormat",
                *xml.texts(metadataPrefix=prefix, schema=schema, metadataNamespace=space),
            )
            for prefix, (schema, space) in xml.FORMATS.items()
        ),
    )


def _sets(asked: Mapping[str, str]) -> xml.Element:
    """List the sets, all at once (§4.6)."""
    if "resumptionToken" in asked:
        raise OaiError("badResumptionToken", TOKEN)
    named = sets(_harvest()).items()
    listed = [xml.of("set", *xml.texts(setSpec=spec, setName=in_words(n))) for spec, n in named]
    return xml.of("ListSets", *listed)


def _record(asked: Mapping[str, str]) -> xml.Element:
    """Give one record (§4.1)."""
    prefix = _prefix(asked["metadataPrefix"])
    found, entry = _entry(asked["identifier"])
    return xml.of("GetRecord", xml.record(entry, _metadata(found, entry, prefix)))


def _records(asked: Mapping[str, str]) -> xml.Element:
    """List records (§4.5)."""
    return _list(asked, lambda f, e, prefix: xml.record(e, _metadata(f, e, prefix)))


def _identifiers(asked: Mapping[str, str]) -> xml.Element:
    """List the headers of records (§4.3)."""
    return _list(asked, lambda _, entry, __: xml.header(entry))


def _list(
    asked: Mapping[str, str], write: Callable[[Listing, Entry, str], xml.Element]
) -> xml.Element:
    """Give a part of a list, of one state of the catalogue from its beginning to its end."""
    resumed = "resumptionToken" in asked
    wanted = Asked.resumed(asked["resumptionToken"]) if resumed else _begun(asked)
    prefix, (first, last) = _prefix(wanted.prefix), wanted.span()
    found = _harvest(wanted.state)
    matching = [
        one
        for one in entries(found)
        if first <= one.changed <= last and (not wanted.set or wanted.set in one.sets)
    ]
    part = matching[wanted.place : wanted.place + PER_PAGE]
    if not part:
        raise (
            OaiError("badResumptionToken", TOKEN)
            if resumed
            else OaiError("noRecordsMatch", NO_MATCH)
        )
    written = [write(found, entry, prefix) for entry in part]
    end = wanted.place + PER_PAGE
    if resumed or end < len(matching):
        further = Asked(prefix, wanted.start, wanted.until, wanted.set, found.state, end)
        token = further.token() if end < len(matching) else ""
        written.append(xml.resumption(token, wanted.place, len(matching)))
    return xml.of(asked["verb"], *written)


def _begun(asked: Mapping[str, str]) -> Asked:
    """Begin a list."""
    start, until, chosen = (asked.get(name, "") for name in ("from", "until", "set"))
    return Asked(asked["metadataPrefix"], start, until, chosen)


def _harvest(state: str | None = None) -> Listing:
    """Give what the reader may harvest, of a state if it is still kept."""
    try:
        return host().listing(reader_of(request), state)
    except NoLongerKept as error:
        raise OaiError("badResumptionToken", TOKEN) from error


def _entry(identifier: str) -> tuple[Listing, Entry]:
    """Find a record; a hidden one is like one that does not exist."""
    found = _harvest()
    for entry in entries(found):
        if entry.iri == identifier:
            return found, entry
    raise OaiError("idDoesNotExist", NO_RECORD, identifier=identifier)


def _prefix(prefix: str) -> str:
    if prefix not in xml.FORMATS:
        formats = ", ".join(xml.FORMATS)
        raise OaiError("cannotDisseminateFormat", NO_FORMAT, formats=formats, prefix=prefix)
    return prefix


def _metadata(found: Listing, entry: Entry, prefix: str) -> xml.Element | None:
    """Write a record's description, unless its dataset is gone."""
    if entry.item is None:
        return None
    if prefix == "dcat":
        return xml.rdf(document(found.bodies([entry.item], "rdf"), "rdf"))
    return xml.dublin_core(_dublin_core(found, entry.item))


def _dublin_core(found: Listing, item: Item) -> Iterator[tuple[str, str, str | None]]:
    """Tell a dataset in simple Dublin Core, as far as that goes."""
    card, said = item.card, described(found, item)
    for lang, text in card.title.items():
        yield "title", text, lang
    for lang, text in card.partner_name.items():
        yield "publisher", text, lang
    for lang, text in card.description.items():
        yield "description", text, lang
    for term in (DCAT.keyword, DCAT.theme):
        for text, language in said.get(str(term), ()):
            yield "subject", text, language
    yield "type", "Dataset", None
    yield "identifier", card.iri, None
    for text, _ in said.get(str(DCAT.landingPage), ()):
        yield "identifier", text, None
    yield "date", (card.modified or item.changed).astimezone(UTC).strftime(SECOND), None
    for name, step in (("language", DCTERMS.language), ("rights", DCTERMS.license)):
        for text, _ in said.get(str(step), ()):
            yield name, text, None
    for lang, text in card.access.items():
        yield "rights", text, lang


VERBS: dict[str, Callable[[Mapping[str, str]], xml.Element]] = {
    "Identify": _identify,
    "ListMetadataFormats": _formats,
    "ListSets": _sets,
    "GetRecord": _record,
    "ListRecords": _records,
    "ListIdentifiers": _identifiers,
}
