"""Commands for partners who begin."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

from parvis.mapping.load import load

Run = Callable[..., CompletedProcess[str]]


def test_a_proposed_mapping_is_written_once(run: Run, dataset: Path, tmp_path: Path) -> None:
    """It loads, and an existing file is never touched."""
    words = ("init-mapping", dataset / "programmation.csv", "-o", tmp_path / "m.yml")
    assert run(*words, "--lang", "fr").returncode == 0
    assert load(tmp_path / "m.yml").entities
    assert "à relire" in (tmp_path / "m.yml").read_text(encoding="utf-8")
    assert run(*words).returncode == 2


def test_a_preview_shows_rows_as_turtle(run: Run, dataset: Path) -> None:
    """Each row stands under its number, and no more rows than asked."""
    assert dataset.is_dir()
    found = run("preview", "exemple/programmation", "-n", "2", "--lang", "en")
    assert found.returncode == 0
    assert "# programmation.csv, row 2" in found.stdout
    assert "a schema:TheaterEvent" in found.stdout
    assert found.stdout.count("# programmation.csv") == 2


def test_a_template_is_a_file_to_fill_in(run: Run, tmp_path: Path) -> None:
    """Headings in the reader's language."""
    found = run("template", "Place", "-f", "csv", "-o", tmp_path / "p.csv", "--lang", "fr")
    assert found.returncode == 0
    assert "Code postal" in (tmp_path / "p.csv").read_text(encoding="utf-8-sig")


def test_a_template_of_nothing_known_is_refused(run: Run, tmp_path: Path) -> None:
    """Exit code 2, one line."""
    assert run("template", "Vaisseau", "-o", tmp_path / "v.xlsx").returncode == 2


def test_figures_are_mapped_for_a_dataset_by_what_is_told(run: Run, tmp_path: Path) -> None:
    """The example of a form, and the mapping for it."""
    assert run("template", "by-month", "-f", "csv", "-o", tmp_path / "m.csv").returncode == 0
    told = ("--dataset", "musee/publics", "--measure", "visits", "--method", "Compteur")
    found = run("init-mapping", tmp_path / "m.csv", *told, "--area", "Laval (région)")
    for line in (
        "id/cube/musee/publics~iri",
        "- [qb:measureType, parvis:visits~iri]",
        "- [parvis:method, concept:method/counter~iri]",
        "- [parvis:refArea, concept:area/13~iri]",
    ):
        assert line in found.stdout
    assert run("init-mapping", tmp_path / "m.csv", "--measure", "heads").returncode == 2
