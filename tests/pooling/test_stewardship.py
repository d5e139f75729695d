"""The steward's texts: added, signed, closed; none is overwritten, and none is half written."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from parvis.catalog import Catalog
from parvis.config import Settings
from parvis.errors import CatalogError, PolicyError, UnknownThing, UsageError
from parvis.governance import READ, Reader, decide
from parvis.i18n import LANGUAGES, explain
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.projects import find_project, project_graph
from parvis.pooling.serving.service import PoolService
from parvis.pooling.stewardship import entries as adding
from parvis.pooling.stewardship.projects import close
from parvis.pooling.stewardship.retention import withdraw
from parvis.pooling.stewardship.signatures import agreements, sign
from parvis.vocab.iris import DatasetKey

ROLE = {"fr": "direction générale", "en": "executive director"}
TEXT = {"fr": "Les visites du « musée »,\nmois par mois.", "en": 'The "museum" \\ by month.'}
CC = "https://creativecommons.org/licenses/by/4.0/"
DAY = date(2026, 10, 1)
NOW = datetime.now(UTC)
LEARNED = {"fr": "Qui vient, et d’où.", "en": "Who comes, and from where."}


def tree(settings: Settings) -> dict[str, str]:
    """Give every file of the catalogue folder with its text."""
    files = (one for one in settings.catalog.rglob("*.ttl"))
    return {str(one.relative_to(settings.catalog)): one.read_text("utf-8") for one in files}


@pytest.fixture
def museum(settings: Settings) -> Settings:
    """Give a pool to which a museum, its dataset and a project were added."""
    adding.add_partner(settings, "musee", {"fr": "Le musée", "en": "The museum"}, "museum", "")
    adding.add_dataset(settings, DatasetKey("musee", "visites"), TEXT, TEXT, CC)
    first, last = date(2026, 1, 1), date(2027, 1, 1)
    adding.add_project(settings, "p", TEXT, TEXT, start=first, end=last, members=["musee"])
    return settings


def test_what_is_added_is_read_with_its_texts_whole(museum: Settings) -> None:
    """Quotes and backslashes stay what they are; a line break is a space."""
    catalog = Catalog.load(museum.catalog, museum.base)
    dataset = catalog.require(DatasetKey("musee", "visites"))
    assert dataset.title == {"fr": "Les visites du « musée », mois par mois.", "en": TEXT["en"]}
    assert catalog.projects["p"].members == (museum.base + "id/partner/musee",)


def test_nothing_is_overwritten_and_nothing_unfit_is_written(museum: Settings) -> None:
    """A second partner of the name, a slug that is none, an unknown kind, a stranger's draft."""
    before, names = tree(museum), {"fr": "X", "en": "X"}
    with pytest.raises(UsageError, match="exists already"):
        adding.add_partner(museum, "musee", names, "museum", "")
    with pytest.raises(UsageError, match="is no name"):
        adding.add_partner(museum, "Musée/..", names, "museum", "")
    with pytest.raises(UnknownThing, match="no kind of organisation"):
        adding.add_partner(museum, "autre", names, "musem", "")
    with pytest.raises(UsageError, match="no IRI"):
        adding.add_partner(museum, "autre", names, "museum", "https://x.example/> . <y")
    with pytest.raises(CatalogError, match="no member of the project"):
        adding.add_agreement(museum, "theatre-b", "p", None)
    assert tree(museum) == before


def test_a_draft_is_not_in_force_until_it_is_signed(museum: Settings) -> None:
    """The museum may read its own dataset from the signature on."""
    iri = f"{museum.base}id/dataset/musee/visites"
    reader = Reader(f"{museum.base}id/partner/musee")

    def may() -> bool:
        policies = Pool.open(museum).catalog.policies
        return decide(policies, reader, READ, iri, NOW).allowed

    (draft,) = adding.add_agreement(museum, "musee", "p", None)
    assert not may()
    told = sign(museum, "musee", "p", ROLE, DAY)
    assert may()
    assert not draft.exists()
    assert (told["version"], told["signed"]) == ("1", "2026-10-01")


def test_a_new_version_begins_as_the_one_before_which_is_kept(museum: Settings) -> None:
    """What is signed is what was drafted, its hash that of the text above the signature."""
    adding.add_agreement(museum, "musee", "p", None)
    sign(museum, "musee", "p", ROLE, DAY)
    first = (museum.catalog / "musee" / "agreement-p.ttl").read_text("utf-8")
    (draft,) = adding.add_agreement(museum, "musee", "p", None)
    assert first.startswith(draft.read_text("utf-8"))
    text = draft.read_text("utf-8").replace("odrl:read , parvis:discover", "parvis:discover", 1)
    draft.write_text(text, "utf-8")
    told = sign(museum, "musee", "p", ROLE, DAY)
    assert (museum.catalog / "musee" / "agreement-p.v1.ttl").read_text("utf-8") == first
    signed = (museum.catalog / "musee" / "agreement-p.ttl").read_text("utf-8")
    above = signed[: signed.index("# ── Signature")]
    assert told["hash"] == hashlib.sha256(above.encode()).hexdigest()
    assert [one["state"] for one in agreements(museum, "musee")] == ["in force", "v1"]
    with pytest.raises(UsageError, match="signed already"):
        sign(museum, "musee", "p", ROLE, DAY)


def test_a_signed_text_that_has_changed_is_refused(museum: Settings) -> None:
    """One word more above the signature, in a comment, is enough."""
    adding.add_agreement(museum, "musee", None, None)
    sign(museum, "musee", None, ROLE, DAY)
    file = museum.catalog / "musee" / "agreement.ttl"
    file.write_text(f"# plus\n{file.read_text('utf-8')}", "utf-8")
    with pytest.raises(CatalogError, match="has changed since it was signed") as raised:
        Pool.open(museum)
    assert "signature" in explain(raised.value, "fr")


def test_a_draft_outside_the_charter_is_refused_when_it_is_added(museum: Settings) -> None:
    """The error names the term, and the catalogue folder rather than where it was tried."""
    adding.add_agreement(museum, "musee", None, None)
    draft = museum.catalog / "musee" / "agreement.draft.ttl"
    odd = museum.catalog.parent / "odd.ttl"
    odd.write_text(draft.read_text("utf-8").replace("odrl:read", "odrl:play", 1), "utf-8")
    draft.unlink()
    before = tree(museum)
    with pytest.raises(PolicyError, match="odrl/2/play"):
        adding.add_agreement(museum, "musee", None, odd)
    odd.write_text("this is not Turtle", "utf-8")
    with pytest.raises(CatalogError) as raised:
        adding.add_agreement(museum, "musee", None, odd)
    assert str(museum.catalog / "musee" / "agreement.ttl") in str(raised.value)
    assert tree(museum) == before


def test_a_signature_cut_short_is_finished_by_signing_again(museum: Settings) -> None:
    """The draft that was left behind goes; there is no second version of one text."""
    (draft,) = adding.add_agreement(museum, "musee", "p", None)
    text = draft.read_text("utf-8")
    sign(museum, "musee", "p", ROLE, DAY)
    draft.write_text(text, "utf-8")
    assert sign(museum, "musee", "p", ROLE, DAY)["version"] == "1"
    assert not draft.exists()
    draft.write_text(f"{text}# plus\n", "utf-8")
    folder = museum.catalog / "musee"
    (folder / "agreement-p.v1.ttl").write_bytes((folder / "agreement-p.ttl").read_bytes())
    assert sign(museum, "musee", "p", ROLE, DAY)["version"] == "2"
    assert not (folder / "agreement-p.v2.ttl").exists()


def test_a_researcher_has_an_agreement_of_her_own(settings: Settings) -> None:
    """The third party opens to her what is its own."""
    adding.add_party(settings, "labo", {"fr": "Le labo", "en": "The lab"}, "")
    with pytest.raises(UsageError, match="no dataset of its own"):
        adding.add_agreement(settings, "labo", None, None)
    adding.add_dataset(settings, DatasetKey("tiers", "cube"), TEXT, TEXT, CC)
    adding.add_agreement(settings, "labo", None, None)
    sign(settings, "labo", None, ROLE, DAY)
    policies = Pool.open(settings).catalog.policies
    target = f"{settings.base}id/dataset/tiers/cube"
    assert decide(policies, Reader(f"{settings.base}id/party/labo"), READ, target, NOW).allowed


@pytest.fixture
def joined(published: Pool) -> Settings:
    """Give the published pool, whose theatre's agreement is now part of a project."""
    file = published.settings.catalog / "theatre-b" / "agreement.ttl"
    text = file.read_text("utf-8").replace(
        "odrl:assigner", "dct:isPartOf <id/project/saison> ; odrl:assigner", 1
    )
    due = (
        " ;\n odrl:obligation [ odrl:target <id/dataset/theatre-b/billets> ;"
        " odrl:assignee parvis:host ; odrl:action odrl:delete ; odrl:constraint"
        " [ odrl:leftOperand odrl:dateTime ; odrl:operator odrl:gteq ;"
        ' odrl:rightOperand "2031-01-01T00:00:00-05:00"^^xsd:dateTime ] ] .\n'
    )
    text = text.rstrip().removesuffix(".") + due
    text = text.replace("odrl:assignee parvis:everyone ; odrl:action odrl:read",
                        "odrl:assignee parvis:everyone ; parvis:survivesClosing true ;"
                        " odrl:action odrl:read", 1)  # fmt: skip
    file.write_text(text, "utf-8")
    with Pool.open(published.settings) as pool:
        publish(pool)
    return published.settings


def test_closing_a_project_leaves_what_survives_and_tells_what_is_due(joined: Settings) -> None:
    """What everyone may read survives; members lose the rest at the instant; nothing is lost."""
    at = datetime.now(UTC).replace(microsecond=0)
    with Pool.open(joined) as pool:
        told = close(pool, "saison", LEARNED, at)
    states = {one["dataset"]: (one["state"], one["survives"]) for one in told["datasets"]}
    assert states == {
        "theatre-b/spectacles": ("kept", True),
        "theatre-b/billets": ("later", False),
        "theatre-b/reserve": ("kept", False),
    }
    host, member = PoolService(joined), Reader(f"{joined.base}id/partner/theatre-b")
    try:
        assert told["generation"] == 3
        cards = {card.key.dataset: card.readable for card in host.datasets(member)}
        assert cards == {"spectacles": True}
        assert find_project(host, "saison").learned == LEARNED
        assert "Who comes" in project_graph(host, "saison").serialize()
    finally:
        host.close()
    account = (joined.catalog / "projects" / "saison.closing.md").read_text("utf-8")
    assert "31 décembre 2030" in account or "1 janvier 2031" in account
    with Pool.open(joined) as pool, pytest.raises(UsageError, match="closed already"):
        close(pool, "saison", LEARNED, at)


def test_a_project_may_be_closed_at_an_instant_to_come(joined: Settings) -> None:
    """Until then everything stands, and no job needs to run when it comes."""
    at = (NOW + timedelta(days=30)).replace(microsecond=0)
    with Pool.open(joined) as pool:
        close(pool, "saison", LEARNED, at)
        policies = Pool.open(replace(joined)).catalog.policies
    member = Reader(f"{joined.base}id/partner/theatre-b")
    target = f"{joined.base}id/dataset/theatre-b/reserve"
    assert decide(policies, member, READ, target, at - timedelta(seconds=1)).allowed
    assert not decide(policies, member, READ, target, at).allowed


def test_what_was_destroyed_before_a_closing_is_told_with_its_certificate(joined: Settings) -> None:
    """Whoever reads the account finds the proof."""
    with Pool.open(joined) as pool:
        gone = withdraw(pool, "theatre-b/reserve", {})
        close(pool, "saison", LEARNED, datetime.now(UTC).replace(microsecond=0))
    account = (joined.catalog / "projects" / "saison.closing.md").read_text("utf-8")
    named = f"certificate/{gone.proofs[-1].hash[:16]}"
    assert account.count(named) == len(LANGUAGES)
