"""OAI-PMH 2.0: its six verbs, its errors, lists in parts, and deletions."""

import base64
import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree
from rdflib import RDF, Graph, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import DCAT

from parvis.config import Settings
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.web import create_app
from parvis.web.api.harvesting import oai

SPACES = {
    "o": "http://www.openarchives.org/OAI/2.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "rdf": str(RDF),
}
SHOWS = "http://pool.test/id/dataset/theatre-b/spectacles"
TICKETS = "http://pool.test/id/dataset/theatre-b/billets"
HIDDEN = "http://pool.test/id/dataset/theatre-b/reserve"
CONTACT = """
<catalog> dcat:contactPoint [ a <http://www.w3.org/2006/vcard/ns#Kind> ;
  <http://www.w3.org/2006/vcard/ns#hasEmail> <mailto:{address}> ] .
"""
LIST = "verb=ListRecords&metadataPrefix=oai_dc"


def ask(client: FlaskClient, query: str, lang: str = "en") -> etree._Element:
    """Send a request by GET and parse the response."""
    response = client.get(f"/{lang}/oai?{query}")
    assert response.status_code == 200
    assert response.mimetype == "text/xml"
    return etree.fromstring(response.get_data())


def read_texts(tree: etree._Element, path: str) -> list[str]:
    """List the texts at a path."""
    return [str(element.text) for element in tree.findall(f".//{path}", SPACES)]


def read_error(tree: etree._Element) -> str | None:
    """Return the code of the error, if there is one."""
    error_element = tree.find("o:error", SPACES)
    return None if error_element is None else str(error_element.get("code"))


def test_the_repository_identifies_itself(client: FlaskClient) -> None:
    """In the order that the schema requires."""
    tree = ask(client, "verb=Identify")
    about = tree.find("o:Identify", SPACES)
    assert about is not None
    assert [etree.QName(str(element.tag)).localname for element in about] == [
        "repositoryName",
        "baseURL",
        "protocolVersion",
        "adminEmail",
        "earliestDatestamp",
        "deletedRecord",
        "granularity",
        "compression",
    ]
    assert read_texts(tree, "o:baseURL") == ["http://pool.test/oai"]
    assert read_texts(tree, "o:deletedRecord") == ["persistent"]


@pytest.mark.parametrize(
    ("setting", "contact", "expected"),
    [
        ("aide@pool.test", "autre@pool.test", "aide@pool.test"),
        ("", "autre@pool.test", "autre@pool.test"),
        ("", "", "postmaster@pool.test"),
    ],
)
def test_the_repository_names_an_administrator(
    editable_settings: Settings, setting: str, contact: str, expected: str
) -> None:
    """The setting, else the catalogue's contact point, else the domain's postmaster."""
    if contact:
        with (editable_settings.catalog / "catalog.ttl").open("a", encoding="utf-8") as file:
            file.write(CONTACT.format(address=contact))
        publish(Pool.open(editable_settings))
    app = create_app(replace(editable_settings, admin_email=setting))
    with closing(app.extensions["parvis"]):
        assert read_texts(ask(app.test_client(), "verb=Identify"), "o:adminEmail") == [expected]


def test_a_machine_without_domain_has_an_invalid_but_conforming_address(
    editable_settings: Settings,
) -> None:
    app = create_app(replace(editable_settings, base="http://localhost:8000/"))
    with closing(app.extensions["parvis"]):
        addresses = read_texts(ask(app.test_client(), "verb=Identify"), "o:adminEmail")
    assert addresses == ["postmaster@localhost.invalid"]


def test_records_are_listed_in_both_formats_with_their_sets(client: FlaskClient) -> None:
    """The RDF equals the record of the catalogue; the hidden dataset is absent."""
    tree = ask(client, LIST)
    assert read_texts(tree, "o:identifier") == [TICKETS, SHOWS]
    assert "Shows (invented)" in read_texts(tree, "dc:title")
    assert set(read_texts(tree, "o:setSpec")) == {"partner-theatre-b", "theme-EDUC"}
    tree = ask(client, f"verb=GetRecord&metadataPrefix=dcat&identifier={SHOWS}")
    (document,) = tree.findall(".//rdf:RDF", SPACES)
    graph = Graph().parse(data=etree.tostring(document), format="xml")
    assert (URIRef(SHOWS), RDF.type, DCAT.Dataset) in graph
    record = client.get("/dataset/theatre-b/spectacles.nt").get_data()
    assert isomorphic(graph, Graph().parse(data=record, format="nt"))


def test_sets_are_named_in_the_language_of_the_response(client: FlaskClient) -> None:
    """Partners and themes; a set selects records."""
    tree = ask(client, "verb=ListSets", "fr")
    assert read_texts(tree, "o:setSpec") == ["partner-theatre-b", "theme-EDUC"]
    assert len(set(read_texts(tree, "o:setName"))) == 2
    headers = ask(client, "verb=ListIdentifiers&metadataPrefix=dcat&set=theme-EDUC")
    assert read_texts(headers, "o:identifier") == [TICKETS, SHOWS]
    assert read_error(ask(client, f"{LIST}&set=theme-GOVE")) == "noRecordsMatch"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "badVerb"),
        ("verb=Identity", "badVerb"),
        ("verb=Identify&verb=Identify", "badVerb"),
        ("verb=Identify&identifier=x", "badArgument"),
        ("verb=GetRecord&metadataPrefix=dcat", "badArgument"),
        (f"{LIST}&from=2026-02-30", "badArgument"),
        (f"{LIST}&from=2026", "badArgument"),
        (f"{LIST}&from=2026-01-01&until=2026-01-02T00:00:00Z", "badArgument"),
        (f"{LIST}&from=2026-01-02&until=2026-01-01", "badArgument"),
        (f"{LIST}&resumptionToken=x", "badArgument"),
        (f"{LIST}&set=%01", "badArgument"),
        (f"{LIST}&until=2001-01-01", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=marc21", "cannotDisseminateFormat"),
        (f"verb=GetRecord&metadataPrefix=dcat&identifier={HIDDEN}", "idDoesNotExist"),
        ("verb=ListMetadataFormats&identifier=urn:x", "idDoesNotExist"),
        ("verb=ListRecords&resumptionToken=%C3%A9", "badResumptionToken"),
        ("verb=ListSets&resumptionToken=x", "badResumptionToken"),
    ],
)
def test_errors_have_the_codes_of_the_standard(client: FlaskClient, query: str, code: str) -> None:
    """With a sentence in the language of the response, and the request where it is valid."""
    tree = ask(client, query)
    assert read_error(tree) == code
    request = tree.find("o:request", SPACES)
    assert request is not None
    assert bool(request.attrib) == (code not in {"badVerb", "badArgument"})
    french = ask(client, query, "fr").find("o:error", SPACES)
    assert french is not None
    assert french.text != read_texts(tree, "o:error")[0]


@pytest.mark.parametrize(
    "token", [None, [], {}, {"prefix": 1}, {"prefix": "dcat", "place": -1, "state": "x"}]
)
def test_a_foreign_resumption_token_is_refused(client: FlaskClient, token: object) -> None:
    text = base64.urlsafe_b64encode(json.dumps(token).encode()).decode()
    tree = ask(client, f"verb=ListRecords&resumptionToken={text}")
    assert read_error(tree) == "badResumptionToken"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["prefix", "start", "until", "set", "state", "place", "x"]), inner
        )
    ),
    max_leaves=12,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(JSON | st.binary(max_size=60))
@example(b"[" * 100_000)
@example(b'{"a":' * 50_000)
@example(b"1" * 5_000)
@example({"prefix": "dcat", "state": "x" * 500, "place": 10**400})
def test_any_resumption_token_gives_at_most_a_protocol_error(
    client: FlaskClient, token: object
) -> None:
    """Deeply nested, of any type, or no JSON."""
    body = token if isinstance(token, bytes) else json.dumps(token).encode()
    text = base64.urlsafe_b64encode(body).decode()
    response = client.post("/oai", data={"verb": "ListRecords", "resumptionToken": text})
    assert response.status_code in {200, 413}  # forms have their own limit
    if response.status_code == 200:
        assert b"badResumptionToken" in response.data or b"cannotDisseminate" in response.data


def test_a_list_in_parts_stays_in_its_state(
    editable_settings: Settings, editable_client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A publication in between drops nothing; a deletion is listed for ever, with its instant."""
    monkeypatch.setattr(oai, "PER_PAGE", 1)
    first = ask(editable_client, LIST)
    assert read_texts(first, "o:identifier") == [TICKETS]
    (token,) = read_texts(first, "o:resumptionToken")
    agreement = editable_settings.catalog / "theatre-b" / "agreement.ttl"
    text = agreement.read_text(encoding="utf-8")
    agreement.write_text(text.replace("b/billets>", "b/reserve>"), encoding="utf-8")
    publish(Pool.open(editable_settings))
    second_part = ask(editable_client, f"verb=ListRecords&resumptionToken={token}")
    assert read_texts(second_part, "o:identifier") == [SHOWS]
    (end,) = second_part.findall(".//o:resumptionToken", SPACES)
    assert end.text is None
    assert (end.get("cursor"), end.get("completeListSize")) == ("1", "2")

    monkeypatch.undo()
    publish(Pool.open(editable_settings))
    tree = ask(editable_client, LIST)
    deleted = list(tree.iterfind(".//o:header[@status='deleted']", SPACES))
    assert [header.findtext("o:identifier", namespaces=SPACES) for header in deleted] == [TICKETS]
    changed = deleted[0].findtext("o:datestamp", namespaces=SPACES)
    changes = ask(editable_client, f"{LIST}&from={changed}")
    assert TICKETS in read_texts(changes, "o:identifier")
    assert (
        read_error(ask(editable_client, f"verb=ListRecords&resumptionToken={token}"))
        == "badResumptionToken"
    )


def test_a_post_request_is_answered_as_get(client: FlaskClient) -> None:
    form = {"verb": "ListIdentifiers", "metadataPrefix": "dcat", "from": "2001-01-01"}
    tree = etree.fromstring(client.post("/oai", data=form).get_data())
    assert read_texts(tree, "o:identifier") == [TICKETS, SHOWS]


def test_an_unpublished_pool_is_503(empty_client: FlaskClient) -> None:
    """Never an empty list."""
    response = empty_client.get("/oai?verb=Identify")
    assert response.status_code == 503
    assert response.headers["Retry-After"]


def test_a_response_to_a_token_is_not_cached(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    token = issue_token("https://pool.test/id/party/chercheuse")
    response = browser.get(f"/oai?{LIST}", headers={"Authorization": f"Bearer {token}"})
    assert response.headers["Cache-Control"] == "private, no-store"


def test_a_real_client_reads_everything(
    settings: Settings, serving: Callable[[Settings], AbstractContextManager[str]]
) -> None:
    """Oaipmh-scythe, if it is installed (``pip install oaipmh-scythe``), by GET and by POST."""
    oaipmh_scythe = pytest.importorskip("oaipmh_scythe")
    with serving(settings) as address:
        for method in ("GET", "POST"):
            with oaipmh_scythe.Scythe(
                f"{address}oai", http_config=oaipmh_scythe.HTTPConfig(http_method=method)
            ) as client:
                assert client.identify().deletedRecord == "persistent"
                assert [item.metadataPrefix for item in client.list_metadata_formats()] == [
                    "oai_dc",
                    "dcat",
                ]
                assert len(list(client.list_sets())) == 2
                records = list(client.list_records(metadata_prefix="oai_dc"))
                assert [record.header.identifier.rpartition("/")[2] for record in records] == [
                    "billets",
                    "spectacles",
                ]
                assert "Shows (invented)" in records[1].metadata["title"]
                assert len(list(client.list_identifiers(metadata_prefix="dcat"))) == 2
                with pytest.raises(oaipmh_scythe.NoRecordsMatch):
                    list(client.list_records(until="2001-01-01"))


def test_a_browser_shows_the_answers_by_a_style_and_the_bare_address_by_a_page(
    client: FlaskClient,
) -> None:
    """The page is for persons only; a harvester gets the protocol's error."""
    answer = client.get("/oai?verb=Identify", headers={"Accept": "text/html"})
    assert answer.mimetype == "text/xml"
    match = re.search(rb'<\?xml-stylesheet type="text/css" href="([^"]+)"\?>', answer.get_data())
    assert match is not None
    assert client.get(match[1].decode()).mimetype == "text/css"
    page = client.get("/fr/oai", headers={"Accept": "text/html"})
    assert page.mimetype == "text/html"
    assert "verb=ListRecords" in page.get_data(as_text=True)
    for accept in ("*/*", "text/xml", ""):
        assert b"badVerb" in client.get("/oai", headers={"Accept": accept}).get_data()
