"""A partner whose texts are wrong is set aside: its data close, and nobody else is stopped."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.errors import CatalogError, InputError
from parvis.governance import ANONYMOUS, READ, Reader, decide
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.readers import create_token
from parvis.pooling.serving.service import PoolService
from parvis.pooling.stewardship.agreements import sign
from parvis.pooling.stewardship.entries import add_agreement, add_dataset, add_partner
from parvis.pooling.stewardship.retention import expire
from parvis.pooling.texts.valid import SET_ASIDE, read_set_aside
from parvis.vocab.iris import DatasetKey

KEY = DatasetKey("theatre-b", "spectacles")
NOW = datetime.now(UTC)
TEXT = {"fr": "Les visites du musée.", "en": "Visits to the museum."}
ROLE = {"fr": "direction", "en": "director"}
NONSENSE = "\n<id/partner/theatre-b> a ; .\n"
STRANGE = "\n<id/agreement/theatre-b> <http://www.w3.org/ns/odrl/2/inheritFrom> <id/x> .\n"
"""Turtle, but outside the charter's profile."""


@pytest.fixture
def known(filled: Pool) -> Settings:
    """Return the settings of a pool that was opened while all its texts were right."""
    with Pool.open(filled.settings) as pool:
        publish(pool)
    return filled.settings


def spoil(settings: Settings, name: str, text: str) -> Path:
    file = settings.catalog / name
    file.write_text(file.read_text("utf-8") + text, "utf-8")
    return file


def may_read(pool: Pool, reader: Reader) -> bool:
    return decide(pool.catalog.policies, reader, READ, pool.catalog.require(KEY).iri, NOW).allowed


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("theatre-b/agreement.ttl", NONSENSE),
        ("theatre-b/agreement.ttl", STRANGE),
        ("theatre-b/spectacles/dataset.ttl", NONSENSE),
        ("theatre-b/partner.ttl", NONSENSE),
    ],
)
def test_others_go_on_and_the_partner_keeps_its_descriptions(
    name: str, text: str, known: Settings
) -> None:
    """It is named with what is wrong; once it is corrected, nothing is left of it."""
    file = spoil(known, name, text)
    with Pool.open(known) as pool:
        assert set(pool.catalog.set_aside) == {"theatre-b"}
        assert pool.catalog.require(KEY).title["fr"]
        assert submit(pool, KEY).accepted
        publish(pool)
    (reasons,) = read_set_aside(known.data).values()
    assert str(known.catalog) not in f"{reasons}"
    file.write_text(file.read_text("utf-8").removesuffix(text), "utf-8")
    with Pool.open(known) as pool:
        assert not pool.catalog.set_aside
    assert not (known.data / SET_ASIDE).exists()


@pytest.mark.parametrize("text", [NONSENSE, STRANGE])
def test_an_agreement_that_cannot_be_read_closes_the_data_of_its_partner(
    text: str, known: Settings
) -> None:
    """The partner and the steward read on; what was open to all is not, once it is published."""
    with Pool.open(known) as pool:
        assert may_read(pool, ANONYMOUS)
    spoil(known, "theatre-b/agreement.ttl", text)
    with Pool.open(known) as pool:
        owner, host = pool.catalog.require_partner("theatre-b"), pool.catalog.third_party
        assert not may_read(pool, ANONYMOUS)
        assert may_read(pool, Reader(owner.iri))
        assert may_read(pool, Reader(host.iri))
        publish(pool)
    service = PoolService(known)
    try:
        assert pool.catalog.require(KEY).graph not in service.graphs(ANONYMOUS)
    finally:
        service.close()


def test_what_was_due_for_deletion_is_deleted_whatever_text_is_wrong(known: Settings) -> None:
    """An obligation of the last valid agreement stays, also when the catalogue's text is wrong."""
    agreement = known.catalog / "theatre-b" / "agreement.ttl"
    due = (
        ", [ odrl:target <id/dataset/theatre-b/spectacles> ; odrl:assignee parvis:host ;"
        " odrl:action odrl:delete ; odrl:constraint [ odrl:leftOperand odrl:dateTime ;"
        f' odrl:operator odrl:gteq ; odrl:rightOperand "{(NOW + timedelta(days=2)).isoformat()}"'
        "^^xsd:dateTime ] ] .\n"
    )
    obligation = due.replace(", [", "; odrl:obligation [", 1)
    text = agreement.read_text("utf-8").rstrip().removesuffix(".") + obligation
    agreement.write_text(text, "utf-8")
    Pool.open(known)
    spoil(known, "theatre-b/agreement.ttl", NONSENSE)
    spoil(known, "catalog.ttl", NONSENSE)
    with pytest.raises(CatalogError):
        Pool.open(known)
    with Pool.open(known, lenient=True) as pool:
        expired = expire(pool, NOW + timedelta(days=3))
        assert expired.good
        assert pool.catalog.require(KEY).graph not in pool.record.versions()


def test_another_partner_signs_while_one_is_set_aside(known: Settings) -> None:
    """And gets its token; its own texts must be right."""
    spoil(known, "theatre-b/partner.ttl", NONSENSE)
    add_partner(known, "musee", TEXT, "museum", "")
    add_dataset(
        known,
        DatasetKey("musee", "visites"),
        TEXT,
        TEXT,
        "https://creativecommons.org/licenses/by/4.0/",
    )
    (draft,) = add_agreement(known, "musee", None, None)
    assert sign(known, "musee", None, ROLE, date(2026, 10, 1))["version"] == "1"
    assert not draft.exists()
    assert create_token(known, "musee").text


def test_the_last_valid_description_is_the_newest(known: Settings) -> None:
    """A title that changed while all was right is not lost."""
    file = known.catalog / "theatre-b" / "spectacles" / "dataset.ttl"
    text = file.read_text("utf-8")
    with Pool.open(known) as pool:
        title = pool.catalog.require(KEY).title["fr"]
    file.write_text(text.replace(title, f"{title} (nouveau)"), "utf-8")
    Pool.open(known)
    spoil(known, "theatre-b/spectacles/dataset.ttl", NONSENSE)
    with Pool.open(known) as pool:
        assert pool.catalog.require(KEY).title["fr"] == f"{title} (nouveau)"


def test_wrong_texts_of_the_third_party_stop_everything(known: Settings) -> None:
    with Pool.open(known) as pool:
        slug = pool.catalog.third_party.slug
    spoil(known, f"{slug}/partner.ttl", NONSENSE)
    with pytest.raises(InputError):
        Pool.open(known)


def test_a_pool_that_was_never_right_names_the_first_error(tmp_path: Path) -> None:
    """There are no last valid texts: nothing is set aside."""
    cases = Path(__file__).parents[1] / "cases" / "pool"
    catalog = Path(shutil.copytree(cases, tmp_path / "catalog"))
    settings = Settings.load(data=tmp_path / "data", catalog=catalog)
    settings.data.mkdir()
    spoil(settings, "theatre-b/partner.ttl", NONSENSE)
    with pytest.raises(CatalogError, match=r"partner\.ttl"):
        Pool.open(settings)
