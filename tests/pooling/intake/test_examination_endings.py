"""A check, a preview and a submission examine a file in the same way."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from parvis.config import Settings, knowledge
from parvis.errors import ParvisError, PolicyError
from parvis.pooling.intake.check import preview, try_file
from parvis.pooling.intake.sources import sample
from parvis.pooling.intake.submit import check, submit
from parvis.pooling.pool import Pool
from parvis.vocab.iris import DatasetKey

CASES = Path(__file__).parents[2] / "cases"
CATALOGS = [*sorted(file.parent for file in CASES.glob("*/catalog.ttl")), knowledge("catalog/demo")]
Result = tuple[object, ...]


def find_result(examine: Callable[[], Result]) -> Result:
    """Return what an examination reports, or its refusal."""
    try:
        return examine()
    except ParvisError as error:
        return type(error).__name__, str(error)


def run_check(pool: Pool, key: DatasetKey, file: Path) -> Result:
    report = try_file(pool, file, key, "en")
    return report.good, report.data["wants_approval"], report.data["report"]


def run_submission(pool: Pool, key: DatasetKey, file: Path) -> Result:
    outcome = submit(pool, key, file)
    return outcome.accepted, outcome.wants_approval, outcome.to_json()["report"]


@pytest.mark.parametrize("catalog", CATALOGS, ids=lambda folder: folder.name)
def test_a_check_and_a_submission_give_the_same_verdict_and_findings(
    catalog: Path, tmp_path: Path
) -> None:
    examined = 0
    with Pool.open(Settings.load(data=tmp_path / "data", catalog=catalog)) as pool:
        for key, dataset in pool.catalog.datasets.items():
            if dataset.mappings and dataset.sources:
                arguments = pool, key, sample(dataset)
                checked = find_result(partial(run_check, *arguments))
                assert checked == find_result(partial(run_submission, *arguments)), key
                examined += 1
    assert examined


def change(path: str, old: str, new: str) -> Callable[[Path], None]:
    """Return a function that changes a text of a catalogue folder."""

    def apply(folder: Path) -> None:
        text = (folder / path).read_text(encoding="utf-8")
        assert old in text
        (folder / path).write_text(text.replace(old, new), encoding="utf-8")

    return apply


def delete_agreement(folder: Path) -> None:
    (folder / "theatre-b/agreement.ttl").unlink()


def take_class_from_personal_data(folder: Path) -> None:
    """Let a mapping take its class from a file with personal data and errors in all rows."""
    cube = "http://purl.org/linked-data/cube#"
    change(
        "theatre-b/billets/mapping.yml",
        "      - [a, schema:TheaterEvent]\n",
        f"      - {{p: rdf:type, o: {{value: '{cube}$(Sorte)', type: iri}}}}\n",
    )(folder)
    rows = [
        f"{number},Titre,pas une date,Salle,jo.tremblay@exemple.example,Observation"
        for number in range(9)
    ]
    text = "\n".join(["No,Titre,Date,Salle,Page,Sorte", *rows])
    (folder / "theatre-b/billets/billets.csv").write_text(text, encoding="utf-8")


TICKETS = "theatre-b/billets"
CHANGES = {
    "nothing": lambda _: None,
    "blank nodes": change(
        f"{TICKETS}/mapping.yml", "    s: id/place/theatre-b/$(Salle)\n", "    s: _:$(Salle)\n"
    ),
    "things of others": change(f"{TICKETS}/mapping.yml", "id/place/theatre-b", "id/place/tiers"),
    "other files": lambda folder: (folder / TICKETS / "mapping.yml").rename(
        folder / TICKETS / "mapping.json.yml"
    ),
    "persons": take_class_from_personal_data,
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_submission_refuses_is_refused_by_a_check_and_a_preview(
    name: str, tmp_path: Path
) -> None:
    key = DatasetKey("theatre-b", "billets")
    catalog = Path(shutil.copytree(CASES / "pool", tmp_path / "catalog"))
    CHANGES[name](catalog)
    with Pool.open(Settings.load(data=tmp_path / "data", catalog=catalog)) as pool:
        file = sample(pool.catalog.require(key))
        checked = find_result(partial(run_check, pool, key, file))
        previewed = find_result(lambda: tuple(preview(pool, key, file, 3)))
        submitted = find_result(partial(run_submission, pool, key, file))
    assert checked == submitted
    if isinstance(submitted[0], str):  # the request itself is refused
        assert previewed == submitted
    elif "personal-email" in str(submitted):
        assert "exemple.example" not in str((checked, previewed))
        assert previewed[0] == "SourceError"
    else:
        assert len(previewed) > 1


LACKING = {
    "an agreement": (delete_agreement, "no agreement in force"),
    "a purpose": (
        change(f"{TICKETS}/mapping.yml", "schema:TheaterEvent", "qb:Observation"),
        "for what purpose",
    ),
}


@pytest.mark.parametrize("name", LACKING)
def test_what_a_dataset_lacks_is_said_by_a_check_and_refused_at_submission(
    name: str, tmp_path: Path
) -> None:
    """The verdict on the file itself is the same; a preview shows it."""
    key = DatasetKey("theatre-b", "billets")
    catalog = Path(shutil.copytree(CASES / "pool", tmp_path / "catalog"))
    apply, words = LACKING[name]
    apply(catalog)
    with Pool.open(Settings.load(data=tmp_path / "data", catalog=catalog)) as pool:
        file = sample(pool.catalog.require(key))
        assert words in check(pool, key, file).needs[0]["en"]
        with pytest.raises(PolicyError, match=words):
            submit(pool, key, file)
        assert len(list(preview(pool, key, file, 3))) > 1
