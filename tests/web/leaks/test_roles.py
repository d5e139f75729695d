"""No role of people, and no token of a program, shows more than the party and the table allow.

Every route is requested as every role: of a partner that may read nothing, and of the third party.
What the readers of data see by their tokens is tested in every format by `test_leaks`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

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
from tests.web.leaks.asking import Ask, asking, read_response
from tests.web.leaks.conftest import Served
from tests.web.leaks.plans import Probe
from tests.web.leaks.pool import BASE, HOST
from tests.web.leaks.test_leaks import (
    COMMON_ENDINGS,
    OWN_PAGE,
    OWN_USES,
    PAGE,
    STATIC_RULES,
    find_figures,
    find_leaks,
)

PARTNER = "gamma"
"""A partner whose agreement ended: it reads what is open alone."""
SITE = BASE.rstrip("/")
SUBJECTS = {None, "hidden"}


@dataclass(frozen=True)
class Caller:
    """Somebody who opens pages: of which party, and what the table gives; a person has a session.

    The third party reads all that is served, whatever the role.
    """

    ask: Ask
    party: str = ""
    permissions: frozenset[Permission] = frozenset()
    is_person: bool = False


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
    client = served.app.test_client()
    cookie = "__Host-parvis" if BASE.startswith("https") else "parvis"
    domain = BASE.split("/")[2].partition(":")[0]
    client.set_cookie(cookie, session, domain=domain, secure=BASE.startswith("https"))
    return client


PEOPLE = (
    *((PARTNER, role) for role in PARTNER_ROLES),
    *((HOST, role) for role in THIRD_PARTY_ROLES),
)
SCOPES = (
    (PARTNER, TokenScope.GIVE),
    (PARTNER, TokenScope.PROTECTOR),
    (HOST, TokenScope.REPLICA),
)
NOBODY = ("", "")


@pytest.fixture
def caller(served: Served, request: pytest.FixtureRequest) -> Iterator[Caller]:
    """Return somebody of a party and a role, or with a token of a scope; or nobody."""
    served.app.extensions["parvis.turnstile"].guesses = Guesses()  # other tests sent wrong ones
    party, role = request.param
    is_third_party = party == HOST
    if not party:
        yield Caller(served.ask_as(""))
    elif isinstance(role, Role):
        permissions = permissions_of_person(role, third_party=is_third_party)
        yield Caller(asking(sign_in(served, party, role), None), party, permissions, is_person=True)
    else:
        now, tokens = datetime.now(UTC), Tokens(served.settings.data)
        grant = Grant(f"{BASE}id/partner/{party}", role)
        credential, token = tokens.create(grant, now, now + timedelta(hours=1))
        ask = asking(served.app.test_client(use_cookies=False), credential.reveal())
        permissions = permissions_of_program(ROLES[role], third_party=is_third_party)
        yield Caller(ask, party, permissions)
        tokens.revoke(token.id, now)


_WATCHED = ("versions", "due", "backups", "jobs", "jobs/<number>", "feeds", "queries", "<name>")
_DECIDED = ("figures", "settings", "links")
NEEDED: dict[str, Permission] = {
    **dict.fromkeys(
        (
            *("/steward", "/steward/portals", "/steward/register.<ending>", "/metrics"),
            *("/steward/agreements", "/steward/agreements/<party>", "/steward/jobs/new"),
            *("/steward/history", "/steward/history/<number>"),
            *(f"/steward/{name}" for name in _WATCHED),
            *(f"/steward/{name}.<ending>" for name in _WATCHED),
        ),
        Permission.WATCH,
    ),
    **dict.fromkeys(
        (
            *("/steward/queue", "/steward/queue/<name>", "/steward/columns", "/steward/text"),
            *("/steward/questions", "/steward/questions/<name>"),
            *("/steward/people", "/steward/tokens", "/steward/outbox", "/steward/requests"),
            *("/steward/partners", "/steward/partners/<name>"),
            *("/steward/projects", "/steward/projects/<slug>"),
            *("/steward/rounds", "/steward/rounds/<project>/<number>"),
            *(f"/steward/{name}" for name in _DECIDED),
            *(f"/steward/{name}.<ending>" for name in _DECIDED),
        ),
        Permission.DECIDE,
    ),
    **dict.fromkeys(("/replica/manifest.json", "/replica/<number>/<name>"), Permission.COPY),
    **dict.fromkeys(
        (
            *("/drafts", "/drafts/<name>", "/drafts/<name>/mapping", "/drafts/<name>/mapping.yml"),
            *("/drafts/<name>/agreement", "/drafts/<name>/submission"),
        ),
        Permission.EDIT,
    ),
    **dict.fromkeys(("/give/<name>", "/box-office/<dataset>/missing"), Permission.SUBMIT),
    "/people": Permission.INVITE,
    **dict.fromkeys(
        (
            *("/account/queries", "/organization/agreements", "/organization/requests"),
            "/requests/<name>",
            *("/organization/questions", "/organization/questions/<name>"),
            *("/requests/<name>/law25", "/requests/<name>/law25/assessment"),
            "/requests/<name>/law25/document",
        ),
        Permission.OWN,
    ),
}
"""The permission that each route needs to be read; every other route answers everybody."""
SECURE = {"/login", "/invitation/<code>", "/login/oidc", "/login/oidc/callback"}
"""The routes that refuse everybody over plain http from another machine, as this pool is served."""


def may_open(caller: Caller, rule: str) -> bool:
    """Return whether a route answers somebody otherwise than by a refusal."""
    if rule in {"/account", "/notices"}:
        return caller.is_person
    if rule == "/box-office/<dataset>":
        return bool(caller.party)
    if rule == "/organization/agreements" and caller.party == HOST:
        return False  # it signs on the page of each party
    return rule not in SECURE and (rule not in NEEDED or NEEDED[rule] in caller.permissions)


def list_some(served: Served) -> Iterator[Probe]:
    """Yield addresses of every rule: of those for some alone all, of the others one.

    What these show of data depends on the party alone, which `test_leaks` tries on all of them.
    """
    seen = set()
    for probe in served.probes:
        key = (probe.rule, probe.subject)
        is_wanted = probe.subject in SUBJECTS and probe.ending in COMMON_ENDINGS
        if not is_wanted or probe.rule in STATIC_RULES or probe.rule == "/logout":
            continue
        if key not in seen or probe.rule in NEEDED:
            seen.add(key)
            yield probe


@pytest.mark.parametrize("caller", [NOBODY, *PEOPLE, *SCOPES], indirect=True, ids=" ".join)
def test_every_role_sees_on_every_route_what_the_tables_say(served: Served, caller: Caller) -> None:
    """And the words of data only where the party may read them; who watches sees their names."""
    wrong, leaks = [], []
    for probe in list_some(served):
        text = read_response(caller.ask(f"{SITE}{probe.address}", Accept=PAGE))
        if text.startswith("403") == may_open(caller, probe.rule):
            wrong.append((probe.address, text[:3]))
        assert "Traceback" not in text
        if caller.party == HOST and probe.rule in {*NEEDED, *OWN_USES, OWN_PAGE}:
            continue  # the third party's own pages, and those for it, name all that there is
        if find_leaks(caller.party, probe, text) | find_figures(caller.party, served, text):
            leaks.append(probe.address)
    assert not wrong
    assert not leaks
