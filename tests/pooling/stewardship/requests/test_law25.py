"""The file under Law 25: items, an assessment kept privately, dated steps, a document to send."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.errors import InputError, LimitError, UnknownThing
from parvis.ledger import Requests
from parvis.pooling.serving.service import PoolService
from parvis.pooling.stewardship.requests import law25
from tests.pooling.stewardship.requests.test_requesting import ASKING, RESEARCHER, THEATRE, ask

ITEMS = dict.fromkeys(("writing", "presentation", "grounds", "others"), "<b>Une thèse</b>")
TODAY = datetime.now(UTC).date()


def day(ago: int) -> str:
    return (TODAY - timedelta(days=ago)).isoformat()


def test_from_the_form_to_the_certificate(
    settings: Settings, service: PoolService, tmp_path: Path
) -> None:
    name = ask(service).id
    with pytest.raises(InputError):  # the items come first
        law25.date_step(settings, name, "requested", day(90), ASKING)
    law25.write_answers(settings, name, ITEMS | {"unknown": "x"}, ASKING)
    law25.date_step(settings, name, "requested", day(90), ASKING)
    with pytest.raises(InputError):  # nothing is joined yet
        law25.date_step(settings, name, "assessed", day(80), ASKING)
    file = tmp_path / "efvp.pdf"
    file.write_bytes(b"%PDF-1.7 secret")
    law25.join_assessment(settings, name, file, ASKING)
    path, kind = law25.find_assessment(settings, name)
    assert (path.read_bytes(), kind) == (b"%PDF-1.7 secret", "application/pdf")
    assert path.stat().st_mode & 0o077 == 0
    law25.date_step(settings, name, "assessed", day(80), ASKING)
    law25.date_step(settings, name, "sent", day(40), ASKING)
    assert law25.read_file(settings, name).in_force == TODAY - timedelta(days=10)
    for step, when in (("destroyed", day(11)), ("destroyed", day(-1)), ("x", day(1))):
        with pytest.raises(InputError):
            law25.date_step(settings, name, step, when, ASKING)
    law25.date_step(settings, name, "destroyed", day(10), ASKING)
    names = {party: {"fr": "X & Y", "en": "X"} for party in (RESEARCHER, THEATRE)}
    document = law25.render_document(settings, name, names)
    assert "&lt;b&gt;Une thèse&lt;/b&gt;" in document
    assert "Demande aux fins d’étude" in document
    assert "Request for study" in document
    acts = {change.act for change in Requests(settings.data).history(name)}
    assert acts == {"make", "law25-answers", "law25-assessment", "law25-step"}


@pytest.mark.parametrize(
    ("file_name", "body"),
    [
        ("a.pdf", b"<html>"),
        ("a.exe", b"MZ"),
        ("a.docx", b"PK\x03\x04 nothing inside"),
        ("a.odt", b"PK\x03\x04 word/"),
        ("pdf", b"%PDF-"),
    ],
)
def test_what_is_no_document_is_refused(
    settings: Settings, service: PoolService, tmp_path: Path, file_name: str, body: bytes
) -> None:
    name, file = ask(service).id, tmp_path / file_name
    file.write_bytes(body)
    with pytest.raises(InputError):
        law25.join_assessment(settings, name, file, ASKING)
    with pytest.raises(UnknownThing):
        law25.find_assessment(settings, name)


def test_an_assessment_is_bounded_and_a_new_one_takes_its_place(
    settings: Settings, service: PoolService, tmp_path: Path
) -> None:
    name, file = ask(service).id, tmp_path / "a.pdf"
    file.write_bytes(b"%PDF-" + bytes(law25.MOST))
    with pytest.raises(LimitError):
        law25.join_assessment(settings, name, file, ASKING)
    for body in (b"%PDF-1", b"%PDF-2"):
        file.write_bytes(body)
        law25.join_assessment(settings, name, file, ASKING)
    path, _ = law25.find_assessment(settings, name)
    assert path.read_bytes() == b"%PDF-2"
    assert len(list(path.parent.iterdir())) == 1
