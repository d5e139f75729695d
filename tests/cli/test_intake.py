"""Help partners who begin; bad input gets one clear line, and changes nothing."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.mapping.language import load
from tests.cli.conftest import Run


def test_a_proposed_mapping_is_written_once(run: Run, dataset: Path, tmp_path: Path) -> None:
    """It loads, and an existing file is never overwritten."""
    arguments = ("init-mapping", dataset / "programmation.csv", "-o", tmp_path / "m.yml")
    assert run(*arguments, "--lang", "fr").returncode == 0
    assert load(tmp_path / "m.yml").entities
    assert "à relire" in (tmp_path / "m.yml").read_text(encoding="utf-8")
    assert run(*arguments).returncode == 2


def test_a_preview_shows_rows_as_turtle(run: Run, dataset: Path) -> None:
    """Show each row under its number, and no more rows than requested."""
    assert dataset.is_dir()
    result = run("preview", "exemple/programmation", "-n", "2", "--lang", "en")
    assert result.returncode == 0
    assert "# programmation.csv, row 2" in result.stdout
    assert "a schema:TheaterEvent" in result.stdout
    assert result.stdout.count("# programmation.csv") == 2


def test_a_template_has_headings_in_the_readers_language(run: Run, tmp_path: Path) -> None:
    result = run("template", "Place", "-f", "csv", "-o", tmp_path / "p.csv", "--lang", "fr")
    assert result.returncode == 0
    assert "Code postal" in (tmp_path / "p.csv").read_text(encoding="utf-8-sig")


def test_a_template_of_an_unknown_class_is_refused(run: Run, tmp_path: Path) -> None:
    assert run("template", "Vaisseau", "-o", tmp_path / "v.xlsx").returncode == 2


def test_a_mapping_of_figures_is_proposed_from_options(run: Run, tmp_path: Path) -> None:
    """For the template of figures by month."""
    assert run("template", "by-month", "-f", "csv", "-o", tmp_path / "m.csv").returncode == 0
    options = ("--dataset", "musee/publics", "--measure", "visits", "--method", "Compteur")
    result = run("init-mapping", tmp_path / "m.csv", *options, "--area", "Laval (région)")
    for line in (
        "id/cube/musee/publics~iri",
        "- [qb:measureType, parvis:visits~iri]",
        "- [parvis:method, concept:method/counter~iri]",
        "- [parvis:eventArea, concept:area/13~iri]",
        "- [parvis:residenceArea, concept:area/total~iri]",
    ):
        assert line in result.stdout
    assert run("init-mapping", tmp_path / "m.csv", "--measure", "heads").returncode == 2


DigestData = Callable[[], dict[str, str]]

HEADINGS = "No;Spectacle;Date;Salle;Adresse;Ville;Code postal;Discipline;Public;Prix;Statut"
ROW = (
    "EX-01;Le phare;17/09/2026 20:00;Grande salle;1, rue A;Laval;H2X 0Z1;Théâtre;Adultes;1;Confirmé"
)

Spoil = Callable[[Path, Path], None]
"""Spoils the dataset's folder or the file that will be submitted."""


def put_a_folder_in_place_of_the_file(_: Path, file: Path) -> None:
    file.mkdir()


def remove_the_file(_: Path, file: Path) -> None:
    file.unlink(missing_ok=True)


def contradict_the_declared_encoding(dataset: Path, file: Path) -> None:
    """Declare UTF-8, and write Windows-1252."""
    mapping = dataset / "mapping.yml"
    text = mapping.read_text(encoding="utf-8")
    mapping.write_text(text.replace('delimiter: ";"', 'delimiter: ";"\n    encoding: utf-8'))
    file.write_text(f"{HEADINGS}\n{ROW}\n", encoding="cp1252")


def misspell_a_key_of_the_mapping(dataset: Path, file: Path) -> None:
    mapping = dataset / "mapping.yml"
    text = mapping.read_text(encoding="utf-8")
    mapping.write_text(text.replace("delimiter:", "delimeter:"), encoding="utf-8")
    file.write_text(f"{HEADINGS}\n{ROW}\n", encoding="utf-8")


def rename_a_column(_: Path, file: Path) -> None:
    file.write_text(f"{HEADINGS.replace('Prix', 'Tarif')}\n{ROW}\n", encoding="utf-8")


def empty_the_file(_: Path, file: Path) -> None:
    file.write_bytes(b"")


def leave_only_the_headings(_: Path, file: Path) -> None:
    file.write_text(f"{HEADINGS}\n", encoding="utf-8")


def write_the_file_of_another_dataset(_: Path, file: Path) -> None:
    """Write a library's loans."""
    file.write_text("Bibliothèque;Adultes;Jeunes\nDu Parc;1200;340\n", encoding="utf-8")


BAD: list[tuple[Spoil, str, str]] = [
    (put_a_folder_in_place_of_the_file, "envoi.csv", "envoi.csv"),
    (remove_the_file, "there is no file", "n’existe pas"),
    (contradict_the_declared_encoding, "contradict the encoding utf-8", "contredisent l’encodage"),
    (
        misspell_a_key_of_the_mapping,
        "unknown key “delimeter”",
        "clé inconnue «\u00a0delimeter\u00a0»",
    ),
    (rename_a_column, "no column “Prix”", "absent de l’en-tête\u00a0: «\u00a0Prix\u00a0»"),
    (empty_the_file, "envoi.csv is empty", "envoi.csv est vide"),
    (leave_only_the_headings, "finds nothing in it", "n’y trouve rien"),
    (
        write_the_file_of_another_dataset,
        "no column “Adresse",
        "absent de l’en-tête\u00a0: «\u00a0Adresse\u00a0», «",
    ),
]


@pytest.mark.parametrize(
    ("spoil", "english", "french"), BAD, ids=[case[0].__name__ for case in BAD]
)
@pytest.mark.parametrize("command", ["check", "submit"])
@pytest.mark.usefixtures("submitted_pool")
def test_bad_input_prints_one_clear_line_and_changes_nothing(  # noqa: PLR0913, PLR0917 - a table's row
    run: Run,
    dataset: Path,
    digest_data: DigestData,
    tmp_path: Path,
    command: str,
    spoil: Spoil,
    english: str,
    french: str,
) -> None:
    file = tmp_path / "envoi.csv"
    spoil(dataset, file)
    before = digest_data()
    for lang, expected in (("en", english), ("fr", french)):
        result = run(command, "exemple/programmation", file, "--lang", lang)
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr.count("\n") == 1
        assert expected in result.stderr
        assert "Traceback" not in result.stderr
    assert digest_data() == before


def test_an_agreement_about_another_partners_data_is_refused(
    run: Run, submitted_pool: Settings, digest_data: DigestData
) -> None:
    """A partner cannot open data of another: the whole catalogue folder is refused."""
    other = submitted_pool.catalog / "voisin"
    shutil.copytree(submitted_pool.catalog / "exemple", other)
    for file in (other / "partner.ttl", other / "agreement.ttl"):
        text = file.read_text(encoding="utf-8").replace("partner/exemple", "partner/voisin")
        file.write_text(text, encoding="utf-8")
    shutil.rmtree(other / "programmation")
    before = digest_data()
    result = run("publish", "--lang", "en")
    assert result.returncode == 2
    assert "which is no dataset of voisin" in result.stderr
    assert digest_data() == before


def test_a_dataset_without_agreement_is_not_even_read(run: Run, pool: Settings) -> None:
    (pool.catalog / "exemple" / "agreement.ttl").unlink()
    result = run("submit", "exemple/programmation", "--lang", "en")
    assert result.returncode == 2
    assert "no agreement in force speaks of the dataset exemple/programmation" in result.stderr
