"""Check a file without a mapping, and report what is wrong with it."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.errors import ParvisError
from parvis.pooling.intake.check import try_file
from parvis.pooling.intake.new_mappings import init_mapping
from parvis.pooling.pool import Pool
from parvis.pooling.report_model import ReportModel
from parvis.report.tables import write_sheets

POOL = Path(__file__).parents[2] / "cases" / "pool"
CheckFile = Callable[[str, bytes], ReportModel]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """Open a pool without any submission."""
    settings = Settings.load(data=tmp_path_factory.mktemp("data"), catalog=POOL)
    with Pool.open(settings) as pool:
        yield pool


@pytest.fixture
def check_file(pool: Pool, tmp_path: Path) -> CheckFile:
    """Return a function that checks a file of a name and a content."""

    def write_and_check(name: str, body: bytes) -> ReportModel:
        file = tmp_path / name
        file.write_bytes(body)
        return try_file(pool, file, None, "en")

    return write_and_check


def build_workbook(**changes: Callable[[bytes], bytes]) -> bytes:
    """Build a small workbook and change some of its parts, named by the end of their path."""
    original, changed = io.BytesIO(), io.BytesIO()
    write_sheets(original, {"A": ["Nom", "Date"]}, [("A", ["Été", "2026-01-01"])], Path())
    with zipfile.ZipFile(original) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            change = changes.get(Path(name).stem, bytes)
            target.writestr(name, change(source.read(name)))
    return changed.getvalue()


def test_a_file_in_which_nothing_is_recognised_is_refused(check_file: CheckFile) -> None:
    """The report gives the number of rows that were read."""
    report = check_file("rien.csv", b"zzz,qqq\n%%,&&\n")
    assert not report.good
    assert report.report.rows == 1
    assert report.data["answers"] is None


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("rien.csv", b"zzz,qqq\nx,marie.tremblay@example.org\n"),  # nothing is recognised
        ("rien.json", b'[{"zzz": "marie@example.org"}]'),
        ("public.csv", b"Visiteurs,Courriel\n12,marie.tremblay@example.org\n"),  # figures
    ],
)
def test_personal_data_are_reported_whatever_else_is_recognised(
    check_file: CheckFile, name: str, body: bytes
) -> None:
    """The place and the rule, never the value."""
    report = check_file(name, body)
    assert not report.good
    assert "personal-email" in {finding.rule for finding in report.report.findings}
    assert "marie" not in str(report.to_json())


def test_a_proposed_mapping_that_quotes_persons_is_not_shown(pool: Pool, tmp_path: Path) -> None:
    """Its comments quote the values that no code list has."""
    file = tmp_path / "codes.csv"
    rows = [f"2025,marie{number}@example.org,{number}" for number in range(9)]
    file.write_text("\n".join(["period,discipline,attendance", *rows]), encoding="utf-8")
    facts = {"measure": "attendance", "method": "ticketing"}
    report = try_file(pool, file, None, "en", facts)
    assert "personal-email" in {finding.rule for finding in report.report.findings}
    assert "marie" not in str(report.to_json())


DAMAGED = {
    "a cell of a type that there is not.xlsx": build_workbook(
        sheet1=lambda xml: re.sub(rb't="inlineStr"><is>.*?</is>', b't="zz"><v>1</v>', xml)
    ),
    "a sheet cut off.xlsx": build_workbook(sheet1=lambda xml: xml[: len(xml) // 2]),
    "a cell out of every sheet.xlsx": build_workbook(
        sheet1=lambda xml: xml.replace(b'r="A2"', b'r="AAAAAAAAAA99999999999999"')
    ),
    "no sheet.xlsx": build_workbook(
        workbook=lambda xml: re.sub(rb"<sheets>.*</sheets>", b"<sheets/>", xml, flags=re.DOTALL)
    ),
    "truncated.xlsx": build_workbook()[:-40],
    "a picture.xlsx": b"\x89PNG\r\n\x1a\n" + bytes(60),
    "a page.xls": b"<html><body><table><tr><td>Nom</td></tr></table></body></html>",
    "an older workbook with a password.xlsx": bytes.fromhex("d0cf11e0a1b11ae1") + bytes(9_000),
    "half a sign.csv": "Nom;Date\nÉté;2026\n".encode("utf-16")[:-1],
    "nothing.csv": b"",
    "nothing.xlsx": b"",
    "blanks.csv": b"\n\n",
    "no object.json": b"[]",
    "empty objects.json": b"[{}]",
    "deep.json": b"[" * 100_000,
    "no calendar.ics": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n",
    "binary.csv": bytes(range(256)) * 20,
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_reported_with_its_own_fault(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """By its name: never as a lack of memory, and without a traceback."""
    file = tmp_path / name
    file.write_bytes(DAMAGED[name])
    with pytest.raises(ParvisError) as caught:
        init_mapping(file, "en", Settings.load())
    assert name in str(caught.value)
    assert "memory" not in str(caught.value)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("signs.csv", b"a\x01,b\x1b,c\x7f\n1,2,3\n"),
        ("braces.csv", b"{a},{},}{\n1,2,3\n"),
        ("yaml.csv", b'"a: [b","%x","- {"\n1,2,3\n'),
        ("odd.csv", "😀,\u202e,\ufeff\n1,2,3\n".encode()),
        ("half.json", b'[{"\\udfff": "x"}]'),
        ("deep.json", b'[{"a":' + b"[" * 300 + b"1" + b"]" * 300 + b"}]"),
        ("large.json", b'[{"a": 1e999999999}]'),
    ],
)
def test_any_headings_lead_to_a_readable_mapping(
    check_file: CheckFile, name: str, body: bytes
) -> None:
    """Nothing in a file breaks the mapping that is drafted from it."""
    assert check_file(name, body).report.rows == 1


def test_half_a_surrogate_pair_is_reported(check_file: CheckFile) -> None:
    """JSON can contain it, RDF text cannot."""
    with pytest.raises(ParvisError, match=r"half\.json holds half of a character"):
        check_file("half.json", b'[{"a": "\\ud800"}]')


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("a.xlsx", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(9_000), "protected by a password"),
        ("a.xls", b"\r\n <html><table><tr><td>Nom</td></tr></table></html>", "is a web page"),
    ],
)
def test_a_file_that_is_no_spreadsheet_is_reported_with_a_correction(
    tmp_path: Path, name: str, body: bytes, message: str
) -> None:
    file = tmp_path / name
    file.write_bytes(body)
    with pytest.raises(ParvisError, match=rf"{message}.*save it .*as \.xlsx"):
        init_mapping(file, "en", Settings.load())
