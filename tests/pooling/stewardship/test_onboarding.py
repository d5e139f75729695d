"""A partner's file is brought in by one step, and nothing is half done."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from parvis.catalog.folder import Catalog
from parvis.config import Settings
from parvis.errors import ParvisError, SourceError, UsageError
from parvis.governance.evaluation import may_reach
from parvis.governance.parties import EVERYONE
from parvis.ledger import SHELL
from parvis.pooling.intake.templates import init
from parvis.pooling.pool import Pool
from parvis.pooling.serving.access import explain_access
from parvis.pooling.stewardship.agreements import sign
from parvis.pooling.stewardship.onboarding import (
    ACCESS,
    OnboardingRequest,
    adopt_mapping,
    begin_dataset,
    explain_request,
    onboard,
)
from parvis.vocab.iris import DatasetKey

FILES = Path(__file__).parents[2] / "cases" / "recipes"
DAY = date(2026, 11, 29)
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
ROLE = {"fr": "direction", "en": "director"}
PUBLICS = "Année,0-17,18-34,65 et plus\n2024,120,340,80\n2025,130,350,90\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of a new pool."""
    init(tmp_path / "catalog")
    return Settings.load(data=tmp_path / "data", catalog=tmp_path / "catalog")


@pytest.fixture
def publics(tmp_path: Path) -> Path:
    file = tmp_path / "publics.csv"
    file.write_text(PUBLICS, encoding="utf-8")
    return file


def ask(**changes: Any) -> OnboardingRequest:  # noqa: ANN401 - any field
    """Return a request for a calendar, with changes."""
    fields = {"kind": "Diffuseur", "file": FILES / "icalendar.ics", "access": "members"}
    return OnboardingRequest("scene", **{**fields, **changes})


def list_files(settings: Settings) -> set[Path]:
    return set(settings.catalog.rglob("*"))


def test_a_file_is_checked_before_its_agreement_is_signed(settings: Settings) -> None:
    """The check says what is still needed; the record names an agreement that is a draft."""
    onboarding = onboard(settings, ask(), DAY)
    assert onboarding.outcome.accepted
    assert not onboarding.signed
    assert ["no agreement in force" in need["en"] for need in onboarding.outcome.needs] == [True]
    assert Catalog.load(settings.catalog, settings.base).datasets[onboarding.key].title["fr"]


@pytest.mark.parametrize("access", ACCESS)
def test_each_choice_of_access_opens_what_it_says(
    settings: Settings, publics: Path, access: str
) -> None:
    """To everyone, to another partner or to nobody, pooled figures too; the partner has a token."""
    stated = {"measure": "attendance", "method": "ticketing"}
    request = ask(
        file=publics, access=access, stated=stated, purpose="analytics", keep="P3Y", role=ROLE
    )
    onboarding = onboard(settings, request, DAY)
    key = onboarding.key
    assert onboarding.outcome.stored, list(onboarding.outcome.report.in_words("fr"))
    assert onboarding.signed
    assert onboarding.token is not None
    with Pool.open(settings) as pool:

        def may(reader: str) -> bool:
            return explain_access(pool, reader, str(key), "read", NOON, None).allowed

        assert may("scene")
        assert may("exemple") == (access in {"open", "members"})
        assert may("anonymous") == (access == "open")
        dataset = pool.catalog.datasets[key].iri
        everyone = may_reach(pool.catalog.policies, dataset, EVERYONE)
        assert everyone == (access in {"open", "aggregate"})


def test_a_kind_that_may_not_read_is_refused(settings: Settings) -> None:
    """What everyone reads cannot be refused to a kind."""
    with pytest.raises(UsageError, match="is refused what is for the members"):
        onboard(settings, ask(access="open", excluded=["Festival"]), DAY)


def test_a_second_file_extends_the_agreement(settings: Settings) -> None:
    """Its former version is kept; a draft is extended too."""
    onboard(settings, ask(role=ROLE), DAY)
    for name in ("openagenda.json", "geojson.geojson"):
        onboard(settings, ask(file=FILES / name, kind="", keep="P18M"), DAY)
    sign(settings, "scene", None, ROLE, DAY)
    with Pool.open(settings) as pool:
        policies = pool.catalog.policies
        datasets = [
            pool.catalog.datasets[DatasetKey("scene", name)]
            for name in ("icalendar", "openagenda", "geojson")
        ]
        assert all(policies.rules_on(dataset.iri) for dataset in datasets)
    assert (settings.catalog / "scene" / "agreement.v1.ttl").is_file()


def test_figures_on_publics_need_a_purpose_and_an_end(settings: Settings, publics: Path) -> None:
    """They are asked for before anything is written."""
    stated = {"measure": "attendance", "method": "ticketing"}
    before = list_files(settings)
    request = {"file": publics, "access": "aggregate", "stated": stated}
    for more, words in (({}, "--purpose"), ({"purpose": "analytics"}, "--keep")):
        with pytest.raises(UsageError, match=words):
            onboard(settings, ask(**request, **more), DAY)
    assert list_files(settings) == before


WRONG: dict[str, dict[str, Any]] = {
    "no kind": {"kind": ""},
    "an unknown kind": {"kind": "quincaillerie"},
    "a duration in words": {"keep": "trois ans"},
    "an absent file": {"file": Path("absent.csv")},
    "an unknown access": {"access": "amis"},
    "a name that is no folder": {"dataset": "../ailleurs"},
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_request_writes_nothing(settings: Settings, kind: str) -> None:
    before = list_files(settings)
    with pytest.raises(ParvisError):
        onboard(settings, ask(**WRONG[kind]), DAY)
    assert list_files(settings) == before


def test_a_file_of_customers_leaves_nothing(settings: Settings, tmp_path: Path) -> None:
    """Not even the partner's record."""
    file = tmp_path / "commandes.csv"
    file.write_text(
        "No commande,Prénom,Nom,Courriel\n1,Marie,Tremblay,marie.tremblay@courriel.example\n"
        "2,Luc,Gagnon,luc.gagnon@courriel.example\n",
        encoding="utf-8",
    )
    before = list_files(settings)
    with pytest.raises(SourceError, match="identifies persons"):
        onboard(settings, ask(file=file), DAY)
    assert list_files(settings) == before


def test_a_kind_that_may_not_read_figures_is_not_given_them_pooled(
    settings: Settings, publics: Path
) -> None:
    stated = {"measure": "attendance", "method": "ticketing"}
    request = ask(
        file=publics, stated=stated, purpose="analytics", keep="P3Y", excluded=["Festival"]
    )
    onboard(settings, request, DAY)
    assert "odrl:aggregate" not in (settings.catalog / "scene/agreement.draft.ttl").read_text()


def test_what_others_left_in_a_draft_is_not_signed_with_another_file(settings: Settings) -> None:
    """A signature is of what was read."""
    onboard(settings, ask(access="open"), DAY)
    with pytest.raises(UsageError, match="sign it first"):
        onboard(settings, ask(file=FILES / "spektrix.json", access="private", role=ROLE), DAY)


def test_without_accepted_data_there_is_no_token(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "programme.csv"
    file.write_text("Titre,Date\n,2026-11-07\n", encoding="utf-8")
    done = onboard(settings, ask(file=file, role=ROLE), DAY)
    assert (done.outcome.stored, done.signed, done.token) == (False, False, None)


def test_a_request_is_explained_in_words_before_anything_is_written(
    settings: Settings, publics: Path
) -> None:
    """In return for the same figures: only members who give them read them."""
    stated = {"measure": "attendance", "method": "ticketing"}
    request = ask(file=publics, stated=stated, purpose="analytics", keep="P3Y", in_return=True)
    before = list_files(settings)
    rules = [rule["en"] for rule in explain_request(settings, request)]
    assert list_files(settings) == before
    rule = "The members of the pool may read these data, in return for the same figures."
    assert rule in rules
    key, files = begin_dataset(settings, request)
    assert {file.name for file in files} == {
        *("partner.ttl", "dataset.ttl", "mapping.yml", "agreement.draft.ttl")
    }
    text = (settings.catalog / str(key) / "mapping.yml").read_text("utf-8")
    adopt_mapping(settings, key, publics, f"{text}# changed\n", SHELL)
    assert (settings.catalog / str(key) / "mapping.yml").read_text("utf-8").endswith("# changed\n")
