"""OAI-PMH 2.0: its six verbs, its errors, lists in parts, and what is gone."""

import base64
import json
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
from parvis.web.api import oai

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
    """Ask by GET and read the answer."""
    response = client.get(f"/{lang}/oai?{query}")
    assert response.status_code == 200
    assert response.mimetype == "text/xml"
    return etree.fromstring(response.get_data())


def said(tree: etree._Element, path: str) -> list[str]:
    """Give the texts at a path."""
    return [str(one.text) for one in tree.findall(f".//{path}", SPACES)]


def error(tree: etree._Element) -> str | None:
    """Give the code of the error, if there is one."""
    found = tree.find("o:error", SPACES)
    return None if found is None else str(found.get("code"))


def test_the_repository_says_who_it_is(client: FlaskClient) -> None:
    """In the order that the schema wants."""
    tree = ask(client, "verb=Identify")
    about = tree.find("o:Identify", SPACES)
    assert about is not None
    assert [etree.QName(str(one.tag)).localname for one in about] == [
        "repositoryName",
        "baseURL",
        "protocolVersion",
        "adminEmail",
        "earliestDatestamp",
        "deletedRecord",
        "granularity",
        "compression",
    ]
    assert said(tree, "o:baseURL") == ["http://pool.test/oai"]
    assert said(tree, "o:deletedRecord") == ["persistent"]


@pytest.mark.parametrize(
    ("setting", "contact", "expected"),
    [
        ("aide@pool.test", "autre@pool.test", "aide@pool.test"),
        ("", "autre@pool.test", "autre@pool.test"),
        ("", "", "postmaster@pool.test"),
    ],
)
def test_harvesters_are_told_whom_to_write_to(
    own: Settings, setting: str, contact: str, expected: str
) -> None:
    """The setting, else the catalogue's contact point, else the domain's postmaster."""
    if contact:
        with (own.catalog / "catalog.ttl").open("a", encoding="utf-8") as file:
            file.write(CONTACT.format(address=contact))
        publish(Pool.open(own))
    app = create_app(replace(own, admin_email=setting))
    with closing(app.extensions["parvis"]):
        assert said(ask(app.test_client(), "verb=Identify"), "o:adminEmail") == [expected]


def test_a_machine_without_domain_has_an_address_that_the_schema_takes(own: Settings) -> None:
    """One that reaches nobody, and says so."""
    app = create_app(replace(own, base="http://localhost:8000/"))
    with closing(app.extensions["parvis"]):
        found = said(ask(app.test_client(), "verb=Identify"), "o:adminEmail")
    assert found == ["postmaster@localhost.invalid"]


def test_records_are_given_in_both_formats_with_their_sets(client: FlaskClient) -> None:
    """The RDF is the record that the catalogue gives; the hidden dataset is nowhere."""
    tree = ask(client, LIST)
    assert said(tree, "o:identifier") == [TICKETS, SHOWS]
    assert "Shows (invented)" in said(tree, "dc:title")
    assert set(said(tree, "o:setSpec")) == {"partner-theatre-b", "theme-EDUC"}
    tree = ask(client, f"verb=GetRecord&metadataPrefix=dcat&identifier={SHOWS}")
    (document,) = tree.findall(".//rdf:RDF", SPACES)
    graph = Graph().parse(data=etree.tostring(document), format="xml")
    assert (URIRef(SHOWS), RDF.type, DCAT.Dataset) in graph
    record = client.get("/dataset/theatre-b/spectacles.nt").get_data()
    assert isomorphic(graph, Graph().parse(data=record, format="nt"))


def test_sets_are_named_in_the_language_of_the_answer(client: FlaskClient) -> None:
    """Partners and themes; a set chooses records."""
    tree = ask(client, "verb=ListSets", "fr")
    assert said(tree, "o:setSpec") == ["partner-theatre-b", "theme-EDUC"]
    assert len(set(said(tree, "o:setName"))) == 2
    headers = ask(client, "verb=ListIdentifiers&metadataPrefix=dcat&set=theme-EDUC")
    assert said(headers, "o:identifier") == [TICKETS, SHOWS]
    assert error(ask(client, f"{LIST}&set=theme-GOVE")) == "noRecordsMatch"


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
def test_the_standards_errors_are_told(client: FlaskClient, query: str, code: str) -> None:
    """With a sentence in the language of the answer, and the request as far as it makes sense."""
    tree = ask(client, query)
    assert error(tree) == code
    request = tree.find("o:request", SPACES)
    assert request is not None
    assert bool(request.attrib) == (code not in {"badVerb", "badArgument"})
    french = ask(client, query, "fr").find("o:error", SPACES)
    assert french is not None
    assert french.text != said(tree, "o:error")[0]


@pytest.mark.parametrize(
    "token", [None, [], {}, {"prefix": 1}, {"prefix": "dcat", "place": -1, "state": "x"}]
)
def test_a_token_that_was_not_made_here_is_refused(client: FlaskClient, token: object) -> None:
    """Whatever is in it."""
    text = base64.urlsafe_b64encode(json.dumps(token).encode()).decode()
    tree = ask(client, f"verb=ListRecords&resumptionToken={text}")
    assert error(tree) == "badResumptionToken"


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
def test_no_token_is_more_than_a_protocol_error(client: FlaskClient, token: object) -> None:
    """Nested deeper than anybody reads, of any type, or no JSON."""
    body = token if isinstance(token, bytes) else json.dumps(token).encode()
    text = base64.urlsafe_b64encode(body).decode()
    response = client.post("/oai", data={"verb": "ListRecords", "resumptionToken": text})
    assert response.status_code in {200, 413}  # a form has its own bound
    if response.status_code == 200:
        assert b"badResumptionToken" in response.data or b"cannotDisseminate" in response.data


def test_a_list_in_parts_stays_in_its_state(
    own: Settings, theirs: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A publication in between drops nothing; what is gone is told for ever, with its instant."""
    monkeypatch.setattr(oai, "PER_PAGE", 1)
    first = ask(theirs, LIST)
    assert said(first, "o:identifier") == [TICKETS]
    (token,) = said(first, "o:resumptionToken")
    law = own.catalog / "theatre-b" / "agreement.ttl"
    text = law.read_text(encoding="utf-8")
    law.write_text(text.replace("b/billets>", "b/reserve>"), encoding="utf-8")
    publish(Pool.open(own))
    rest = ask(theirs, f"verb=ListRecords&resumptionToken={token}")
    assert said(rest, "o:identifier") == [SHOWS]
    (end,) = rest.findall(".//o:resumptionToken", SPACES)
    assert end.text is None
    assert (end.get("cursor"), end.get("completeListSize")) == ("1", "2")

    monkeypatch.undo()
    publish(Pool.open(own))
    tree = ask(theirs, LIST)
    gone = list(tree.iterfind(".//o:header[@status='deleted']", SPACES))
    assert [one.findtext("o:identifier", namespaces=SPACES) for one in gone] == [TICKETS]
    changed = gone[0].findtext("o:datestamp", namespaces=SPACES)
    since = ask(theirs, f"{LIST}&from={changed}")
    assert TICKETS in said(since, "o:identifier")
    assert error(ask(theirs, f"verb=ListRecords&resumptionToken={token}")) == "badResumptionToken"


def test_a_form_asks_the_same(client: FlaskClient) -> None:
    """POST, as the protocol allows."""
    form = {"verb": "ListIdentifiers", "metadataPrefix": "dcat", "from": "2001-01-01"}
    tree = etree.fromstring(client.post("/oai", data=form).get_data())
    assert said(tree, "o:identifier") == [TICKETS, SHOWS]


def test_nothing_published_is_503(empty: FlaskClient) -> None:
    """Never an empty list."""
    response = empty.get("/oai?verb=Identify")
    assert response.status_code == 503
    assert response.headers["Retry-After"]


def test_a_reader_with_a_token_is_answered_and_nobody_keeps_it(
    browser: FlaskClient, token_of: Callable[[str], str]
) -> None:
    """Like every other address."""
    token = token_of("https://pool.test/id/party/chercheuse")
    response = browser.get(f"/oai?{LIST}", headers={"Authorization": f"Bearer {token}"})
    assert response.headers["Cache-Control"] == "private, no-store"


def test_a_real_client_reads_everything(
    settings: Settings, serving: Callable[[Settings], AbstractContextManager[str]]
) -> None:
    """Oaipmh-scythe, where it is there: ``pip install oaipmh-scythe``; by GET and by POST."""
    found = pytest.importorskip("oaipmh_scythe")
    with serving(settings) as address:
        for method in ("GET", "POST"):
            with found.Scythe(
                f"{address}oai", http_config=found.HTTPConfig(http_method=method)
            ) as client:
                assert client.identify().deletedRecord == "persistent"
                assert [one.metadataPrefix for one in client.list_metadata_formats()] == [
                    "oai_dc",
                    "dcat",
                ]
                assert len(list(client.list_sets())) == 2
                records = list(client.list_records(metadata_prefix="oai_dc"))
                assert [one.header.identifier.rpartition("/")[2] for one in records] == [
                    "billets",
                    "spectacles",
                ]
                assert "Shows (invented)" in records[1].metadata["title"]
                assert len(list(client.list_identifiers(metadata_prefix="dcat"))) == 2
                with pytest.raises(found.NoRecordsMatch):
                    list(client.list_records(until="2001-01-01"))
