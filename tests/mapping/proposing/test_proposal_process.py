"""Foreign files are analysed in a killable process."""

import json
import zipfile
from pathlib import Path

import pytest

from parvis.config import Limits
from parvis.config.json_data import from_json, to_json
from parvis.errors import LimitError, SourceError
from parvis.mapping.proposing import Vocabulary, propose
from parvis.mapping.proposing.drafting import draft
from parvis.mapping.proposing.proposals import propose_columns
from parvis.mapping.proposing.row_class import choose
from parvis.mapping.proposing.sampling import read_samples

CSV = "Titre;Date;Code postal;Jeunes (0-13);Aînés\nÉté;2026-07-01;H2X 1Y4;12;3\nNu;2026-07-02;;;\n"


def write_file(folder: Path, name: str, text: str) -> Path:
    """Write a file."""
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_proposal_from_a_worker_is_the_same(
    tmp_path: Path, vocabulary: Vocabulary, lang: str
) -> None:
    file = write_file(tmp_path, "été.csv", CSV)
    sample = read_samples(file)[0]
    expected = draft(
        sample, choose(propose_columns(sample, vocabulary), vocabulary), vocabulary, lang
    )
    assert propose(file, vocabulary, lang, Limits()) == expected


def test_a_vocabulary_survives_json(vocabulary: Vocabulary) -> None:
    """It is sent as JSON."""
    assert from_json(Vocabulary, json.loads(json.dumps(to_json(vocabulary)))) == vocabulary


def test_an_unreadable_file_keeps_its_error(tmp_path: Path, vocabulary: Vocabulary) -> None:
    """The error keeps its type and message."""
    with pytest.raises(SourceError, match=r"there is no file .*absent\.csv"):
        propose(tmp_path / "absent.csv", vocabulary, "en", Limits())
    with pytest.raises(SourceError, match=r"a\.docx: the ending must be one of"):
        propose(write_file(tmp_path, "a.docx", ""), vocabulary, "en", Limits())


def test_a_file_that_exceeds_the_memory_ends_only_the_process(
    tmp_path: Path, vocabulary: Vocabulary, capfd: pytest.CaptureFixture[str]
) -> None:
    """The error names the file and the limit; no traceback is printed."""
    file = write_file(tmp_path, "f.json", "[" + '{"code": "a"},' * 3_000_000 + "{}]")
    limits = Limits(conversion_memory=400_000_000)
    # The gate reads such a file item by item, within the same limit, for most of a minute.
    with pytest.raises(SourceError, match=r"looked at f\.json ended .* 400000000 bytes"):
        propose(file, vocabulary, "en", limits, judged=True)
    assert "Traceback" not in capfd.readouterr().err


def test_a_decompression_bomb_in_a_workbook_is_an_error(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    """It is refused before it is read, or the process that reads it ends."""
    file = tmp_path / "bombe.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(200_000_000))
    with pytest.raises((SourceError, LimitError), match=r"bombe\.xlsx"):
        propose(file, vocabulary, "en", Limits(conversion_memory=600_000_000))


def test_an_analysis_that_takes_too_long_is_cancelled(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    with pytest.raises(LimitError, match=r"f\.csv took more than 0\.001 seconds"):
        propose(
            write_file(tmp_path, "f.csv", CSV), vocabulary, "en", Limits(conversion_seconds=0.001)
        )
