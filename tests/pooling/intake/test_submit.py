"""A file becomes the content of a dataset completely, or changes nothing."""

import hashlib
import json
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.errors import InputError, MappingError, PolicyError, UnknownThing
from parvis.ledger import FILE, FILES
from parvis.pooling.intake.submit import check, submit
from parvis.pooling.intake.summary import account_of, unused_columns
from parvis.pooling.pool import Pool
from parvis.report import Report
from parvis.vocab.iris import DatasetKey

KEY = DatasetKey("theatre-b", "spectacles")


def read_state(pool: Pool) -> dict[str, str]:
    """Return the digest of every data file, except the lock and temporary files of SQLite."""
    data = pool.settings.data
    return {
        str(path.relative_to(data)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in data.rglob("*")
        if path.is_file() and path.name not in FILES - {FILE} | {"lock"}
    }


def read_sample(pool: Pool) -> str:
    return pool.catalog.require(KEY).sources[0].read_text(encoding="utf-8")


def write_file(tmp_path: Path, text: str) -> Path:
    """Write a file as a partner would send it."""
    file = tmp_path / "envoi.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_an_accepted_file_is_stored_with_its_report_and_provenance(pool: Pool) -> None:
    outcome = submit(pool, KEY)
    assert (outcome.accepted, outcome.stored) == (True, True)
    (version,) = pool.record.versions().values()
    assert version.triples == outcome.report.triples
    provenance = json.loads(version.about["submission"])
    incoming = pool.settings.data / "incoming" / str(KEY)
    folder = incoming / provenance["file_digest"]
    assert [file.name for file in folder.iterdir()] == ["spectacles.csv"]
    assert (incoming / f"{folder.name}.report.json").is_file()


def test_all_files_of_a_submitted_folder_are_stored(pool: Pool, tmp_path: Path) -> None:
    """Those of the folder, not the sample next to the record."""
    folder = tmp_path / "envoi"
    folder.mkdir()
    (folder / "spectacles.csv").write_text(read_sample(pool) + "\n", encoding="utf-8")
    (folder / "notes.txt").write_text("lues par personne", encoding="utf-8")
    assert submit(pool, KEY, folder).stored
    (stored,) = (pool.settings.data / "incoming" / str(KEY)).glob("*/")
    assert {file.name for file in stored.iterdir()} == {"spectacles.csv", "notes.txt"}
    assert (stored / "spectacles.csv").read_text(encoding="utf-8") == read_sample(pool) + "\n"


def test_submitting_twice_stores_a_single_version(pool: Pool) -> None:
    submit(pool, KEY)
    (before,) = pool.record.versions().values()
    submit(pool, KEY)
    (after,) = pool.record.versions().values()
    assert (after.digest, after.triples) == (before.digest, before.triples)
    assert len(list((pool.settings.data / "graphs").iterdir())) == 1


def test_a_file_with_a_violation_changes_nothing(pool: Pool, tmp_path: Path) -> None:
    """An event without a name is reported at its row."""
    submit(pool, KEY)
    before = read_state(pool)
    first = read_sample(pool).splitlines()[1].split(",")
    broken = read_sample(pool).replace(",".join(first), ",".join([first[0], "", *first[2:]]))
    outcome = submit(pool, KEY, write_file(tmp_path, broken))
    assert (outcome.accepted, outcome.stored) == (False, False)
    (finding,) = [result for result in outcome.report.findings if result.rule == "Event-name"]
    assert finding.place is not None
    assert finding.place.row == 2
    assert read_state(pool) == before


def test_more_row_errors_than_the_threshold_change_nothing(pool: Pool, tmp_path: Path) -> None:
    """The threshold is the dataset's own; the rows are reported."""
    submit(pool, KEY)
    before = read_state(pool)
    lines = read_sample(pool).splitlines()
    broken = "\n".join([lines[0], *(line + ",trop" for line in lines[1:])]) + "\n"
    with pytest.raises(InputError):
        submit(pool, KEY, write_file(tmp_path, broken))
    half = "\n".join([*lines, *(line + ",trop" for line in lines[1:])]) + "\n"
    outcome = submit(pool, KEY, write_file(tmp_path, half))
    assert not outcome.accepted
    assert outcome.report.row_errors == len(lines) - 1
    assert read_state(pool) == before


def test_a_check_stores_nothing(pool: Pool) -> None:
    assert check(pool, KEY).accepted
    assert not read_state(pool)


def test_an_unknown_dataset_is_reported_by_name(pool: Pool) -> None:
    with pytest.raises(UnknownThing, match="theatre-b/absent"):
        submit(pool, DatasetKey("theatre-b", "absent"))


def test_a_dataset_without_agreement_is_refused(pool: Pool) -> None:
    agreement = pool.settings.catalog / "theatre-b" / "agreement.ttl"
    text = agreement.read_text(encoding="utf-8")
    agreement.write_text(
        text.replace("theatre-b/spectacles", "theatre-b/billets"), encoding="utf-8"
    )
    with Pool.open(pool.settings) as opened, pytest.raises(PolicyError, match="no agreement"):
        submit(opened, KEY)


IN_RML = """\
@prefix rml: <http://w3id.org/rml/> . @prefix schema: <http://schema.org/> .
<#event> a rml:TriplesMap ;
  rml:logicalSource [ rml:referenceFormulation rml:CSV ;
    rml:source [ a rml:FilePath ; rml:root rml:MappingDirectory ; rml:path "spectacles.csv" ] ] ;
  rml:subjectMap [ rml:template "id/event/theatre-b/{No}" ] ;
  rml:predicateObjectMap [ rml:predicate schema:name ;
    rml:objectMap [ rml:template "{Titre}" ; rml:termType rml:Literal ] ] .
"""


def write_rml_mapping(pool: Pool, term_type: str) -> None:
    """Replace the dataset's mapping by RML, with a term type."""
    folder = pool.catalog.require(KEY).folder
    (folder / "mapping.yml").unlink()
    (folder / "mapping.ttl").write_text(IN_RML.replace("Literal", term_type), encoding="utf-8")


def test_a_mapping_in_rml_is_run_like_any_other(settings: Settings) -> None:
    """The folder contains mapping.ttl instead of mapping.yml."""
    with Pool.open(settings) as pool:
        write_rml_mapping(pool, "Literal")
    with Pool.open(settings) as pool:
        assert check(pool, KEY).report.rows


def test_a_mapping_that_creates_blank_nodes_is_refused(settings: Settings) -> None:
    """Their names would differ in each version: changes could not be detected."""
    with Pool.open(settings) as pool:
        write_rml_mapping(pool, "BlankNode")
    with Pool.open(settings) as pool:
        with pytest.raises(MappingError, match="“event” makes blank nodes"):
            submit(pool, KEY)
        assert not pool.record.versions()


def test_an_unchanged_file_is_not_processed_again(pool: Pool) -> None:
    """The first report is returned again."""
    first = submit(pool, KEY)
    before = read_state(pool)
    second = submit(pool, KEY)
    assert (second.accepted, second.stored, second.unchanged) == (True, False, True)
    assert second.report == first.report
    assert read_state(pool) == before


def test_changes_are_reported_by_entity(pool: Pool, tmp_path: Path) -> None:
    """With a row added and a row removed; a missing event is not reported as cancelled."""
    assert submit(pool, KEY).changes is None
    heading, first, *remaining = read_sample(pool).splitlines()
    new = first.replace(first.split(",")[0], "TB-nouveau", 1)
    file = write_file(tmp_path, "\n".join([heading, *remaining, new]) + "\n")
    checked, submitted = check(pool, KEY, file), submit(pool, KEY, file)
    assert checked.changes == submitted.changes
    assert submitted.changes is not None
    assert (submitted.changes.added, submitted.changes.gone) == (1, 1)
    assert submitted.changes.examples["gone"][0].endswith(first.split(",")[0])
    (missing,) = [finding for finding in submitted.report.findings if finding.rule == "gone"]
    assert "nothing here says that it is cancelled" in missing.text["en"]


def test_findings_are_compared_with_those_of_the_last_submission(
    pool: Pool, tmp_path: Path
) -> None:
    """A second place without an address is new, then repaired; the first one remains."""
    assert submit(pool, KEY).since is None
    elsewhere = write_file(tmp_path, read_sample(pool).replace("Salle d’été", "Salle d’hiver", 1))
    checked, submitted = check(pool, KEY, elsewhere), submit(pool, KEY, elsewhere)
    assert checked.since == submitted.since
    assert submitted.since is not None
    (new,) = submitted.since.findings_of("new")
    assert (new.rule, "Salle d’hiver" in new.text["fr"]) == ("Place-where", True)
    assert submitted.since.counts() == {"new": 1, "repaired": 0, "same": 1}
    repaired = submit(pool, KEY)
    assert repaired.since is not None
    assert repaired.since.findings_of("repaired") == [new]
    repeated = submit(pool, KEY)
    assert repeated.since is not None
    assert repeated.since.counts() == {"new": 0, "repaired": 0, "same": 1}


def test_a_stored_report_equals_the_original(pool: Pool) -> None:
    outcome = submit(pool, KEY)
    assert Report.from_json(json.loads(json.dumps(outcome.report.to_json()))) == outcome.report


def test_a_hopeless_file_is_reported_by_its_reason_only(pool: Pool, tmp_path: Path) -> None:
    """Results of its first rows would hide that it is another kind of file."""
    head, *_ = read_sample(pool).splitlines()
    rows = "".join(
        f"{number},Titre,demain,Salle,https://theatre-b.example/s\n" for number in range(1_500)
    )
    outcome = check(pool, KEY, write_file(tmp_path, f"{head}\n{rows}"))
    assert not outcome.accepted
    assert not outcome.report.checked
    assert {finding.rule for finding in outcome.report.findings} == {"bad-date", "hopeless"}


def test_unused_columns_are_reported(pool: Pool, tmp_path: Path) -> None:
    """The first twenty, after the findings; not for another kind of file."""
    head, first, *_ = read_sample(pool).splitlines()
    headings, commas = ",".join(f"c{number}" for number in range(3)), "," * 25
    short = account_of(check(pool, KEY, write_file(tmp_path, f"{head},{headings}\n{first},,,\n")))
    assert short.sections[0].items[0]["en"].endswith(": c0, c1, c2")
    names = ",".join(f"c{number}" for number in range(25))
    long = account_of(check(pool, KEY, write_file(tmp_path, f"{head},{names}\n{first}{commas}\n")))
    assert long.sections[0].items[0]["fr"].endswith(", c19 et 5 de plus")


def test_equal_sheets_are_reported_together() -> None:
    """A workbook with a sheet for each month would repeat the same twelve times."""
    report = Report()
    for sheet in ("janvier", "février"):
        report.record_headings(f"f.xlsx [{sheet}]", {"date": True, "note": False})
    report.record_headings("f.xlsx [total]", {"somme": False})
    (section,) = unused_columns(report)
    assert [item["en"] for item in section.items] == [
        "f.xlsx [janvier], f.xlsx [février]: note",
        "f.xlsx [total]: somme",
    ]
