"""A file of answers is counted, by row and column what is wrong with it, and nothing else of it."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.mapping.screening.answers import Questionnaire, tally
from parvis.report.tables import Sheet, write_workbook

HEADINGS = ["Period", "Weight", "Age", "Residence", "Company"]
ASKED = Questionnaire(
    columns={heading.casefold(): heading.casefold() for heading in HEADINGS},
    choices={
        "period": {"2025": "2025"},
        "weight": {},
        "age": {"18 to 24": "age/18-24", "65 and over": "age/65-plus"},
        "residence": {"outside quebec": "area/outside-qc"},
        "company": {"alone": "company/alone"},
    },
    prefixes={"H2X": "area/06", "K": "area/outside-qc"},
    residence="residence",
)


def write(file: Path, *rows: list[str]) -> Path:
    file.write_text("\n".join(";".join(row) for row in [HEADINGS, *rows]), encoding="utf-8")
    return file


def count(file: Path) -> dict[str, Any]:
    counts = tally(file, ASKED)
    assert counts is not None
    return counts


def test_answers_are_counted_with_their_weights(tmp_path: Path) -> None:
    """Decimal commas are read, an empty answer counts for no answer."""
    file = write(
        tmp_path / "a.csv",
        ["2025", "0,5", "18 to 24", "h2x", "Alone"],
        ["2025", "2", "18 to 24", "K1A", ""],
    )
    counts = count(file)
    assert counts["problems"] == []
    assert counts["respondents"] == 2
    assert counts["sums"] == [
        ["2025", "age", "age/18-24", 2, 2.5, 4.25],
        ["2025", "company", "company/alone", 1, 0.5, 0.25],
        ["2025", "residence", "area/06", 1, 0.5, 0.25],
        ["2025", "residence", "area/outside-qc", 1, 2.0, 4.0],
    ]


@pytest.mark.parametrize("weight", ["0", "-1", "x", "1e9", "nan", "inf", "0,0", "1000001", "½"])
def test_a_weight_that_is_none_is_told_with_its_row(tmp_path: Path, weight: str) -> None:
    file = write(
        tmp_path / "a.csv",
        ["2025", "1", "18 to 24", "", ""],
        ["2025", weight, "18 to 24", "", ""],
    )
    counts = count(file)
    assert counts["problems"] == [{"row": 3, "column": "weight", "heading": "Weight"}]


def test_weights_are_in_all_rows_or_in_none(tmp_path: Path) -> None:
    """A forgotten weight is not the weight 1."""
    rows = [["2025", "", "18 to 24", "", ""], ["2025", "", "65 and over", "", ""]]
    assert count(write(tmp_path / "a.csv", *rows))["sums"][0][3:] == [1, 1.0, 1.0]
    rows.append(["2025", "1.5", "18 to 24", "", ""])
    counts = count(write(tmp_path / "a.csv", *rows))
    assert [problem["row"] for problem in counts["problems"]] == [2, 3]


def test_an_answer_of_no_list_and_a_missing_period_are_told(tmp_path: Path) -> None:
    """No value of a cell is in what is told."""
    file = write(
        tmp_path / "a.csv",
        ["", "1", "18 to 24", "", "Alone"],
        ["2025", "1", "the old days", "H9Z", "Alone"],
    )
    counts = count(file)
    places = [(problem["row"], problem["column"]) for problem in counts["problems"]]
    assert places == [(2, "period"), (3, "age"), (3, "residence")]
    assert "old days" not in str(counts)


def test_only_the_first_problems_are_named(tmp_path: Path) -> None:
    rows = [["2025", "-1", "18 to 24", "", ""]] * 50
    counts = count(write(tmp_path / "a.csv", *rows))
    assert (len(counts["problems"]), counts["problem_count"]) == (10, 50)


def test_a_sheet_under_a_title_is_found_in_a_workbook(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    rows = [["Notre sondage", "", "", "", ""], HEADINGS, ["2025", "1", "18 to 24", "", "Alone"]]
    write_workbook(file, [Sheet("Lisez-moi", [["Merci"]], {}), Sheet("Réponses", rows, {})])
    counts = count(file)
    assert counts["sheet"] == "Réponses"
    assert len(counts["sums"]) == 2


def test_a_compressed_file_is_counted(tmp_path: Path) -> None:
    plain = write(tmp_path / "a.csv", ["2025", "1", "18 to 24", "", ""])
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert count(packed)["sums"] == count(plain)["sums"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Period;Weight;Age\n2025;1;18 to 24",
        "Period;Age;Residence;Company\n2025;18 to 24;;",
        '{"Period": 2025}',
        'Period;Weight;Age;Residence;Company\n"broken',
    ],
)
def test_another_file_is_left_to_others(tmp_path: Path, text: str) -> None:
    """Also one that cannot be read, which is reported where it is converted."""
    file = tmp_path / "a.csv"
    file.write_text(text, encoding="utf-8")
    assert tally(file, ASKED) is None
    assert tally(tmp_path / "none.csv", ASKED) is None


def test_a_file_that_identifies_persons_is_not_counted(tmp_path: Path) -> None:
    """The gate refuses it, with its column and row."""
    names = ("marie.tremblay", "luc.gagnon", "josee.roy", "sarah.smith")
    rows = [["2025", "1", "18 to 24", "", "Alone", f"{name}@courriel.ca"] for name in names]
    file = tmp_path / "a.csv"
    lines = [[*HEADINGS, "Courriel"], *rows]
    file.write_text("\n".join(";".join(row) for row in lines), encoding="utf-8")
    assert tally(file, ASKED) is None


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["18 to 24", "65 and over", ""]),
            st.integers(1, 500).map(lambda number: f"{number / 100:.2f}"),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_counts_are_those_of_a_plain_addition(
    rows: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("answers") / "a.csv"
    write(file, *(["2025", weight, age, "", "Alone"] for age, weight in rows))
    sums = {answer: numbers for _, question, answer, *numbers in count(file)["sums"]}
    for text, code in ASKED.choices["age"].items():
        weights = [float(weight) for age, weight in rows if age == text]
        if weights:
            expected = [len(weights), sum(weights), sum(weight**2 for weight in weights)]
            assert sums[code] == pytest.approx(expected)
