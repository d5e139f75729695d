"""Texts of the steward: added, signed, closed; none is overwritten or incomplete."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from parvis.catalog.folder import Catalog
from parvis.config import Settings
from parvis.errors import CatalogError, PolicyError, UnknownThing, UsageError
from parvis.governance import READ, Reader, decide
from parvis.i18n import LANGUAGES, explain
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService
from parvis.pooling.stewardship import entries as adding
from parvis.pooling.stewardship.agreements import agreements, sign
from parvis.pooling.stewardship.projects import close
from parvis.pooling.stewardship.retention import withdraw
from parvis.pooling.texts import writing
from parvis.store.files import move
from parvis.vocab.iris import DatasetKey

ROLE = {"fr": "direction générale", "en": "executive director"}
TEXT = {"fr": "Les visites du « musée »,\nmois par mois.", "en": 'The "museum" \\ by month.'}
CC = "https://creativecommons.org/licenses/by/4.0/"
DAY = date(2026, 10, 1)
NOW = datetime.now(UTC)
LEARNED = {"fr": "Qui vient, et d’où.", "en": "Who comes, and from where."}


def read_catalogue(settings: Settings) -> dict[str, str]:
    """Return every file of the catalogue folder with its text."""
    files = (path for path in settings.catalog.rglob("*.ttl"))
    return {str(path.relative_to(settings.catalog)): path.read_text("utf-8") for path in files}


@pytest.fixture
def museum_settings(settings: Settings) -> Settings:
    """Return the settings of a pool with an added museum, its dataset and a project."""
    adding.add_partner(settings, "musee", {"fr": "Le musée", "en": "The museum"}, "museum", "")
    adding.add_dataset(settings, DatasetKey("musee", "visites"), TEXT, TEXT, CC)
    first, last = date(2026, 1, 1), date(2027, 1, 1)
    adding.add_project(settings, "p", TEXT, TEXT, start=first, end=last, members=["musee"])
    return settings


def test_added_records_are_read_with_their_complete_texts(museum_settings: Settings) -> None:
    """Quotes and backslashes are preserved; a line break becomes a space."""
    catalog = Catalog.load(museum_settings.catalog, museum_settings.base)
    dataset = catalog.require(DatasetKey("musee", "visites"))
    assert dataset.title == {"fr": "Les visites du « musée », mois par mois.", "en": TEXT["en"]}
    assert catalog.projects["p"].members == (museum_settings.base + "id/partner/musee",)


def test_nothing_is_overwritten_and_nothing_invalid_is_written(museum_settings: Settings) -> None:
    """An existing partner, an invalid name, an unknown kind, a draft of a non-member."""
    before, names = read_catalogue(museum_settings), {"fr": "X", "en": "X"}
    with pytest.raises(UsageError, match="exists already"):
        adding.add_partner(museum_settings, "musee", names, "museum", "")
    with pytest.raises(UsageError, match="is no name"):
        adding.add_partner(museum_settings, "Musée/..", names, "museum", "")
    with pytest.raises(UnknownThing, match="no kind of organisation"):
        adding.add_partner(museum_settings, "autre", names, "musem", "")
    with pytest.raises(UsageError, match="no IRI"):
        adding.add_partner(museum_settings, "autre", names, "museum", "https://x.example/> . <y")
    with pytest.raises(CatalogError, match="no member of the project"):
        adding.add_agreement(museum_settings, "theatre-b", "p", None)
    assert read_catalogue(museum_settings) == before


def test_a_draft_is_not_in_force_until_it_is_signed(museum_settings: Settings) -> None:
    """From its signature on, the museum may read its own dataset."""
    iri = f"{museum_settings.base}id/dataset/musee/visites"
    reader = Reader(f"{museum_settings.base}id/partner/musee")

    def may_read() -> bool:
        policies = Pool.open(museum_settings).catalog.policies
        return decide(policies, reader, READ, iri, NOW).allowed

    (draft,) = adding.add_agreement(museum_settings, "musee", "p", None)
    assert not may_read()
    signature = sign(museum_settings, "musee", "p", ROLE, DAY)
    assert may_read()
    assert not draft.exists()
    assert (signature["version"], signature["signed"]) == ("1", "2026-10-01")


def test_a_new_version_starts_from_the_former_one_which_is_preserved(
    museum_settings: Settings,
) -> None:
    """The draft is what is signed; the hash is of the text above the signature."""
    adding.add_agreement(museum_settings, "musee", "p", None)
    sign(museum_settings, "musee", "p", ROLE, DAY)
    first = (museum_settings.catalog / "musee" / "agreement-p.ttl").read_text("utf-8")
    (draft,) = adding.add_agreement(museum_settings, "musee", "p", None)
    assert first.startswith(draft.read_text("utf-8"))
    text = draft.read_text("utf-8").replace("odrl:read , parvis:discover", "parvis:discover", 1)
    draft.write_text(text, "utf-8")
    signature = sign(museum_settings, "musee", "p", ROLE, DAY)
    assert (museum_settings.catalog / "musee" / "agreement-p.v1.ttl").read_text("utf-8") == first
    signed = (museum_settings.catalog / "musee" / "agreement-p.ttl").read_text("utf-8")
    above = signed[: signed.index("# ── Signature")]
    assert signature["hash"] == hashlib.sha256(above.encode()).hexdigest()
    assert [agreement["state"] for agreement in agreements(museum_settings, "musee")] == [
        "in force",
        "v1",
    ]
    with pytest.raises(UsageError, match="signed already"):
        sign(museum_settings, "musee", "p", ROLE, DAY)


def test_a_refusal_of_what_everyone_may_read_is_not_signed(museum_settings: Settings) -> None:
    """Its kind would read it without signing in; permitted to members, it is a refusal."""
    (draft,) = adding.add_agreement(museum_settings, "musee", "p", None)
    target = "<id/dataset/musee/visites>"
    kind = "<https://w3id.org/parvis/concept/organization-type/presenter>"
    rules = (
        f"odrl:prohibition [ odrl:target {target} ; odrl:assignee {kind} ; odrl:action odrl:use ] ;"
        f"\n  odrl:permission [ odrl:target {target} ; odrl:assignee parvis:everyone ;"
        " odrl:action odrl:read ] ;\n  odrl:permission"
    )
    text = draft.read_text("utf-8").replace("odrl:permission", rules, 1)
    draft.write_text(text, "utf-8")
    before = read_catalogue(museum_settings)
    with pytest.raises(PolicyError, match="without signing in"):
        sign(museum_settings, "musee", "p", ROLE, DAY)
    assert read_catalogue(museum_settings) == before
    draft.write_text(text.replace("parvis:everyone", "parvis:members"), "utf-8")
    assert sign(museum_settings, "musee", "p", ROLE, DAY)["version"] == "1"


def test_a_signed_text_that_was_changed_is_refused(museum_settings: Settings) -> None:
    """Even by a comment."""
    adding.add_agreement(museum_settings, "musee", None, None)
    sign(museum_settings, "musee", None, ROLE, DAY)
    file = museum_settings.catalog / "musee" / "agreement.ttl"
    file.write_text(f"# plus\n{file.read_text('utf-8')}", "utf-8")
    with pytest.raises(CatalogError, match="has changed since it was signed") as raised:
        Pool.open(museum_settings)
    assert "signature" in explain(raised.value, "fr")


def test_a_draft_outside_the_charter_is_refused(museum_settings: Settings) -> None:
    """The error names the term and the path in the catalogue folder."""
    adding.add_agreement(museum_settings, "musee", None, None)
    draft = museum_settings.catalog / "musee" / "agreement.draft.ttl"
    invalid = museum_settings.catalog.parent / "odd.ttl"
    invalid.write_text(draft.read_text("utf-8").replace("odrl:read", "odrl:play", 1), "utf-8")
    draft.unlink()
    before = read_catalogue(museum_settings)
    with pytest.raises(PolicyError, match="odrl/2/play"):
        adding.add_agreement(museum_settings, "musee", None, invalid)
    invalid.write_text("this is not Turtle", "utf-8")
    with pytest.raises(CatalogError) as raised:
        adding.add_agreement(museum_settings, "musee", None, invalid)
    assert str(museum_settings.catalog / "musee" / "agreement.ttl") in str(raised.value)
    assert read_catalogue(museum_settings) == before


def test_an_interrupted_signature_is_completed_before_anything_reads_it(
    museum_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The remaining draft is deleted, the former version is kept, and no text has two versions."""
    adding.add_agreement(museum_settings, "musee", "p", None)
    sign(museum_settings, "musee", "p", ROLE, DAY)
    (draft,) = adding.add_agreement(museum_settings, "musee", "p", None)
    draft.write_text(f"{draft.read_text('utf-8')}# plus\n", "utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(writing, "move", _move_or_die)
        with pytest.raises(KeyboardInterrupt):
            sign(museum_settings, "musee", "p", ROLE, DAY)
    folder = museum_settings.catalog / "musee"
    assert draft.exists()
    assert (folder / "agreement-p.v1.ttl").exists()
    Pool.open(museum_settings)
    assert not draft.exists()
    assert "# plus" in (folder / "agreement-p.ttl").read_text("utf-8")
    assert (folder / "agreement-p.v1.ttl").exists()
    assert not (folder / "agreement-p.v2.ttl").exists()


def _move_or_die(temporary: Path, file: Path) -> None:
    """Write the former version, and die before the new one."""
    if file.name == "agreement-p.ttl":
        raise KeyboardInterrupt
    move(temporary, file)


def test_a_researcher_has_her_own_agreement(settings: Settings) -> None:
    """It opens datasets of the third party."""
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
def project_settings(published: Pool) -> Settings:
    """Return the settings of the published pool, with the theatre's agreement in a project."""
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
    # Another member, since a partner always reads its own data.
    adding.add_partner(published.settings, "musee", TEXT, "museum", "")
    partner = published.settings.catalog / "musee" / "partner.ttl"
    membership = "<http://www.w3.org/ns/odrl/2/partOf> parvis:members"
    text = f"{partner.read_text('utf-8')}\n<id/partner/musee> {membership} .\n"
    partner.write_text(text, "utf-8")
    with Pool.open(published.settings) as pool:
        publish(pool)
    return published.settings


def test_closing_a_project_preserves_what_survives_and_lists_what_is_due(
    project_settings: Settings,
) -> None:
    """Open datasets survive; members lose the others at that instant; nothing is deleted."""
    at = datetime.now(UTC).replace(microsecond=0)
    with Pool.open(project_settings) as pool:
        closing = close(pool, "saison", LEARNED, at)
    states = {
        dataset["dataset"]: (dataset["state"], dataset["survives"])
        for dataset in closing["datasets"]
    }
    assert states == {
        "theatre-b/spectacles": ("kept", True),
        "theatre-b/billets": ("later", False),
        "theatre-b/reserve": ("kept", False),
    }
    service, member = (
        PoolService(project_settings),
        Reader(f"{project_settings.base}id/partner/musee"),
    )
    try:
        assert closing["generation"] == 3
        cards = {card.key.dataset: card.readable for card in service.datasets(member)}
        assert cards == {"spectacles": True}
        assert service.find_project("saison").learned == LEARNED
        assert "Who comes" in service.snapshot().project_graph("saison").serialize()
    finally:
        service.close()
    report = (project_settings.catalog / "projects" / "saison.closing.md").read_text("utf-8")
    assert "31 décembre 2030" in report or "1er janvier 2031" in report
    with Pool.open(project_settings) as pool, pytest.raises(UsageError, match="closed already"):
        close(pool, "saison", LEARNED, at)


def test_a_project_may_be_closed_in_advance(project_settings: Settings) -> None:
    """Until then everything is readable, and no job needs to run at the closing."""
    at = (NOW + timedelta(days=30)).replace(microsecond=0)
    with Pool.open(project_settings) as pool:
        close(pool, "saison", LEARNED, at)
        policies = Pool.open(replace(project_settings)).catalog.policies
    member = Reader(f"{project_settings.base}id/partner/musee")
    target = f"{project_settings.base}id/dataset/theatre-b/reserve"
    assert decide(policies, member, READ, target, at - timedelta(seconds=1)).allowed
    assert not decide(policies, member, READ, target, at).allowed


def test_the_closing_report_names_certificates_of_earlier_deletions(
    project_settings: Settings,
) -> None:
    with Pool.open(project_settings) as pool:
        withdrawal = withdraw(pool, "theatre-b/reserve", {})
        close(pool, "saison", LEARNED, datetime.now(UTC).replace(microsecond=0))
    report = (project_settings.catalog / "projects" / "saison.closing.md").read_text("utf-8")
    reference = f"certificate/{withdrawal.proofs[-1].hash[:16]}"
    assert report.count(reference) == len(LANGUAGES)
