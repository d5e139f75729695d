"""Requests for access: granted, declined, expired, withdrawn, and answered at once by a rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from parvis.config import Settings, clock
from parvis.errors import InputError, UnknownThing, UsageError
from parvis.governance import READ, Reader, RequestState, decide
from parvis.ledger import SHELL, Act, Audit, Author, Membership, Person, Request, Requests
from parvis.pooling.pool import Pool
from parvis.pooling.serving.readers import Readers
from parvis.pooling.serving.service import PoolService
from parvis.pooling.stewardship.agreements import sign
from parvis.pooling.stewardship.requests import requesting as verbs
from parvis.pooling.stewardship.requests.odrl import write_request
from parvis.pooling.stewardship.requests.standing_offers import (
    add_standing_offer,
    describe_standing_offer,
    end_standing_offer,
)
from parvis.pooling.stewardship.retention import expire
from parvis.vocab.iris import DatasetKey

BASE = "http://pool.test/"
RESEARCHER, THEATRE = f"{BASE}id/party/chercheuse", f"{BASE}id/partner/theatre-b"
TICKETS, RESERVE = (f"{BASE}id/dataset/theatre-b/{name}" for name in ("billets", "reserve"))
ASKING, OWNING = Author(RESEARCHER, "editor", "p-1"), Author(THEATRE, "editor", "p-2")
PURPOSE = "https://w3id.org/dpv#AcademicResearch"
TODAY = datetime.now(UTC).date()
UNTIL = TODAY + timedelta(days=200)
DRAFT = "theatre-b/agreement.draft.ttl"


def ask(service: PoolService, subject: str = TICKETS, author: Author = ASKING) -> Request:
    wish = verbs.read_wish(subject, "AcademicResearch", UNTIL.isoformat(), "Une thèse.")
    (request,) = verbs.request_access(service, Reader(author.party), author, wish)
    return request


def test_a_request_that_is_granted_opens_the_dataset_once_the_agreement_is_signed(
    settings: Settings, service: PoolService
) -> None:
    """The offer is narrower than the request: the agreement says what was offered."""
    request = ask(service)
    assert (request.state, request.owner) == ("waiting", THEATRE)
    offered = UNTIL - timedelta(days=100)
    verbs.offer_access(settings, request.id, OWNING, until=offered.isoformat(), words="Un an.")
    assert verbs.accept_offer(settings, request.id, ASKING).state == "agreed"
    draft = (settings.catalog / DRAFT).read_text(encoding="utf-8")
    assert "recherche universitaire" in draft
    assert "academic research" in draft
    with Pool.open(settings) as pool:
        assert not verbs.settle_requests(pool).granted
    role = {"fr": "direction", "en": "management"}
    sign(settings, "theatre-b", None, role, TODAY)
    with Pool.open(settings) as pool:
        (granted,) = verbs.settle_requests(pool).granted
        assert (granted.id, granted.state, granted.due) == (request.id, "granted", None)
        reader = Reader(RESEARCHER)
        policies, now = pool.catalog.policies, datetime.now(UTC)
        assert decide(policies, reader, READ, TICKETS, now, purpose=PURPOSE).allowed
        assert not decide(policies, reader, READ, TICKETS, now).allowed
        late = datetime.combine(offered, datetime.min.time(), UTC) + timedelta(days=2)
        assert not decide(policies, reader, READ, TICKETS, late, purpose=PURPOSE).allowed
    requests = Requests(settings.data)
    acts = [change.act for change in requests.history(request.id)]
    assert acts == ["make", "offer", "accept", "grant"]
    # Who signs in at the party reads for what it was granted; nobody else does.
    latest = requests.latest(RESEARCHER, TICKETS, now)
    assert latest is not None
    assert latest.state == "granted"
    for party, purposes in ((RESEARCHER, {PURPOSE}), (THEATRE, set())):
        person = Person("p-1", Membership(party, "editor"), now)
        assert Readers(settings).of_person(person, late).reader.purposes == purposes
    trail = Audit(settings.data).latest([Act.REQUEST], 9)
    assert [link.entry.get("person") for link in trail] == [None, "p-1", "p-2", "p-1"]


def test_an_accepted_offer_is_drafted_once_whatever_was_interrupted(
    settings: Settings, service: PoolService, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = ask(service)
    verbs.offer_access(settings, request.id, OWNING, until="")

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Requests, "change", fail)
        with pytest.raises(KeyboardInterrupt):
            verbs.accept_offer(settings, request.id, ASKING)
    verbs.accept_offer(settings, request.id, ASKING)
    draft = (settings.catalog / DRAFT).read_text(encoding="utf-8")
    assert draft.count(f"# Demande / Request {request.id}") == 1


def test_a_request_is_declined_with_a_reason_that_who_asked_reads(
    settings: Settings, service: PoolService
) -> None:
    request = ask(service)
    with pytest.raises(UsageError):
        verbs.decline_request(settings, request.id, OWNING, "  ")
    verbs.decline_request(settings, request.id, OWNING, "Pas cette saison.")
    view = verbs.read_request(settings, request.id, RESEARCHER, watching=False)
    assert (view.request.state, view.request.reason) == ("declined", "Pas cette saison.")
    assert not view.acts
    with pytest.raises(UsageError):
        verbs.offer_access(settings, request.id, OWNING, until="")


def test_a_request_that_is_withdrawn_after_the_agreement_leaves_no_clause(
    settings: Settings, service: PoolService
) -> None:
    request = ask(service)
    verbs.offer_access(settings, request.id, OWNING, until="")
    verbs.accept_offer(settings, request.id, ASKING)
    verbs.withdraw_request(settings, request.id, ASKING)
    draft = (settings.catalog / DRAFT).read_text(encoding="utf-8")
    current = (settings.catalog / "theatre-b" / "agreement.ttl").read_text(encoding="utf-8")
    assert draft.strip() == current.strip()


def test_a_request_expires_at_its_deadline_when_read_and_for_good_by_the_daily_job(
    settings: Settings, service: PoolService
) -> None:
    request = ask(service)
    assert request.due is not None
    due = request.due
    with clock.set_clock(lambda: due - timedelta(seconds=1)):
        assert verbs.list_requests(settings, THEATRE)[0].request.state == "waiting"
    with clock.set_clock(lambda: due):
        assert verbs.list_requests(settings, THEATRE)[0].request.state == "expired"
        with pytest.raises(UsageError):
            verbs.offer_access(settings, request.id, OWNING, until="")
        with Pool.open(settings) as pool:
            expire(pool, due)
    assert Requests(settings.data).require(request.id).state == RequestState.EXPIRED


def test_only_its_own_side_may_act(settings: Settings, service: PoolService) -> None:
    request = ask(service)
    stranger = Author(f"{BASE}id/partner/tiers", "editor")
    for author in (ASKING, stranger):
        with pytest.raises(UsageError):
            verbs.offer_access(settings, request.id, author, until="")
    with pytest.raises(UsageError):
        verbs.withdraw_request(settings, request.id, OWNING)
    with pytest.raises(UsageError):
        verbs.accept_offer(settings, request.id, ASKING)
    verbs.offer_access(settings, request.id, SHELL, until="")
    with pytest.raises(UsageError):
        verbs.accept_offer(settings, request.id, OWNING)


def test_what_may_not_be_known_of_cannot_be_asked_for(service: PoolService) -> None:
    """It is answered word for word as what does not exist."""
    answers = set()
    for subject in (RESERVE, TICKETS.replace("billets", "rien")):
        with pytest.raises(UnknownThing) as error:
            ask(service, subject)
        answers.add(str(error.value).replace("reserve", "rien"))
    assert len(answers) == 1
    for subject, author in ((TICKETS.replace("billets", "spectacles"), ASKING), (TICKETS, OWNING)):
        with pytest.raises(UsageError):
            ask(service, subject, author)


def test_nobody_else_reads_a_request(settings: Settings, service: PoolService) -> None:
    request = ask(service)
    for name in (request.id, "0" * 16):
        with pytest.raises(UnknownThing) as error:
            verbs.read_request(settings, name, f"{BASE}id/partner/tiers", watching=False)
        assert str(error.value) == f"there is no request {name}"
    assert not verbs.list_requests(settings, f"{BASE}id/partner/tiers")
    assert verbs.read_request(settings, request.id, "", watching=True).request == request


def test_a_show_is_asked_of_the_partners_that_describe_it(
    settings: Settings, service: PoolService
) -> None:
    """The owner chooses which of its datasets it offers."""
    request = ask(service, f"{BASE}id/event/theatre-b/soeurs")
    assert request.owner == THEATRE
    with pytest.raises(UsageError):
        verbs.offer_access(settings, request.id, OWNING, until="")
    for dataset in ("tiers/rien", "theatre-b/rien"):
        with pytest.raises(UsageError):
            verbs.offer_access(settings, request.id, OWNING, until="", dataset=dataset)
    changed = verbs.offer_access(
        settings, request.id, OWNING, until="", dataset="theatre-b/billets"
    )
    assert changed.offer is not None
    assert changed.offer.dataset == TICKETS


def test_a_rule_of_the_owner_answers_at_once(settings: Settings, service: PoolService) -> None:
    """Until it is ended; for those alone whom it names, and no longer than it says."""
    key = DatasetKey("theatre-b", "billets")
    agent = "https://w3id.org/parvis/concept/organization-type/museum"
    for audience in ("everyone", "https://x.example/"):
        with pytest.raises(UsageError):
            add_standing_offer(settings, THEATRE, key, audience, 30, OWNING)
    with pytest.raises(UsageError):
        add_standing_offer(settings, f"{BASE}id/partner/tiers", key, "members", 30, OWNING)
    add_standing_offer(settings, THEATRE, key, agent, 30, OWNING)
    assert ask(service).state == "waiting"  # a researcher of no kind is no museum
    project = f"{BASE}id/project/saison"
    rule = add_standing_offer(settings, THEATRE, key, project, 30, OWNING)
    assert "30" in describe_standing_offer(service.snapshot(), rule)["fr"]
    assert ask(service).state == "waiting"
    member = replace(service.snapshot().projects["saison"], members=(RESEARCHER,))
    service.snapshot().projects["saison"] = member
    offered = ask(service)
    assert (offered.state, offered.requester) == ("offered", RESEARCHER)
    assert offered.offer is not None
    assert (offered.offer.rule, offered.offer.until) == (rule.id, TODAY + timedelta(days=30))
    end_standing_offer(settings, rule.id, THEATRE, OWNING)
    with pytest.raises(UnknownThing):
        end_standing_offer(settings, rule.id, THEATRE, OWNING)
    assert ask(service).state == "waiting"


@pytest.mark.parametrize(
    ("purpose", "until", "message"),
    [
        ("Curiosity", UNTIL.isoformat(), "x"),
        ("AcademicResearch", "demain", "x"),
        ("AcademicResearch", "2020-01-01", "x"),
        ("AcademicResearch", "2999-01-01", "x"),
        ("AcademicResearch", UNTIL.isoformat(), " \n "),
    ],
)
def test_a_wish_that_says_too_little_is_refused_in_words(
    purpose: str, until: str, message: str
) -> None:
    with pytest.raises(InputError):
        verbs.read_wish(TICKETS, purpose, until, message)


def test_a_request_is_written_in_odrl(settings: Settings, service: PoolService) -> None:
    request = ask(service)
    verbs.offer_access(settings, request.id, OWNING, until="")
    graph = write_request(Requests(settings.data).require(request.id), BASE)
    odrl = "http://www.w3.org/ns/odrl/2/"
    answer = graph.query(
        f"PREFIX odrl: <{odrl}> ASK {{ ?request a odrl:Request ; odrl:permission ?p ."
        f" ?p odrl:target <{TICKETS}> ; odrl:assignee <{RESEARCHER}> ; odrl:assigner <{THEATRE}> ."
        f" ?p odrl:constraint/odrl:rightOperand <{PURPOSE}> . ?offer a odrl:Offer }}"
    )
    assert answer.askAnswer


def test_a_party_is_not_told_which_person_of_the_other_did_something(
    settings: Settings, service: PoolService
) -> None:
    """Its pseudonyms are for its own people, and for who watches over the pool."""
    request = ask(service)
    for party, watching, person in (
        (RESEARCHER, False, ASKING.person),
        (THEATRE, False, None),
        ("urn:steward", True, ASKING.person),
    ):
        view = verbs.read_request(settings, request.id, party, watching=watching)
        assert [change.person for change in view.history] == [person]
