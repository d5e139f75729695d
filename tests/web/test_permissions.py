"""No role posts what the one table of permissions does not give it, on any route of the site."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from parvis.config import Settings
from parvis.governance import (
    PARTNER_ROLES,
    THIRD_PARTY_ROLES,
    Permission,
    Role,
    permissions_of_person,
    permissions_of_program,
)
from parvis.ledger import Details, Grant, Passkey, People, Sessions, Tokens, TokenScope
from parvis.ledger.people.codes import Code
from parvis.pooling import people
from parvis.pooling.quotas import Guesses
from parvis.pooling.serving.readers import ROLES
from parvis.web.http.security import ELSEWHERE, OUTDATED

SITE = "https://pool.test"
PROOF = re.compile(r'name="proof" value="([^"]+)"')

ANYBODY = frozenset(
    {
        "assistants.answer",
        "checking.check",
        "checking.clean",
        "dataspace.catalogue",
        "invitations.accept",
        "notices.stop",  # by a signed link
        "oai.answer",
        "oidc.accept",
        "passkeys.options",
        "passkeys.sign_in",
        "reconciliation.service",
        "short_links.create",
        "signing.logout",
        "signing.sign_in",
        "sparql.endpoint",
    }
)
"""Endpoints that need no permission: they change nothing, or have a proof of their own."""
PERSONS = frozenset(
    {
        "account.add_passkey",
        "account.change_details",
        "account.delete",
        "account.end_sessions",
        "account.remove_passkey",
        "oidc.link",
        "oidc.unlink",
    }
)
"""Endpoints that act on the account of who is signed in alone."""
NEEDED = {
    "answering.decide": Permission.DECIDE,
    "asking.ask": Permission.OWN,
    "asking.withdraw": Permission.OWN,
    "agreeing.change": Permission.DECIDE,
    "agreeing.change_own": Permission.EDIT,
    "box_office.send": Permission.SUBMIT,
    "columns.decide": Permission.DECIDE,
    "counting.decide": Permission.DECIDE,
    "counting.start": Permission.DECIDE,
    "curating.add": Permission.DECIDE,
    "curating.describe": Permission.DECIDE,
    "curating.edit": Permission.DECIDE,
    "drafting.answer": Permission.EDIT,
    "drafting.submit": Permission.EDIT,
    "drafts.choose": Permission.EDIT,
    "drafts.correct": Permission.EDIT,
    "drafts.delete": Permission.EDIT,
    "drafts.open_draft": Permission.EDIT,
    "drafts.write": Permission.EDIT,
    "giving.give": Permission.SUBMIT,
    "jobs.change": Permission.DECIDE,
    "jobs.start": Permission.DECIDE,
    "judging.decide": Permission.DECIDE,
    "law25.date": Permission.EDIT,
    "law25.join": Permission.EDIT,
    "law25.write": Permission.EDIT,
    "notices.prefer": Permission.OWN,
    "notices.renew": Permission.OWN,
    "notices.retry": Permission.DECIDE,
    "partners.send_figures": Permission.SUBMIT,
    "rounds.send": Permission.SUBMIT,
    "people.change": Permission.INVITE,
    "people.invite": Permission.INVITE,
    "people.withdraw": Permission.INVITE,
    "planning.create": Permission.DECIDE,
    "planning.edit": Permission.DECIDE,
    "planning.end": Permission.DECIDE,
    "queueing.decide": Permission.DECIDE,
    "remembering.undo": Permission.DECIDE,
    "remembering.write": Permission.DECIDE,
    "requesting.add_rule": Permission.EDIT,
    "requesting.change": Permission.EDIT,
    "requesting.end_rule": Permission.EDIT,
    "requesting.make": Permission.EDIT,
    "saved_queries.change": Permission.OWN,
    "saved_queries.promote": Permission.DECIDE,
    "saved_queries.save": Permission.OWN,
    "tokens.change": Permission.DECIDE,
    "tokens.create": Permission.DECIDE,
}
"""The permission that each endpoint needs; where its acts differ, the least of them."""

HOLDERS = (
    (TokenScope.READ, "partner/theatre-b"),
    (TokenScope.GIVE, "partner/theatre-b"),
    (TokenScope.PROTECTOR, "party/chercheuse"),
    (TokenScope.REPLICA, "partner/tiers"),
    (TokenScope.HOST, "partner/tiers"),
)
"""The parties of the tokens: each has two at most."""


@dataclass(frozen=True)
class Poster:
    """Somebody who posts: a client, what it sends along, and what the table gives it."""

    name: str
    client: FlaskClient
    permissions: frozenset[Permission]
    proof: str = ""
    token: str = ""

    def post(self, path: str) -> tuple[int, str]:
        """Post a form; return the status and the page."""
        headers = {"Accept": "text/html"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        response = self.client.post(
            path, base_url=SITE, data={"proof": self.proof}, headers=headers
        )
        return response.status_code, response.text


def sign_in(app: Flask, settings: Settings, party: str, role: Role) -> Poster:
    """Sign in a new person of a party."""
    now = datetime.now(UTC)
    link = people.invite(settings, party, role).link
    code = Code.parse(link.rpartition("/")[2])
    assert code is not None
    name, until = f"{party}-{role}", now + timedelta(hours=1)
    proof = Passkey(name, name, b"", 0, "", now)
    People(settings.data).join(
        code, name, Details("Ana"), proof, now, challenge=name.encode(), until=until
    )
    session = Sessions(settings.data).begin(now, until, "", person=name).reveal()
    client = app.test_client()
    client.set_cookie("__Host-parvis", session, domain="pool.test", secure=True)
    page = client.get("/en/account", base_url=SITE, headers={"Accept": "text/html"})
    match = PROOF.search(page.text)
    assert match is not None, page.status
    permissions = permissions_of_person(role, third_party=party == "tiers")
    return Poster(name, client, permissions, proof=match[1])


@pytest.fixture(scope="module")
def posters(research_app: Flask, research_settings: Settings) -> Iterator[list[Poster]]:
    """Make somebody of every role of a partner, of a party that reads, and of the third party."""
    research_app.extensions["parvis.turnstile"].guesses = Guesses()
    pairs = [(party, role) for party in ("theatre-b", "chercheuse") for role in PARTNER_ROLES]
    pairs += [("tiers", role) for role in THIRD_PARTY_ROLES]
    signed_in = [sign_in(research_app, research_settings, *pair) for pair in pairs]
    tokens, now, issued = Tokens(research_settings.data), datetime.now(UTC), []
    programs = []
    for scope, holder in HOLDERS:
        grant = Grant(f"{SITE}/id/{holder}", scope)
        credential, token = tokens.create(grant, now, now + timedelta(hours=1))
        issued.append(token.id)
        client = research_app.test_client(use_cookies=False)
        is_third_party = holder.endswith("tiers")
        permissions = permissions_of_program(ROLES[scope], third_party=is_third_party)
        programs.append(Poster(f"{scope}", client, permissions, token=credential.reveal()))
    anonymous = Poster("anybody", research_app.test_client(use_cookies=False), frozenset())
    yield [*signed_in, *programs, anonymous]
    for person in People(research_settings.data).all():
        people.remove(research_settings, person.pseudonym)
    for name in issued:
        tokens.revoke(name, now)


def list_posts(app: Flask) -> dict[str, str]:
    """Return an address of each endpoint that is posted to, which names what is not there."""
    values = {"act": "sign", "verb": "again", "verdict": "accept", "ending": "html", "number": 9}
    posts = {}
    with app.test_request_context(base_url=SITE):
        for rule in app.url_map.iter_rules():
            if "POST" in (rule.methods or ()):
                chosen = {name: values.get(name, "absent") for name in rule.arguments}
                if rule.endpoint == "people.change":
                    chosen["act"] = "role"
                elif rule.endpoint == "requesting.change":
                    chosen["act"] = "accept"
                elif rule.endpoint == "answering.decide":
                    chosen["act"] = "examine"
                elif rule.endpoint == "tokens.change":
                    chosen["act"] = "revoke"
                elif rule.endpoint == "counting.decide":
                    chosen["act"] = "merge"
                elif rule.endpoint == "saved_queries.change":
                    chosen["act"] = "public"
                _, path = rule.build(chosen) or ("", "")
                posts[rule.endpoint] = path
    return posts


def test_each_route_that_is_posted_to_says_who_may(research_app: Flask) -> None:
    """A new route is listed here, with the permission that it needs."""
    assert list_posts(research_app).keys() == ANYBODY | PERSONS | NEEDED.keys()


def test_no_role_posts_what_the_table_does_not_give_it(
    research_app: Flask, posters: list[Poster]
) -> None:
    """Refused before anything is looked up: also for what is there, so for what is not."""
    forged = (str(ELSEWHERE), str(OUTDATED))
    posts, tried, allowed = list_posts(research_app), 0, []
    for poster in posters:
        for endpoint in PERSONS | NEEDED.keys():
            needed = NEEDED.get(endpoint)
            is_person = bool(poster.proof)
            if is_person if needed is None else needed in poster.permissions:
                continue
            status, page = poster.post(f"/en{posts[endpoint]}")
            if status != 403 or any(sentence in page for sentence in forged):
                allowed.append((poster.name, endpoint, status))
            tried += 1
    assert not allowed
    assert tried > 200


def test_who_has_the_permission_is_not_refused_by_the_route(
    research_app: Flask, posters: list[Poster]
) -> None:
    """Else the test above would pass on a site that refuses everybody."""
    posts = list_posts(research_app)
    # These would change the pool, or are for people, or for those whose data they are.
    apart = {"jobs.start", "notices.prefer", "notices.renew", "notices.retry", "people.invite"}
    apart |= {"box_office.send"}
    for endpoint, needed in NEEDED.items():
        able = [poster for poster in posters if poster.proof and needed in poster.permissions]
        if endpoint in apart:
            continue
        statuses = {poster.post(f"/en{posts[endpoint]}")[0] for poster in able}
        assert statuses - {403}, endpoint
