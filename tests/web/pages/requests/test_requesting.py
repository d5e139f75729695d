"""Asking for access on pages: form, requests to answer, one request for its parties alone."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from flask.testing import FlaskClient

from parvis.config import Settings
from parvis.governance import Role
from parvis.ledger import TokenScope
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving import readers
from parvis.pooling.serving.readers import create_token
from parvis.web import create_app

BROWSER = {"Accept": "text/html"}
TICKETS = "https://pool.test/id/dataset/theatre-b/billets"
RESEARCHER = """
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix schema: <http://schema.org/> .
<id/party/candidate> a foaf:Agent , schema:Person ;
  schema:name "Une candidate (inventée)"@fr , "A candidate (invented)"@en .
"""
AGREEMENT = """
<id/agreement/theatre-b-candidate> a odrl:Agreement ;
  odrl:uid <id/agreement/theatre-b-candidate> ;
  odrl:profile parvis:profile-1 ;
  odrl:conflict odrl:prohibit ;
  dct:title "Entente inventée de lecture"@fr , "Invented agreement to read"@en ;
  odrl:assigner <id/partner/theatre-b> ;
  odrl:permission
    [ odrl:target <id/dataset/theatre-b/spectacles> ;
      odrl:assignee <id/party/candidate> ; odrl:action odrl:read ] .
"""


@pytest.fixture(scope="module")
def request_settings(
    research_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Return a copy of the pool, in which a party may know of a dataset and not read it."""
    folder = tmp_path_factory.mktemp("requests")
    shutil.copytree(research_settings.data, folder / "data")
    shutil.copytree(research_settings.catalog, folder / "catalog")
    (folder / "catalog" / "candidate").mkdir()
    (folder / "catalog" / "candidate" / "party.ttl").write_text(RESEARCHER, encoding="utf-8")
    with (folder / "catalog" / "theatre-b" / "agreement.ttl").open("a", encoding="utf-8") as file:
        file.write(AGREEMENT)
    settings = replace(research_settings, data=folder / "data", catalog=folder / "catalog")
    with Pool.open(settings) as pool:
        publish(pool)
    return settings


@pytest.fixture(scope="module")
def requesting_client(request_settings: Settings) -> Iterator[FlaskClient]:
    app = create_app(request_settings)
    app.testing = True
    yield app.test_client()
    app.extensions["parvis"].close()


@pytest.fixture(scope="module")
def tokens(request_settings: Settings) -> dict[str, str]:
    parties = ("candidate", "chercheuse", "theatre-b", "tiers")
    return {party: create_token(request_settings, party).text for party in parties}


@pytest.fixture
def editors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every token of a party act in its name."""
    monkeypatch.setitem(readers.ROLES, TokenScope.READ, Role.EDITOR)


def by(token: str, accept: str = "text/html") -> dict[str, str]:
    return {"Accept": accept, "Authorization": f"Bearer {token}"}


def make(client: FlaskClient, token: str, subject: str = TICKETS) -> str:
    until = datetime.now(UTC).date() + timedelta(days=90)
    form = {
        "subject": subject,
        "purpose": "AcademicResearch",
        "until": until.isoformat(),
        "message": "Une thèse <b>sur</b> les publics.",
    }
    response = client.post("/fr/requests", headers=by(token), data=form)
    assert response.status_code == 303, response.get_data(as_text=True)
    return response.location.removeprefix("/fr/requests/")


@pytest.mark.usefixtures("editors")
def test_a_request_is_made_answered_accepted_and_drafted_on_pages(
    requesting_client: FlaskClient, tokens: dict[str, str], request_settings: Settings
) -> None:
    client = requesting_client
    page = client.get("/fr/dataset/theatre-b/billets", headers=BROWSER).get_data(as_text=True)
    (address,) = re.findall(r'href="(/fr/requests/new[^"]*)"', page)
    form = client.get(address, headers=by(tokens["candidate"])).get_data(as_text=True)
    assert 'name="purpose"' in form
    name = make(client, tokens["candidate"])
    # The dataset's page leads to what was asked for already.
    page = client.get("/fr/dataset/theatre-b/billets", headers=by(tokens["candidate"])).text
    assert f'href="/fr/requests/{name}"' in page
    assert "/fr/requests/new" not in page
    own = client.get("/fr/organization/requests", headers=by(tokens["theatre-b"]))
    assert f"/fr/requests/{name}" in own.get_data(as_text=True)
    shown = client.get(f"/fr/requests/{name}", headers=by(tokens["theatre-b"]))
    text = shown.get_data(as_text=True)
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert "Une thèse &lt;b&gt;sur&lt;/b&gt; les publics." in text
    assert f'action="/fr/requests/{name}/offer"' in text
    assert f'action="/fr/requests/{name}/accept"' not in text
    offer = {"until": (datetime.now(UTC).date() + timedelta(days=60)).isoformat()}
    token = tokens["theatre-b"]
    offered = client.post(f"/fr/requests/{name}/offer", headers=by(token), data=offer)
    assert offered.status_code == 303
    token = tokens["candidate"]
    assert client.post(f"/fr/requests/{name}/accept", headers=by(token)).status_code == 303
    draft = request_settings.catalog / "theatre-b" / "agreement.draft.ttl"
    assert name in draft.read_text(encoding="utf-8")
    page = client.get(f"/fr/requests/{name}", headers=by(token)).get_data(as_text=True)
    for words in ("acceptée", "offre faite", "offre acceptée", "L’entente est rédigée"):
        assert words in page
    document = client.get(f"/requests/{name}", headers=by(token, "application/json")).get_json()
    assert document["state"] == "agreed"
    graph = client.get(f"/requests/{name}?format=ttl", headers=by(token))
    assert "odrl:Offer" in graph.get_data(as_text=True)


@pytest.mark.usefixtures("editors")
def test_for_anybody_else_a_request_does_not_exist(
    requesting_client: FlaskClient, tokens: dict[str, str]
) -> None:
    """Neither its page nor an act on it says that it is there."""
    name = make(requesting_client, tokens["candidate"])
    other = by(tokens["chercheuse"])
    for path in ("", "/offer", "/accept", "/decline", "/withdraw"):
        answers = []
        for request in (name, "0" * 16):
            send = requesting_client.post if path else requesting_client.get
            response = send(f"/en/requests/{request}{path}", headers=other)
            assert response.status_code == 404
            text = re.sub(r"[0-9a-f]{12,}", "", response.get_data(as_text=True))
            answers.append(text)
        assert answers[0] == answers[1]
    listed = requesting_client.get("/organization/requests", headers=other).get_data(as_text=True)
    assert name not in listed
    everything = requesting_client.get("/steward/requests", headers=by(tokens["tiers"]))
    assert name in everything.get_data(as_text=True)


@pytest.mark.usefixtures("editors")
def test_a_hidden_dataset_is_asked_for_as_one_that_does_not_exist(
    requesting_client: FlaskClient, tokens: dict[str, str]
) -> None:
    pages = []
    for subject in (TICKETS.replace("billets", "reserve"), TICKETS.replace("billets", "rien")):
        response = requesting_client.get(
            "/en/requests/new", query_string={"subject": subject}, headers=by(tokens["candidate"])
        )
        assert response.status_code == 404
        text = response.get_data(as_text=True).replace("reserve", "rien")
        pages.append(re.sub(r"[0-9a-f]{12,}", "", text))
    assert pages[0] == pages[1]


@pytest.mark.usefixtures("editors")
def test_it_is_declined_with_a_reason_or_withdrawn(
    requesting_client: FlaskClient, tokens: dict[str, str]
) -> None:
    name, owner = make(requesting_client, tokens["candidate"]), by(tokens["theatre-b"])
    path = f"/fr/requests/{name}/decline"
    refused = requesting_client.post(path, headers=owner, data={"reason": " "})
    assert refused.status_code == 400
    declined = requesting_client.post(path, headers=owner, data={"reason": "Pas encore."})
    assert declined.status_code == 303
    asking = by(tokens["candidate"])
    page = requesting_client.get(f"/fr/requests/{name}", headers=asking).get_data(as_text=True)
    assert "Pas encore." in page
    assert 'class="giving"' not in page
    name = make(requesting_client, tokens["candidate"])
    path = f"/fr/requests/{name}/withdraw"
    assert requesting_client.post(path, headers=owner).status_code == 400
    assert requesting_client.post(path, headers=asking).status_code == 303


@pytest.mark.usefixtures("editors")
def test_a_rule_is_added_explained_and_ended(
    requesting_client: FlaskClient, tokens: dict[str, str]
) -> None:
    owner = by(tokens["theatre-b"])
    path = "/fr/organization/requests"
    form = {"dataset": "theatre-b/billets", "audience": "members", "days": "30"}
    added = requesting_client.post(f"{path}/rules", headers=owner, data=form)
    assert added.status_code == 303
    page = requesting_client.get(path, headers=owner).get_data(as_text=True)
    (ending,) = re.findall(rf'action="({path}/rules/\w+/end)"', page)
    assert "pendant 30\N{NO-BREAK SPACE}jours" in page or "pendant 30 jours" in page
    for days in ("0", "x", "-1", "99999999"):
        wrong = requesting_client.post(f"{path}/rules", headers=owner, data=form | {"days": days})
        assert wrong.status_code == 400
    assert requesting_client.post(ending, headers=owner).status_code == 303
    assert ending not in requesting_client.get(path, headers=owner).get_data(as_text=True)


def test_who_may_not_ask_is_told_how_to_get_an_account(
    requesting_client: FlaskClient, tokens: dict[str, str]
) -> None:
    """A token that only reads asks for nothing; whether the dataset exists is said to neither."""
    for headers in (BROWSER, by(tokens["candidate"])):
        for subject in (TICKETS, TICKETS.replace("billets", "rien")):
            response = requesting_client.get(
                "/fr/requests/new", query_string={"subject": subject}, headers=headers
            )
            assert response.status_code == 200
            assert 'name="purpose"' not in response.get_data(as_text=True)
        posted = requesting_client.post("/fr/requests", headers=headers, data={"subject": TICKETS})
        assert posted.status_code == 403
    assert requesting_client.get("/organization/requests").status_code == 403
    reading = by(tokens["candidate"])
    assert requesting_client.get("/steward/requests", headers=reading).status_code == 403


@pytest.mark.usefixtures("editors")
def test_the_file_under_law_25_is_for_its_parties_alone(
    requesting_client: FlaskClient, tokens: dict[str, str]
) -> None:
    """Form, assessment, dated steps and the document to send."""
    client, asking = requesting_client, by(tokens["candidate"])
    path = f"/fr/requests/{make(client, tokens['candidate'])}/law25"
    form = dict.fromkeys(("writing", "presentation", "grounds", "others"), "Une thèse")
    assert client.post(path, headers=asking, data=form).status_code == 303
    # The words of who asks are not its counterpart's to change.
    asked = by(tokens["theatre-b"])
    assert client.post(path, headers=asked, data={"writing": "Autre"}).status_code == 400
    assert "Autre" not in client.get(path, headers=asked).get_data(as_text=True)
    upload = {"file": (BytesIO(b"%PDF-1.7 essai"), "efvp.pdf")}
    joined = client.post(f"{path}/assessment", headers=asking, data=upload)
    assert joined.status_code == 303, joined.get_data(as_text=True)
    day = {"day": datetime.now(UTC).date().isoformat()}
    assert client.post(f"{path}/steps/requested", headers=asking, data=day).status_code == 303
    assert client.post(f"{path}/steps/destroyed", headers=asking, data=day).status_code == 400
    page = client.get(path, headers=by(tokens["theatre-b"])).get_data(as_text=True)
    assert "Tout ce que la loi demande est écrit." in page
    for party in ("candidate", "theatre-b", "tiers"):
        kept = client.get(f"{path}/assessment", headers=by(tokens[party]))
        assert kept.data == b"%PDF-1.7 essai"
        assert kept.headers["Cache-Control"] == "private, no-store"
        assert "attachment" in kept.headers["Content-Disposition"]
    document = client.get(f"{path}/document", headers=asking)
    assert "P-39.1" in document.get_data(as_text=True)
    for ending in ("", "/assessment", "/document"):
        stranger = client.get(f"{path}{ending}", headers=by(tokens["chercheuse"]))
        assert stranger.status_code == 404
