"""Audience figures need a purpose, a responsible entity and an end, and no personal data."""

import json
import logging
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from parvis.config import Settings, knowledge
from parvis.errors import CatalogError, PolicyError, SourceError
from parvis.i18n import LANGUAGES
from parvis.pooling.intake.check import preview
from parvis.pooling.intake.submit import check, submit
from parvis.pooling.intake.summary import account_of
from parvis.pooling.pool import Pool
from parvis.pooling.report_forms import FORMS, write
from parvis.pooling.stewardship.register import COLUMNS, read_register
from parvis.vocab.iris import DatasetKey

PUBLICS = DatasetKey("theatre-lanterne", "publics")
OFFERINGS = DatasetKey("theatre-lanterne", "programmation")
POOLED = DatasetKey("tiers-neutre", "publics-regroupes")
RELEASE = Path(__file__).parents[2] / "cases" / "releases" / POOLED.dataset
OPEN = f"""[ odrl:target <id/dataset/{POOLED}> ; odrl:assignee parvis:everyone ;
  odrl:action odrl:read , parvis:discover ]"""
ADDRESS = "jo.tremblay@exemple.example"


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """Copy two partners of the demonstration; the third party releases figures by itself."""
    demo, folder = knowledge("catalog") / "demo", tmp_path / "catalog"
    folder.mkdir()
    shutil.copy(demo / "catalog.ttl", folder)
    for name in (PUBLICS.partner, POOLED.partner):
        shutil.copytree(demo / name, folder / name)
    shutil.copytree(RELEASE, folder / str(POOLED))
    agreement = folder / POOLED.partner / "agreement.ttl"
    text = agreement.read_text(encoding="utf-8")
    agreement.write_text(text.replace("odrl:permission", f"odrl:permission {OPEN} ,"), "utf-8")
    (folder / "festival-neiges").mkdir()  # an agreement names this partner
    shutil.copy(demo / "festival-neiges" / "partner.ttl", folder / "festival-neiges")
    return folder


@pytest.fixture
def pool(catalog: Path, tmp_path: Path) -> Iterator[Pool]:
    with Pool.open(Settings.load(data=tmp_path / "data", catalog=catalog)) as opened:
        yield opened


def change_catalogue(pool: Pool, file: Path, old: str, new: str) -> Pool:
    """Change a text of the catalogue, and open the pool again."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return Pool.open(pool.settings)


def write_file_with_address(pool: Pool, tmp_path: Path) -> Path:
    """Write a file on audiences in which a figure is an e-mail address."""
    source = pool.catalog.datasets[PUBLICS].folder / "publics.csv"
    text = source.read_text(encoding="cp1252").replace("5\u00a0364", ADDRESS)
    assert ADDRESS in text
    file = tmp_path / "envoi.csv"
    file.write_text(text, encoding="cp1252")
    return file


def test_a_file_with_personal_data_is_refused_without_repeating_them(
    pool: Pool, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """In no form of the report, no log, no output, and no stored file."""
    caplog.set_level(logging.DEBUG)
    assert submit(pool, PUBLICS).stored
    file = write_file_with_address(pool, tmp_path)
    for examine in (check, submit):
        outcome = examine(pool, PUBLICS, file)
        assert (outcome.accepted, outcome.stored) == (False, False)
        (finding,) = outcome.report.findings
        assert finding.place
        assert (finding.place.row, finding.place.column) == (2, "Total")
        account = account_of(outcome)
        reports = [write(account, form, lang) for form in FORMS for lang in LANGUAGES]
        assert not [content for content in reports if ADDRESS in content]
        assert ADDRESS not in json.dumps(outcome.to_json())
    out = capsys.readouterr()
    assert ADDRESS not in caplog.text + out.out + out.err
    files = [content for content in pool.settings.data.rglob("*") if content.is_file()]
    assert files
    assert not [content for content in files if ADDRESS.encode() in content.read_bytes()]


def test_a_preview_of_personal_data_is_refused(pool: Pool, tmp_path: Path) -> None:
    """The error contains the file's name only."""
    with pytest.raises(SourceError) as raised:
        list(preview(pool, PUBLICS, write_file_with_address(pool, tmp_path), 3))
    assert ADDRESS not in str(raised.value)


def test_an_offering_may_contain_an_organisations_address(pool: Pool, tmp_path: Path) -> None:
    """The address of a box office is no personal data."""
    source = pool.catalog.datasets[OFFERINGS].folder / "programmation.csv"
    file = tmp_path / "envoi.csv"
    lines = source.read_bytes().splitlines()
    lines[1] = lines[1].replace(lines[1].split(b";")[1], ADDRESS.encode())
    file.write_bytes(b"\n".join(lines))
    assert ADDRESS.encode() in file.read_bytes()
    assert not [
        finding
        for finding in check(pool, OFFERINGS, file).report.findings
        if "personal" in finding.rule
    ]


def test_a_class_taken_from_the_data_is_checked_after_conversion(
    pool: Pool, tmp_path: Path
) -> None:
    """A mapping that takes its class from the file may produce figures on audiences too."""
    folder = pool.catalog.datasets[PUBLICS].folder
    text = (folder / "mapping.yml").read_text(encoding="utf-8")
    static_class = "      - [a, qb:Observation]\n"
    assert static_class in text
    cube = "http://purl.org/linked-data/cube#"
    dynamic = f"      - {{p: rdf:type, o: {{value: '{cube}$(Sorte)', type: iri}}}}\n"
    (folder / "mapping.yml").write_text(text.replace(static_class, dynamic), encoding="utf-8")
    lines = (folder / "publics.csv").read_text(encoding="cp1252").splitlines()
    file = tmp_path / "envoi.csv"
    headings, *rows = lines
    body = [f"{headings};Sorte;Note", *(f"{row};Observation;{ADDRESS}" for row in rows)]
    file.write_text("\n".join(body), encoding="cp1252")
    outcome = check(pool, PUBLICS, file)
    assert not outcome.accepted
    assert {finding.rule for finding in outcome.report.findings} == {"personal-email"}
    with pytest.raises(SourceError, match="identifies persons"):
        list(preview(pool, PUBLICS, file, 3))


@pytest.mark.parametrize(
    ("name", "old", "new", "lacking"),
    [
        (
            "publics/dataset.ttl",
            "dpv:hasPurpose dpv:ServiceUsageAnalytics ;",
            "",
            "for what purpose",
        ),
        (
            "publics/dataset.ttl",
            "dpv:hasResponsibleEntity <id/partner/theatre-lanterne> ;",
            "",
            "names nobody",
        ),
        ("agreement.ttl", "odrl:action odrl:delete ;", "odrl:action odrl:attribute ;", "how long"),
    ],
)
def test_audience_figures_without_purpose_responsible_entity_or_end_are_refused(
    pool: Pool, name: str, old: str, new: str, lacking: str
) -> None:
    """The error names what is missing, as a check does; the partner’s offerings are accepted."""
    file = pool.catalog.folder / PUBLICS.partner / name
    with change_catalogue(pool, file, old, new) as changed_pool:
        with pytest.raises(PolicyError, match=lacking):
            submit(changed_pool, PUBLICS)
        outcome = check(changed_pool, PUBLICS)
        assert outcome.accepted
        assert [lacking in need["en"] for need in outcome.needs] == [True]
        assert check(changed_pool, OFFERINGS).accepted


def test_a_pooled_release_ends_by_its_record_of_anonymisation(pool: Pool) -> None:
    """Anonymous figures need not be deleted, but reviewed."""
    assert check(pool, POOLED).accepted
    file = pool.catalog.datasets[POOLED].folder / "dataset.ttl"
    with change_catalogue(
        pool, file, "a parvis:Anonymisation , prov:Activity", "a prov:Activity"
    ) as changed_pool:
        assert ["how long" in need["en"] for need in check(changed_pool, POOLED).needs] == [True]


def test_the_register_lists_each_release_in_both_languages(pool: Pool) -> None:
    """A table and a page; an overdue review is marked."""
    register = read_register(pool, date(2027, 6, 1))
    (entry,) = register.entries
    assert (str(entry.dataset), entry.persons, register.is_overdue(entry)) == (
        str(POOLED),
        20,
        False,
    )
    assert read_register(pool, date(2027, 6, 2)).is_overdue(entry)
    for lang, technique in (("fr", "Regroupement"), ("en", "Aggregation")):
        table = register.to_csv(lang).splitlines()
        assert len(table) == 2
        assert technique in table[1]
        page = register.to_html(lang)
        assert entry.audit[lang] in page
        assert f'lang="{lang}"' in page
    assert len(register.cells(entry, "fr")) == len(COLUMNS)


def test_an_incomplete_record_of_anonymisation_is_reported_by_file(pool: Pool) -> None:
    """The register would lack what the law requires."""
    file = pool.catalog.datasets[POOLED].folder / "dataset.ttl"
    with (
        change_catalogue(
            pool, file, '  parvis:nextReview "2027-06-01"^^xsd:date', "  a prov:Entity"
        ) as changed_pool,
        pytest.raises(CatalogError, match=r"dataset\.ttl"),
    ):
        read_register(changed_pool, date(2027, 6, 1))
