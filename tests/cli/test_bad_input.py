"""Bad input: one clear line in both languages, exit code 2, and nothing changed."""

import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from parvis.config import Settings

Run = Callable[..., CompletedProcess[str]]
Snapshot = Callable[[], dict[str, str]]

HEADINGS = "No;Spectacle;Date;Salle;Adresse;Ville;Code postal;Discipline;Public;Prix;Statut"
ROW = (
    "EX-01;Le phare;17/09/2026 20:00;Grande salle;1, rue A;Laval;H2X 0Z1;Théâtre;Adultes;1;Confirmé"
)

Spoil = Callable[[Path, Path], None]
"""Makes something wrong, with the dataset's folder and the file that will be submitted."""


def unreadable(_: Path, file: Path) -> None:
    """Put an empty folder where a file is meant."""
    file.mkdir()


def absent(_: Path, file: Path) -> None:
    """Give no file at all."""
    file.unlink(missing_ok=True)


def contradicted(dataset: Path, file: Path) -> None:
    """Declare UTF-8, and write Windows-1252."""
    mapping = dataset / "mapping.yml"
    text = mapping.read_text(encoding="utf-8")
    mapping.write_text(text.replace('delimiter: ";"', 'delimiter: ";"\n    encoding: utf-8'))
    file.write_text(f"{HEADINGS}\n{ROW}\n", encoding="cp1252")


def unknown_key(dataset: Path, file: Path) -> None:
    """Name a key that means nothing in the mapping."""
    mapping = dataset / "mapping.yml"
    text = mapping.read_text(encoding="utf-8")
    mapping.write_text(text.replace("delimiter:", "delimeter:"), encoding="utf-8")
    file.write_text(f"{HEADINGS}\n{ROW}\n", encoding="utf-8")


def missing_column(_: Path, file: Path) -> None:
    """Leave out a column that the mapping reads."""
    file.write_text(f"{HEADINGS.replace('Prix', 'Tarif')}\n{ROW}\n", encoding="utf-8")


def empty(_: Path, file: Path) -> None:
    """Write nothing into the file."""
    file.write_bytes(b"")


def headings_only(_: Path, file: Path) -> None:
    """Write headings and no row."""
    file.write_text(f"{HEADINGS}\n", encoding="utf-8")


def anothers(_: Path, file: Path) -> None:
    """Give another partner's file: a library's loans."""
    file.write_text("Bibliothèque;Adultes;Jeunes\nDu Parc;1200;340\n", encoding="utf-8")


BAD: list[tuple[Spoil, str, str]] = [
    (unreadable, "envoi.csv", "envoi.csv"),
    (absent, "there is no file", "n’existe pas"),
    (contradicted, "contradict the encoding utf-8", "contredisent l’encodage"),
    (unknown_key, "unknown key “delimeter”", "clé inconnue «\u00a0delimeter\u00a0»"),
    (missing_column, "no column “Prix”", "absent de l’en-tête\u00a0: «\u00a0Prix\u00a0»"),
    (empty, "envoi.csv is empty", "envoi.csv est vide"),
    (headings_only, "finds nothing in it", "n’y trouve rien"),
    (anothers, "no column “Adresse", "absent de l’en-tête\u00a0: «\u00a0Adresse\u00a0», «"),
]


@pytest.mark.parametrize(("spoil", "english", "french"), BAD, ids=[one[0].__name__ for one in BAD])
@pytest.mark.parametrize("command", ["check", "submit"])
@pytest.mark.usefixtures("kept")
def test_bad_input_is_one_clear_line_and_changes_nothing(  # noqa: PLR0913, PLR0917 - a table's row
    run: Run,
    dataset: Path,
    snapshot: Snapshot,
    tmp_path: Path,
    command: str,
    spoil: Spoil,
    english: str,
    french: str,
) -> None:
    """Exit code 2, one line on stderr in either language, the data folder as it was."""
    file = tmp_path / "envoi.csv"
    spoil(dataset, file)
    before = snapshot()
    for lang, expected in (("en", english), ("fr", french)):
        found = run(command, "exemple/programmation", file, "--lang", lang)
        assert (found.returncode, found.stdout) == (2, "")
        assert found.stderr.count("\n") == 1
        assert expected in found.stderr
        assert "Traceback" not in found.stderr
    assert snapshot() == before


def test_an_agreement_about_another_partners_data_is_refused(
    run: Run, kept: Settings, snapshot: Snapshot
) -> None:
    """A partner cannot open what is not its own: the whole catalogue folder is refused."""
    other = kept.catalog / "voisin"
    shutil.copytree(kept.catalog / "exemple", other)
    for file in (other / "partner.ttl", other / "agreement.ttl"):
        text = file.read_text(encoding="utf-8").replace("partner/exemple", "partner/voisin")
        file.write_text(text, encoding="utf-8")
    shutil.rmtree(other / "programmation")
    before = snapshot()
    found = run("publish", "--lang", "en")
    assert found.returncode == 2
    assert "which is no dataset of voisin" in found.stderr
    assert snapshot() == before


def test_a_dataset_without_agreement_is_not_even_read(run: Run, pool: Settings) -> None:
    """What nobody agreed to is not looked at."""
    (pool.catalog / "exemple" / "agreement.ttl").unlink()
    found = run("submit", "exemple/programmation", "--lang", "en")
    assert found.returncode == 2
    assert "no agreement speaks of the dataset exemple/programmation" in found.stderr
