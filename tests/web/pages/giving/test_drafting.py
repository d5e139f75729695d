"""A draft's agreement is made by answers, its file is submitted as its preview showed it."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from rdflib import Graph

from parvis.cli import parvis
from parvis.config import Settings
from parvis.ledger import Act, Audit, Deposits
from parvis.pooling.intake.drafts.store import Drafts
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.serving.readers import create_token
from parvis.pooling.stewardship.agreements import sign
from parvis.vocab.iris import DatasetKey
from tests.web.pages.giving.test_drafts import (  # noqa: F401 - fixtures
    SEASON,
    Editor,
    dropped,
    dropped_folder,
    editor,
    make_editor,
)


@pytest.fixture(autouse=True)
def _unsigned(editable_settings: Settings) -> None:
    """Take the invented day of signature out of the agreement, which is then signed anew."""
    file = editable_settings.catalog / "theatre-b" / "agreement.ttl"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if "dateAccepted" not in line), "utf-8")


ROLE = {"fr": "direction", "en": "direction"}
SAMPLE = Path(__file__).parents[3] / "cases" / "pool" / "theatre-b" / "spectacles"


def test_a_new_dataset_is_agreed_upon_submitted_accepted_and_published(
    dropped: Editor,  # noqa: F811
    editable_settings: Settings,
) -> None:
    """Each step is on the page; the texts are those of `parvis onboard`."""
    dropped.change("corrections", column="Genre", before="Théatrre", after="Théâtre")
    dropped.change("corrections", column="Prix", before="abc", after="12", row="4", only="1")
    name = dropped.draft.id
    path = f"/drafts/{name}/submission"
    assert "has no agreement yet" in dropped.get(path).text
    answers = {"title": "Saison", "access": "members", "keep": "P3Y", "excluded": "museum"}
    assert dropped.change("agreement", **answers).status_code == 303
    page = dropped.get(f"/drafts/{name}/agreement").text
    assert (
        '<td lang="fr">Les membres de la mutualisation peuvent lire ces données.</td>'
        in page.replace("\u00a0", " ")
    )
    assert '<td lang="en">The members of the pool may read these data.</td>' in page
    assert "may not read these data, nor make use of them" in page
    folder = editable_settings.catalog / "theatre-b"
    assert not (folder / "saison").exists()
    assert dropped.change("agreement", **answers, write="1").location == f"/en{path}"
    assert (folder / "saison" / "mapping.yml").read_text("utf-8") == dropped.draft.view.mapping
    draft_agreement = Graph().parse(folder / "agreement.draft.ttl", publicID=editable_settings.base)
    assert len(draft_agreement)
    assert dropped.change("submission").status_code == 303
    page = dropped.get(path).text
    assert "its agreement must be signed" in page
    assert "/en/organization/agreements" in page
    assert "Submit it to" not in page
    assert dropped.get(f"/drafts/{name}/agreement").status_code == 303

    sign(editable_settings, "theatre-b", None, ROLE, date(2026, 11, 1))
    dropped.change("submission")
    assert "Submit it to" in dropped.get(path).text
    assert dropped.change("submission", submit="1").status_code == 303
    page = dropped.get(path).text
    assert "waits for the steward" in page
    assert "/en/partner/theatre-b/uses" in page
    deposit = Deposits(editable_settings.data).require(dropped.draft.deposit)
    assert deposit.digest == dropped.draft.digest
    assert "already" in dropped.change("submission", submit="1").text

    steward = replace(dropped, token=create_token(editable_settings, "tiers").text)
    review = steward.get(f"/steward/queue/{deposit.id}").text
    assert "Genre: every “Théatrre” → “Théâtre”" in review
    assert steward.post(f"/steward/queue/{deposit.id}/accept").status_code == 303
    assert "was accepted" in dropped.get(path).text
    (entry,) = Audit(editable_settings.data).latest([Act.DEPOSIT], 9)
    facts = entry.entry
    assert (facts["role"], facts["corrections"]) == ("editor", 2)


def test_a_file_changed_between_preview_and_submission_is_refused(
    dropped: Editor,  # noqa: F811
    editable_settings: Settings,
) -> None:
    dropped.change("agreement", title="Saison", access="private", keep="", write="1")
    sign(editable_settings, "theatre-b", None, ROLE, date(2026, 11, 1))
    Drafts(editable_settings, dropped.party).file_of(dropped.draft).write_text(
        SEASON + "x;;;;;;;\n"
    )
    response = dropped.change("submission", submit="1")
    assert response.status_code == 400
    assert "is not what it was when you saw its preview" in response.text
    assert not Deposits(editable_settings.data).open()


def test_a_new_version_tells_what_changed_before_it_is_submitted(
    editor: Editor,  # noqa: F811
    editable_settings: Settings,
) -> None:
    """Things that are new, changed and gone, by name; columns too."""
    with Pool.open(editable_settings) as pool:
        submit(pool, DatasetKey("theatre-b", "spectacles"))
    sample = (SAMPLE / "spectacles.csv").read_text("utf-8")
    head, _, *rows = sample.splitlines()
    changed = "\n".join([f"{head},Note", *(f"{row},x" for row in rows)])
    assert editor.drop(changed, "spectacles-2.csv", dataset="spectacles").status_code == 303
    assert editor.draft.view.origin == "dataset"
    assert editor.change("submission").status_code == 303
    page = editor.get(f"/drafts/{editor.draft.id}/submission").text
    assert "What changed since spectacles.csv:" in page
    assert "gone: 1 (" in page
    assert "new columns: Note" in page


def test_answers_that_mean_nothing_change_nothing(
    dropped: Editor,  # noqa: F811
    editable_settings: Settings,
) -> None:
    before = sorted(editable_settings.catalog.rglob("*"))
    for wrong in (
        {"access": "everybody"},
        {"access": "members", "keep": "forever"},
        {"access": "members", "excluded": "zorglub"},
    ):
        response = dropped.change("agreement", **wrong, write="1")
        assert response.status_code == 400, wrong
        assert 'role="alert"' in response.text
    assert sorted(editable_settings.catalog.rglob("*")) == before
    assert dropped.draft.revision == 1


@pytest.mark.parametrize("part", ["agreement", "submission"])
def test_another_party_or_an_earlier_page_does_not_go_on(
    dropped: Editor,  # noqa: F811
    editable_settings: Settings,
    part: str,
) -> None:
    other = replace(dropped, token=create_token(editable_settings, "tiers").text)
    assert other.get(f"/drafts/{dropped.draft.id}/{part}").status_code == 404
    assert dropped.post(f"/drafts/{dropped.draft.id}/{part}", revision=9).status_code == 409


def test_the_page_and_the_command_write_the_same_texts(
    dropped: Editor,  # noqa: F811
    editable_settings: Settings,
    tmp_path: Path,
) -> None:
    """The command is given the file and the mapping that the page shows."""
    other = replace(editable_settings, catalog=tmp_path / "other")
    shutil.copytree(editable_settings.catalog, other.catalog)
    answers = {"title": "Saison", "access": "members", "keep": "P3Y", "excluded": "museum"}
    dropped.change("agreement", **answers, write="1")
    file = Drafts(editable_settings, dropped.party).file_of(dropped.draft)
    mapping = tmp_path / "mapping.yml"
    mapping.write_text(dropped.draft.view.mapping, encoding="utf-8")
    command = ["onboard", "theatre-b", "--file", str(file), "--access", "members"]
    command += ["--except", "museum", "--keep", "P3Y", "--title-fr", "Saison"]
    command += ["--mapping", str(mapping), "--catalog", str(other.catalog)]
    outcome = CliRunner().invoke(parvis, [*command, "--data", str(tmp_path / "other-data")])
    assert isinstance(outcome.exception, SystemExit | None), outcome.output
    for path in editable_settings.catalog.rglob("*.*"):
        relative = path.relative_to(editable_settings.catalog)
        if path.is_file() and relative.parts[0] == "theatre-b":
            assert (other.catalog / relative).read_text("utf-8") == path.read_text("utf-8")
    assert (other.catalog / "theatre-b" / "saison" / "dataset.ttl").is_file()
