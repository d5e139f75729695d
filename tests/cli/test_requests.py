"""The commands on requests, notices and uses do what the pages do."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parvis.cli import main
from parvis.config import Settings
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from tests.pooling.stewardship.requests.conftest import PARTY, POOL

UNTIL = (datetime.now(UTC).date() + timedelta(days=90)).isoformat()
DATASET = "theatre-b/billets"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Publish a pool with a party that only reads."""
    folder = tmp_path_factory.mktemp("asked")
    shutil.copytree(POOL, folder / "catalog")
    (folder / "catalog" / "chercheuse").mkdir()
    (folder / "catalog" / "chercheuse" / "party.ttl").write_text(PARTY, encoding="utf-8")
    settings = Settings.load(data=folder / "data", catalog=folder / "catalog")
    with Pool.open(settings) as pool:
        for key in pool.catalog.datasets:
            assert submit(pool, key).accepted
        publish(pool)
    return ["--data", str(folder / "data"), "--catalog", str(folder / "catalog"), "--lang", "en"]


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(words)
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out + captured.err


def make(capsys: pytest.CaptureFixture[str], folders: list[str]) -> str:
    asked = ("--purpose", "AcademicResearch", "--until", UNTIL, "--message", "A thesis", "--json")
    code, out = run(capsys, "request", "make", "chercheuse", DATASET, *asked, *folders)
    assert code == 0, out
    (request,) = json.loads(out)
    return str(request["id"])


def test_a_request_is_made_offered_accepted_and_listed(
    capsys: pytest.CaptureFixture[str], folders: list[str]
) -> None:
    name = make(capsys, folders)
    assert run(capsys, "request", "offer", name, *folders)[0] == 0
    code, out = run(capsys, "request", "accept", name, *folders)
    assert (code, "agreed" in out) == (0, True)
    assert run(capsys, "request", "accept", name, *folders)[0] == 2
    out = run(capsys, "request", "list", "--party", "theatre-b", *folders)[1]
    assert name in out
    history = run(capsys, "request", "show", name, *folders)[1]
    assert "accept" in history
    assert Path(folders[3], "theatre-b", "agreement.draft.ttl").is_file()


def test_one_is_declined_another_withdrawn_and_none_expires_early(
    capsys: pytest.CaptureFixture[str], folders: list[str]
) -> None:
    declined, withdrawn = make(capsys, folders), make(capsys, folders)
    assert run(capsys, "request", "decline", declined, "--reason", "No.", *folders)[0] == 0
    assert run(capsys, "request", "withdraw", withdrawn, *folders)[0] == 0
    assert run(capsys, "request", "expire", "--json", *folders)[1].count("[]") == 2
    wrong = ("--purpose", "x", "--until", UNTIL, "--message", "x")
    assert run(capsys, "request", "make", "chercheuse", DATASET, *wrong, *folders)[0] == 2


def test_a_rule_answers_at_once_until_it_is_ended(
    capsys: pytest.CaptureFixture[str], folders: list[str]
) -> None:
    out = run(capsys, "request", "rule", DATASET, "--json", *folders)[1]
    rule = json.loads(out)["id"]
    assert run(capsys, "request", "end-rule", "theatre-b", rule, *folders)[0] == 0
    assert run(capsys, "request", "end-rule", "theatre-b", rule, *folders)[0] == 2


def test_the_file_under_law_25_is_filled_in_and_written(
    capsys: pytest.CaptureFixture[str], folders: list[str], tmp_path: Path
) -> None:
    name = make(capsys, folders)
    items = ("writing", "presentation", "grounds", "others")
    answers = [word for item in items for word in ("--answer", f"{item}=Une thèse")]
    day = ("--step", "requested", "--day", datetime.now(UTC).date().isoformat())
    output = tmp_path / "file.html"
    words = ("request", "law25", name, *answers, *day, "-o", str(output), *folders)
    code, out = run(capsys, *words)
    assert code == 0, out
    assert "P-39.1" in output.read_text(encoding="utf-8")


def test_notices_and_uses_are_listed(
    capsys: pytest.CaptureFixture[str], folders: list[str]
) -> None:
    for words in (("send",), ("dates",), ("list",), ("retry",)):
        assert run(capsys, "notify", *words, *folders)[0] == 0
    code, out = run(capsys, "uses", "theatre-b", *folders)
    assert code == 0
    assert "published version 1" in out
