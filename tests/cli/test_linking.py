"""``parvis link`` and ``parvis identities``: runs, reviews, tables of judgements, wrong use."""

import json
from pathlib import Path

import pytest

from parvis.cli import main
from parvis.config import Settings
from parvis.pooling.pool import Pool
from tests.cli.conftest import Run
from tests.pooling.linked import QID, fill, put_graph, write_hall


def replace_no_break_spaces(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def folder_options(pool: Settings, tmp_path: Path) -> list[object]:
    """Return the options of a pool in which three graphs describe one hall."""
    with Pool.open(pool) as opened_pool:
        fill(opened_pool, tmp_path)
    return ["--data", pool.data, "--catalog", pool.catalog]


def test_a_run_reports_links_and_candidates(run: Run, folder_options: list[object]) -> None:
    """For people in their language, and for programs."""
    result = run("link", "--lang", "fr", *folder_options)
    assert result.returncode == 0
    assert "liées par un identifiant commun : 1" in replace_no_break_spaces(result.stdout)
    report = json.loads(run("link", "--json", *folder_options).stdout)
    assert (report["compared"], report["candidates"], report["waiting"]) == (0, 3, 2)
    assert report["precision"][0] == {"of": "rule", "judged": 0, "positive": 0, "precision": None}


def test_a_person_reviews_in_the_terminal(
    run: Run, folder_options: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer is saved at once; an answer that is not understood is asked for again."""
    run("link", *folder_options)
    answers = iter(("hein", "oui", "q"))
    monkeypatch.setattr("click.prompt", lambda *_, **__: next(answers))
    result = run("link", "--review", "--author", "Camille", "--lang", "fr", *folder_options)
    assert "1 de 2 · lieu · note" in result.stdout
    assert "+ même code postal : H2X0Z1" in replace_no_break_spaces(result.stdout)
    assert "2 de 2" in result.stdout
    assert json.loads(run("link", "--json", *folder_options).stdout)["waiting"] == 1


def test_judgements_are_imported_from_a_spreadsheet_and_undone(
    run: Run, folder_options: list[object], tmp_path: Path
) -> None:
    """The number of the judgement comes from the review."""
    file = tmp_path / "pairs.csv"
    run("link", *folder_options)
    assert (
        "3 candidates are in"
        in run("link", "--export", file, "--lang", "en", *folder_options).stdout
    )
    text = file.read_text(encoding="utf-8-sig").replace("\n,", "\nno,")
    file.write_text(text, encoding="utf-8")
    imported = run("link", "--import", file, "--author", "Camille", "--lang", "en", *folder_options)
    assert "2 judgements are written down" in imported.stdout
    assert run("link", "--undo", 3, "--lang", "en", *folder_options).returncode == 0
    second_undo = run("link", "--undo", 3, "--lang", "en", *folder_options)
    assert (second_undo.returncode, second_undo.stdout) == (2, "")
    assert "no judgement that stands has the number 3" in second_undo.stderr


def test_an_export_is_never_out_of_date(
    run: Run,
    pool: Settings,
    folder_options: list[object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither after a new submission, nor before the first run; nor is a review."""
    file = tmp_path / "pairs.csv"
    assert "3 candidates" in run("link", "--export", file, "--lang", "en", *folder_options).stdout
    with Pool.open(pool) as opened_pool:
        put_graph(opened_pool, "c", write_hall("c", hall="Musée des Marées"), tmp_path)
        put_graph(opened_pool, "d", write_hall("d", hall="Salle de la Lanterne"), tmp_path)
    run("link", "--export", file, "--lang", "en", *folder_options)
    text = file.read_text(encoding="utf-8-sig")
    assert "Salle de la Lanterne" in text
    assert "Théâtre La Lanterne inc." not in text
    with Pool.open(pool) as opened_pool:
        put_graph(opened_pool, "d", write_hall("d", hall="Lanterne (salle)"), tmp_path)
    monkeypatch.setattr("click.prompt", lambda *_, **__: "s")
    review = run("link", "--review", "--lang", "en", *folder_options)
    assert "Lanterne (salle)" in review.stdout


def test_contradictory_options_and_wrong_tables_are_refused(
    run: Run, folder_options: list[object], tmp_path: Path
) -> None:
    """In one line, with code 2, before anything is changed."""
    both = run("link", "--review", "--undo", 1, *folder_options)
    assert (both.returncode, len(both.stderr.splitlines())) == (2, 1)
    file = tmp_path / "pairs.csv"
    file.write_text("a,b\n", encoding="utf-8")
    wrong = run("link", "--import", file, "--lang", "fr", *folder_options)
    assert wrong.returncode == 2
    assert "n’a pas de colonne « Décision »" in replace_no_break_spaces(wrong.stderr)


def test_a_review_without_candidates_says_so(
    pool: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["link", "--review", "--data", str(pool.data), "--catalog", str(pool.catalog)]
    with pytest.raises(SystemExit) as exit_info:
        main([*arguments, "--lang", "en"])
    assert not exit_info.value.code
    assert "nothing waits to be judged" in capsys.readouterr().out


def test_a_file_is_matched_exported_and_imported(
    run: Run, folder_options: list[object], tmp_path: Path
) -> None:
    """For people in their language, and for programs."""
    dump, out = tmp_path / "dump.csv", tmp_path / "out.csv"
    dump.write_text(f"iri,name\n{QID.format(1)},La Lanterne\n", encoding="utf-8")
    first_run = run("identities", dump, "--lang", "en", *folder_options)
    assert "1 without a stated kind" in first_run.stdout
    exported = run(
        "identities", dump, "--kind", "place", "--export", out, "--lang", "fr", *folder_options
    )
    assert exported.returncode == 0, exported.stderr
    assert "2 proposées" in exported.stdout
    report = json.loads(
        run("identities", dump, "--kind", "place", "--json", *folder_options).stdout
    )
    assert [candidate["proposed"] for candidate in report["candidates"]] == [True, True, False]
    imported = run(
        "identities", "--import", out, "--author", "Camille", "--lang", "en", *folder_options
    )
    assert imported.stdout.startswith("2 judgements")


def test_a_missing_file_or_argument_prints_one_line(
    run: Run, folder_options: list[object], tmp_path: Path
) -> None:
    for arguments in ((), (tmp_path / "absent.nt",)):
        result = run("identities", *arguments, *folder_options)
        assert result.returncode == 2
        assert len(result.stderr.splitlines()) == 1
