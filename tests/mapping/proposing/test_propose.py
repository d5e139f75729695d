"""A stranger's file is looked at in a process that can be killed."""

import json
import zipfile
from pathlib import Path

import pytest

from parvis.config import Limits
from parvis.errors import LimitError, SourceError
from parvis.mapping.proposing import (
    Vocabulary,
    choose,
    draft,
    propose,
    propose_columns,
    read_sample,
)

CSV = "Titre;Date;Code postal;Jeunes (0-13);Aînés\nÉté;2026-07-01;H2X 1Y4;12;3\nNu;2026-07-02;;;\n"


def written(folder: Path, name: str, text: str) -> Path:
    """Write a file."""
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_proposal_from_another_process_is_the_same(
    tmp_path: Path, vocabulary: Vocabulary, lang: str
) -> None:
    """To the letter."""
    file = written(tmp_path, "été.csv", CSV)
    found = read_sample(file)
    here = draft(found, choose(propose_columns(found, vocabulary), vocabulary), vocabulary, lang)
    assert propose(file, vocabulary, lang, Limits()) == here


def test_a_vocabulary_crosses_to_another_process(vocabulary: Vocabulary) -> None:
    """As JSON, and nothing is lost."""
    assert Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json()))) == vocabulary


def test_a_file_that_cannot_be_read_keeps_its_sentence(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    """Its kind and its name cross the pipe."""
    with pytest.raises(SourceError, match=r"there is no file .*absent\.csv"):
        propose(tmp_path / "absent.csv", vocabulary, "en", Limits())
    with pytest.raises(SourceError, match=r"a\.docx: the ending must be one of"):
        propose(written(tmp_path, "a.docx", ""), vocabulary, "en", Limits())


def test_a_file_larger_than_the_memory_costs_the_process_only(
    tmp_path: Path, vocabulary: Vocabulary, capfd: pytest.CaptureFixture[str]
) -> None:
    """The error names the file and the limit; no traceback is printed."""
    file = written(tmp_path, "f.json", "[" + '{"code": "a"},' * 3_000_000 + "{}]")
    with pytest.raises(SourceError, match=r"looked at f\.json ended .* 400000000 bytes"):
        propose(file, vocabulary, "en", Limits(conversion_memory=400_000_000))
    assert "Traceback" not in capfd.readouterr().err


def test_a_workbook_that_unfolds_beyond_reason_is_a_sentence(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    """It says so before it is read, or ends the process that reads it."""
    file = tmp_path / "bombe.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(200_000_000))
    with pytest.raises((SourceError, LimitError), match=r"bombe\.xlsx"):
        propose(file, vocabulary, "en", Limits(conversion_memory=600_000_000))


def test_a_file_that_takes_too_long_is_let_go(tmp_path: Path, vocabulary: Vocabulary) -> None:
    """The error names the limit."""
    with pytest.raises(LimitError, match=r"f\.csv took more than 0\.001 seconds"):
        propose(written(tmp_path, "f.csv", CSV), vocabulary, "en", Limits(conversion_seconds=0.001))
