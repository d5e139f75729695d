"""No role of a party's people, and no token of a program, shows more than the party may see."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from parvis.governance import PARTNER_ROLES, Permission, Role, permissions_of_person
from parvis.ledger import Details, Grant, Passkey, People, Sessions, Tokens, TokenScope
from parvis.ledger.people.codes import Code
from parvis.pooling import people
from parvis.pooling.quotas import Guesses
from tests.web.leaks.asking import asking, read_response
from tests.web.leaks.conftest import PARTIES, Served
from tests.web.leaks.plans import Probe
from tests.web.leaks.pool import BASE
from tests.web.leaks.test_leaks import (
    COMMON_ENDINGS,
    PAGE,
    STATIC_RULES,
    find_figures,
    find_leaks,
)

MOST = 2
"""Addresses of a rule about one dataset: what differs between roles is which pages answer."""
SUBJECTS = {None, "hidden"}


def sign_in(served: Served, party: str, role: str) -> FlaskClient:
    """Return a client in which a person of a party is signed in."""
    data, now = served.settings.data, datetime.now(UTC)
    link = people.invite(served.settings, party, role).link
    code = Code.parse(link.rpartition("/")[2])
    assert code is not None
    name, until = f"{party}{role}", now + timedelta(hours=1)
    proof = Passkey(name, name, b"", 0, "", now)
    details = Details("Ana", "ana@example.org", "fr")
    People(data).join(code, name, details, proof, now, challenge=name.encode(), until=until)
    session = Sessions(data).begin(now, until, "", person=name).reveal()
    served.app.extensions["parvis.turnstile"].guesses = Guesses()  # other tests sent wrong ones
    client = served.app.test_client()
    cookie = "__Host-parvis" if BASE.startswith("https") else "parvis"
    domain = BASE.split("/")[2].partition(":")[0]
    client.set_cookie(cookie, session, domain=domain, secure=BASE.startswith("https"))
    return client


def list_some(served: Served) -> Iterator[Probe]:
    """Yield some addresses of every rule."""
    counts: Counter[tuple[str, str | None]] = Counter()
    for probe in served.probes:
        key = (probe.rule, probe.subject)
        is_wanted = probe.subject in SUBJECTS and probe.ending in COMMON_ENDINGS
        if is_wanted and probe.rule not in STATIC_RULES and counts[key] < MOST:
            counts[key] += 1
            yield probe


@pytest.mark.parametrize("role", PARTNER_ROLES)
def test_no_role_of_a_person_sees_more_than_the_party(served: Served, role: Role) -> None:
    """Over every route, in a session; the same as by the party’s token."""
    party = "gamma"
    client = sign_in(served, PARTIES[party], role)
    ask = asking(client, None)
    ask_by_token = served.ask_as(party)
    leaks = []
    for probe in list_some(served):
        if probe.rule == "/logout":
            continue
        text = read_response(ask(f"{BASE.rstrip('/')}{probe.address}", Accept=PAGE))
        if find_leaks(party, probe, text) | find_figures(party, served, text):
            leaks.append(probe.address)
        assert "Traceback" not in text
        if probe.rule == "/dataset/<partner>/<dataset>":
            assert text[:3] == read_response(ask_by_token(probe.address, Accept=PAGE))[:3]
    assert not leaks


@pytest.mark.parametrize("scope", [TokenScope.GIVE, TokenScope.PROTECTOR])
def test_no_token_of_another_scope_sees_more_than_the_party(
    served: Served, scope: TokenScope
) -> None:
    """A protector’s sees what was done with which dataset, on the pages of the trail alone."""
    now, party = datetime.now(UTC), "gamma"
    grant = Grant(f"{BASE}id/partner/{PARTIES[party]}", scope)
    tokens = Tokens(served.settings.data)
    credential, token = tokens.create(grant, now, now + timedelta(hours=1))
    ask = asking(served.app.test_client(use_cookies=False), credential.reveal())
    leaks = []
    for probe in list_some(served):
        if scope is TokenScope.PROTECTOR and probe.rule.startswith("/steward"):
            continue
        text = read_response(ask(probe.address, Accept=PAGE))
        if find_leaks(party, probe, text) | find_figures(party, served, text):
            leaks.append(probe.address)
    tokens.revoke(token.id, now)
    assert not leaks


NEEDED = {
    "/people": Permission.INVITE,
    "/steward": Permission.WATCH,
    "/steward/decisions": Permission.WATCH,
    "/steward/queue": Permission.DECIDE,
    "/steward/people": Permission.DECIDE,
    "/steward/tokens": Permission.DECIDE,
    "/steward/columns": Permission.DECIDE,
    "/replica/manifest.json": Permission.COPY,
}
"""What pages need; `/give/<name>` of one's own dataset is tried apart."""


@pytest.mark.parametrize(
    ("party", "role", "is_third_party"),
    [
        *(("beta", role, False) for role in PARTNER_ROLES),
        ("tiers", Role.PROTECTOR, True),
        ("tiers", Role.STEWARD, True),
    ],
)
def test_pages_answer_to_the_roles_of_the_table(
    served: Served, party: str, role: Role, *, is_third_party: bool
) -> None:
    client = sign_in(served, party, role)
    permissions = permissions_of_person(role, third_party=is_third_party)
    for path, permission in NEEDED.items():
        address = f"{BASE.rstrip('/')}{path}"
        status = client.get(address, headers={"Accept": "text/html"}).status_code
        assert (status != 403) == (permission in permissions), (path, status)
