"""A file becomes a dataset's content whole, or changes nothing."""

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


def state(pool: Pool) -> dict[str, str]:
    """Digest every file of the data folder, but for the lock and what SQLite has in use."""
    data = pool.settings.data
    return {
        str(path.relative_to(data)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in data.rglob("*")
        if path.is_file() and path.name not in FILES - {FILE} | {"lock"}
    }


def sample(pool: Pool) -> str:
    """Read the dataset's own sample."""
    return pool.catalog.require(KEY).sources[0].read_text(encoding="utf-8")


def written(tmp_path: Path, text: str) -> Path:
    """Write a file as a partner would send it."""
    file = tmp_path / "envoi.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_good_file_is_kept_with_its_report_and_its_provenance(pool: Pool) -> None:
    """The record knows the version; the source and its report are kept as they came."""
    outcome = submit(pool, KEY)
    assert (outcome.accepted, outcome.stored) == (True, True)
    (version,) = pool.record.versions().values()
    assert version.triples == outcome.report.triples
    given = json.loads(version.about["submission"])
    incoming = pool.settings.data / "incoming" / str(KEY)
    kept = incoming / given["file_digest"]
    assert [file.name for file in kept.iterdir()] == ["spectacles.csv"]
    assert (incoming / f"{kept.name}.report.json").is_file()


def test_a_folder_that_is_given_is_kept_whole(pool: Pool, tmp_path: Path) -> None:
    """Its own files, not those that stand beside the record."""
    folder = tmp_path / "envoi"
    folder.mkdir()
    (folder / "spectacles.csv").write_text(sample(pool) + "\n", encoding="utf-8")
    (folder / "notes.txt").write_text("lues par personne", encoding="utf-8")
    assert submit(pool, KEY, folder).stored
    (kept,) = (pool.settings.data / "incoming" / str(KEY)).glob("*/")
    assert {file.name for file in kept.iterdir()} == {"spectacles.csv", "notes.txt"}
    assert (kept / "spectacles.csv").read_text(encoding="utf-8") == sample(pool) + "\n"


def test_submitting_twice_is_submitting_once(pool: Pool) -> None:
    """The same file gives the same version, digest for digest."""
    submit(pool, KEY)
    (before,) = pool.record.versions().values()
    submit(pool, KEY)
    (after,) = pool.record.versions().values()
    assert (after.digest, after.triples) == (before.digest, before.triples)
    assert len(list((pool.settings.data / "graphs").iterdir())) == 1


def test_a_file_with_a_violation_changes_nothing(pool: Pool, tmp_path: Path) -> None:
    """An event without a name is refused by its shape, at its row."""
    submit(pool, KEY)
    before = state(pool)
    first = sample(pool).splitlines()[1].split(",")
    broken = sample(pool).replace(",".join(first), ",".join([first[0], "", *first[2:]]))
    outcome = submit(pool, KEY, written(tmp_path, broken))
    assert (outcome.accepted, outcome.stored) == (False, False)
    (finding,) = [f for f in outcome.report.findings if f.rule == "Event-name"]
    assert finding.place is not None
    assert finding.place.row == 2
    assert state(pool) == before


def test_more_row_errors_than_the_threshold_change_nothing(pool: Pool, tmp_path: Path) -> None:
    """The dataset's own threshold decides; the rows are named."""
    submit(pool, KEY)
    before = state(pool)
    lines = sample(pool).splitlines()
    broken = "\n".join([lines[0], *(line + ",trop" for line in lines[1:])]) + "\n"
    with pytest.raises(InputError):
        submit(pool, KEY, written(tmp_path, broken))
    half = "\n".join([*lines, *(line + ",trop" for line in lines[1:])]) + "\n"
    outcome = submit(pool, KEY, written(tmp_path, half))
    assert not outcome.accepted
    assert outcome.report.row_errors == len(lines) - 1
    assert state(pool) == before


def test_a_check_stores_nothing(pool: Pool) -> None:
    """A check gives the report a submission would give."""
    assert check(pool, KEY).accepted
    assert not state(pool)


def test_a_dataset_that_is_not_there_is_unknown(pool: Pool) -> None:
    """The name is said."""
    with pytest.raises(UnknownThing, match="theatre-b/absent"):
        submit(pool, DatasetKey("theatre-b", "absent"))


def test_a_dataset_without_agreement_is_refused(pool: Pool) -> None:
    """Nothing enters on which no agreement speaks."""
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


def in_rml(pool: Pool, kind: str) -> None:
    """Put the dataset's mapping in RML, with names of a kind."""
    folder = pool.catalog.require(KEY).folder
    (folder / "mapping.yml").unlink()
    (folder / "mapping.ttl").write_text(IN_RML.replace("Literal", kind), encoding="utf-8")


def test_a_mapping_in_rml_is_run_like_any_other(settings: Settings) -> None:
    """The folder holds mapping.ttl instead of mapping.yml; a submitted folder is what is read."""
    with Pool.open(settings) as pool:
        in_rml(pool, "Literal")
    with Pool.open(settings) as pool:
        assert check(pool, KEY).report.rows


def test_a_mapping_that_makes_blank_nodes_is_refused(settings: Settings) -> None:
    """Their names would be others in each version: no change could be told from none."""
    with Pool.open(settings) as pool:
        in_rml(pool, "BlankNode")
    with Pool.open(settings) as pool:
        with pytest.raises(MappingError, match="“event” makes blank nodes"):
            submit(pool, KEY)
        assert not pool.record.versions()


def test_the_same_file_again_is_not_worked_on(pool: Pool) -> None:
    """Nothing is done, and the report of the first time is told again."""
    first = submit(pool, KEY)
    before = state(pool)
    again = submit(pool, KEY)
    assert (again.accepted, again.stored, again.unchanged) == (True, False, True)
    assert again.report == first.report
    assert state(pool) == before


def test_what_a_file_changes_is_told_entity_by_entity(pool: Pool, tmp_path: Path) -> None:
    """A row more and a row less: what is gone is not said to be cancelled."""
    assert submit(pool, KEY).changes is None
    heading, first, *others = sample(pool).splitlines()
    new = first.replace(first.split(",")[0], "TB-nouveau", 1)
    file = written(tmp_path, "\n".join([heading, *others, new]) + "\n")
    tried, done = check(pool, KEY, file), submit(pool, KEY, file)
    assert tried.changes == done.changes
    assert done.changes is not None
    assert (done.changes.added, done.changes.gone) == (1, 1)
    assert done.changes.examples["gone"][0].endswith(first.split(",")[0])
    (gone,) = [one for one in done.report.findings if one.rule == "gone"]
    assert "nothing here says that they are cancelled" in gone.text["en"]


def test_findings_are_compared_with_those_of_the_last_submission(
    pool: Pool, tmp_path: Path
) -> None:
    """A second place that is nowhere is new, then repaired; the first one stays."""
    assert submit(pool, KEY).since is None
    elsewhere = written(tmp_path, sample(pool).replace("Salle d’été", "Salle d’hiver", 1))
    tried, done = check(pool, KEY, elsewhere), submit(pool, KEY, elsewhere)
    assert tried.since == done.since
    assert done.since is not None
    (new,) = done.since.those("new")
    assert (new.rule, "Salle d’hiver" in new.text["fr"]) == ("Place-where", True)
    assert done.since.counts() == {"new": 1, "repaired": 0, "same": 1}
    back = submit(pool, KEY)
    assert back.since is not None
    assert back.since.those("repaired") == [new]
    again = submit(pool, KEY)
    assert again.since is not None
    assert again.since.counts() == {"new": 0, "repaired": 0, "same": 1}


def test_a_kept_report_is_the_report_that_was_told(pool: Pool) -> None:
    """Nothing of it is lost in the file that is kept."""
    outcome = submit(pool, KEY)
    assert Report.from_json(json.loads(json.dumps(outcome.report.to_json()))) == outcome.report


def test_of_a_hopeless_file_only_the_reason_is_told(pool: Pool, tmp_path: Path) -> None:
    """What shapes would say of its first rows would hide that it is another file."""
    head, *_ = sample(pool).splitlines()
    rows = "".join(
        f"{number},Titre,demain,Salle,https://theatre-b.example/s\n" for number in range(1_500)
    )
    outcome = check(pool, KEY, written(tmp_path, f"{head}\n{rows}"))
    assert not outcome.accepted
    assert not outcome.report.checked
    assert {one.rule for one in outcome.report.findings} == {"bad-date", "hopeless"}


def test_columns_that_stay_where_they_are_are_named(pool: Pool, tmp_path: Path) -> None:
    """The first twenty of them, after the findings; not of a file that is another one."""
    head, first, *_ = sample(pool).splitlines()
    some, many = ",".join(f"c{number}" for number in range(3)), "," * 25
    few = account_of(check(pool, KEY, written(tmp_path, f"{head},{some}\n{first},,,\n")))
    assert few.sections[0].items[0]["en"].endswith(": c0, c1, c2")
    names = ",".join(f"c{number}" for number in range(25))
    more = account_of(check(pool, KEY, written(tmp_path, f"{head},{names}\n{first}{many}\n")))
    assert more.sections[0].items[0]["fr"].endswith(", c19 et 5 de plus")


def test_sheets_that_are_alike_are_named_together() -> None:
    """A workbook with a sheet a month would say the same twelve times."""
    report = Report()
    for sheet in ("janvier", "février"):
        report.headed(f"f.xlsx [{sheet}]", {"date": True, "note": False})
    report.headed("f.xlsx [total]", {"somme": False})
    (section,) = unused_columns(report)
    assert [one["en"] for one in section.items] == [
        "f.xlsx [janvier], f.xlsx [février]: note",
        "f.xlsx [total]: somme",
    ]
