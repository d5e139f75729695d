"""Help partners who begin: mappings, previews and templates."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

from parvis.mapping.load import load

Run = Callable[..., CompletedProcess[str]]


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
        "- [parvis:refArea, concept:area/13~iri]",
    ):
        assert line in result.stdout
    assert run("init-mapping", tmp_path / "m.csv", "--measure", "heads").returncode == 2
