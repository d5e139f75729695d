"""SERVICE over HTTP: what an answer says of other sites, and what these receive."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from parvis.config import FederationSettings, FetchSettings, Settings
from parvis.pooling.serving.readers import create_token, revoke_token
from parvis.web import create_app
from tests.federation import Service, serving_service

NOTICES = """
<https://theatre-b.example/soeurs> <x:about> "one" .
<https://theatre-b.example/cache> <x:about> "none" .
"""
RESTRICTED = ("cach", "Soir\u00e9e", "b/reserve")
"""What only the dataset that few may read holds (cache-1, Soirée cachée, …/cache)."""
ABOUT = "SELECT ?name ?about { ?e schema:name ?name ; schema:url ?page %s }"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving_service() as service:
        service.store.load(NOTICES, ox.RdfFormat.TURTLE)
        yield service


@pytest.fixture(scope="module")
def federated_client(settings: Settings, service: Service) -> Iterator[FlaskClient]:
    """Return a client of the published pool, which may call the service."""
    listed = replace(
        settings,
        federation=FederationSettings(services=(service.address,)),
        fetch=FetchSettings(allow=("127.0.0.1",)),
    )
    app = create_app(listed)
    app.testing = True
    yield app.test_client()
    app.extensions["parvis"].close()


@pytest.fixture
def member(settings: Settings) -> Iterator[dict[str, str]]:
    """Return the header of a party that may read what others may not."""
    token = create_token(settings, f"{settings.base}id/partner/theatre-b", label="essai")
    yield {"Authorization": f"Bearer {token.text}"}
    revoke_token(settings, token.token.id)


def call(service: Service, clause: str = "{ ?page <x:about> ?about }") -> str:
    return f"SERVICE <{service.address}> {clause}"


def test_an_answer_names_the_sites_it_is_made_from_and_is_not_cached(
    federated_client: FlaskClient, service: Service
) -> None:
    """A conditional request is answered anew, too."""
    query = {"query": ABOUT % call(service), "format": "csv"}
    responses = [
        federated_client.get("/sparql", query_string=query, headers=headers)
        for headers in ({}, {"If-None-Match": '"x"'})
    ]
    for response in responses:
        assert response.get_data(as_text=True).split("\r\n")[1].endswith(",one")
        assert response.headers["Parvis-Services"].startswith(f'"{service.address}";received=@')
        assert "Parvis-Services" in response.headers["Access-Control-Expose-Headers"]
        assert response.headers["Cache-Control"] == "no-store"
        assert "ETag" not in response.headers
    page = federated_client.get("/en/sparql", query_string=query | {"format": "html"})
    assert "With data of 127.0.0.1, received on" in page.get_data(as_text=True)


def test_an_answer_to_an_assistant_names_the_sites_it_is_made_from(
    federated_client: FlaskClient, service: Service
) -> None:
    params = {"name": "query", "arguments": {"query": ABOUT % call(service)}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    answer = federated_client.post("/mcp", json=message).json
    source = answer["result"]["structuredContent"]["source"]  # type: ignore[index] # JSON
    (use,) = source["services"]
    assert use["address"] == service.address
    assert use["received"].startswith("20")
    assert source["attribution"].endswith(f"with data of {service.address}")


def test_the_citation_of_an_answer_names_the_site(
    federated_client: FlaskClient, service: Service
) -> None:
    form = {"query": ABOUT % call(service), "keep": "citation"}
    created = federated_client.post("/q", data=form, headers={"Accept": "application/json"})
    page = federated_client.get(f"{created.json['citation']}?lang=en")  # type: ignore[index] # JSON
    assert service.address in page.get_data(as_text=True)


@pytest.mark.parametrize(
    "pattern",
    [
        "{}",
        "OPTIONAL {{ {} }}",
        "{{ ?e schema:startDate ?d {} }} UNION {{ ?e schema:none ?d }}",
        'FILTER(CONTAINS(?name, "cach")) {}',
        "GRAPH <{graph}> {{ ?e schema:url ?page {} }}",
        '. ?hit parvis:search "soiree" ; schema:url ?page {}',
        "{{ SELECT ?page {{ ?x schema:url ?page {} }} }}",
    ],
)
def test_what_is_not_open_never_reaches_a_service(
    federated_client: FlaskClient,
    service: Service,
    settings: Settings,
    member: dict[str, str],
    pattern: str,
) -> None:
    """A member whose data the clause would need is refused, in both languages."""
    service.received.clear()
    graph = f"{settings.base}graph/theatre-b/reserve"
    query = ABOUT % pattern.format(call(service), graph=graph)
    response = federated_client.get(
        f"/sparql?query={quote(query)}", headers={"Accept": "application/json", **member}
    )
    assert response.status_code == 400, response.get_data(as_text=True)
    details = response.json["details"]  # type: ignore[index] # JSON
    assert "not open to all" in details["en"]
    assert "pas ouvertes" in details["fr"]
    assert service.received == []
    # Everyone else gets an answer, without what they may not read.
    others = federated_client.get(f"/sparql?query={quote(query)}")
    assert others.status_code == 200
    text = others.get_data(as_text=True) + "".join(service.received + service.heads)
    assert (
        not [value for value in RESTRICTED if value in text.replace(query, "")] or "cach" in query
    )


def test_a_member_asks_about_open_data_and_sees_its_own_beside(
    federated_client: FlaskClient, service: Service, settings: Settings, member: dict[str, str]
) -> None:
    service.received.clear()
    graph = f"{settings.base}graph/theatre-b/spectacles"
    clause = "{ ?page <x:about> ?about FILTER(?about != 'two') }"
    query = (
        f"SELECT * {{ GRAPH <{graph}> {{ ?e schema:url ?page }} {call(service, clause)}"
        f" ?own schema:name ?name FILTER(CONTAINS(?name, 'cach')) }}"
    )
    response = federated_client.get(f"/sparql?query={quote(query)}", headers=member)
    assert "Soir\u00e9e cach\u00e9e" in response.get_data(as_text=True)
    assert response.headers["Cache-Control"] == "private, no-store"
    assert len(service.received) == 1
    assert not [value for value in RESTRICTED if value in service.received[0]]
    assert "theatre-b" not in "".join(service.heads)


def test_a_service_is_not_called_by_a_query_that_somebody_else_saved(
    federated_client: FlaskClient, service: Service, member: dict[str, str]
) -> None:
    """Its citation shows what it sends, and lets who read it run it; who saved it is led on."""
    service.received.clear()
    clause = "{ ?page <x:about> ?about FILTER(?about != 'three') }"  # asked nowhere before
    form = {"query": ABOUT % call(service, clause), "title_en": "Sisters", "public": "1"}
    headers = {"Accept": "*/*", **member}
    saved = federated_client.post("/account/queries", data=form, headers=headers)
    path = f"/q/{saved.json['id']}"  # type: ignore[index] # JSON
    try:
        for end in ("", "?version=1", "/crate.zip"):
            refused = federated_client.get(f"{path}{end}", headers={"Accept": "application/json"})
            assert refused.status_code == 400
            details = refused.json["details"]  # type: ignore[index] # JSON
            assert f"read it at http://pool.test{path}/citation" in details["en"]
            assert "ce n’est pas vous" in details["fr"]
        assert federated_client.get(path, headers=member).status_code == 302
        pages = [
            federated_client.get(f"/en{path}/citation", headers={"Accept": "text/html", **token})
            for token in ({}, member)
        ]
        assert ["Run it myself" in page.get_data(as_text=True) for page in pages] == [True, False]
        assert service.received == []
        (run,) = re.findall(r'href="(/en/sparql\?[^"]*)"', pages[0].get_data(as_text=True))
        assert federated_client.get(unescape(run)).status_code == 200
        assert len(service.received) == 1
    finally:
        federated_client.post(f"/account/queries/{path[3:]}/delete", headers=member)


def test_a_service_is_not_called_by_who_follows_a_short_link(
    federated_client: FlaskClient, service: Service, member: dict[str, str]
) -> None:
    """Nobody knows who made it: the page of its citation shows what it sends, and runs it."""
    service.received.clear()
    clause = "{ ?page <x:about> ?about FILTER(?about != 'four') }"  # asked nowhere before
    form = {"query": ABOUT % call(service, clause)}
    created = federated_client.post("/q", data=form, headers={"Accept": "application/json"})
    path = created.json["address"].removeprefix("http://pool.test")  # type: ignore[index] # JSON
    for end in ("", "?format=csv", "/crate.zip"):
        for token in ({}, member):
            headers = {"Accept": "application/json", **token}
            refused = federated_client.get(f"{path}{end}", headers=headers)
            assert refused.status_code == 400
            assert f"{path}/citation" in refused.json["details"]["en"]  # type: ignore[index] # JSON
    page = federated_client.get(f"/en{path}/citation", headers={"Accept": "text/html"})
    text = page.get_data(as_text=True)
    assert "crate.zip" not in text
    assert service.received == []
    (run,) = re.findall(r'href="(/en/sparql\?[^"]*)"', text)
    assert federated_client.get(unescape(run)).status_code == 200
    assert len(service.received) == 1


def test_no_service_is_called_by_default(client: FlaskClient, service: Service) -> None:
    service.received.clear()
    response = client.get(f"/sparql?query={quote(ABOUT % call(service))}")
    assert response.status_code == 400
    assert "SERVICE is refused" in response.get_data(as_text=True)
    assert service.received == []
