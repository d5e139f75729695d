"""The steward's pages start jobs, show them, and ask for the name before they destroy anything."""

import json
import shutil
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from parvis.config import Settings
from parvis.ledger import JobState
from parvis.pooling.pool import Pool
from parvis.pooling.serving.readers import create_token
from parvis.pooling.stewardship.jobs import get_job, list_jobs, wait_for_jobs
from parvis.pooling.stewardship.texts.check import check_catalogue
from parvis.store.generation.generation import numbers
from tests.web.pages.steward.conftest import PATIENCE, SignIn, read_page, send_form

PAGES = (
    "/steward",
    "/steward/jobs",
    "/steward/jobs/1",
    "/steward/jobs/new?kind=withdraw&name=theatre-b/billets",
    "/steward/versions",
    "/steward/due",
    "/steward/backups",
    "/steward/portals",
    "/steward/feeds",
)
OWN_PAGES = ("/steward/figures", "/steward/settings", "/steward/links", "/steward/queue")
"""The pages that the steward alone may open."""


def run(client: FlaskClient, settings: Settings, kind: str, **fields: str) -> None:
    """Start a job by its form, and wait for its end."""
    answer = send_form(client, "/steward/jobs", kind=kind, **fields)
    assert answer.status_code == 303, answer.get_data(as_text=True)[-1500:]
    assert wait_for_jobs(settings, PATIENCE)
    job = get_job(settings, int(answer.location.rpartition("/")[2]))
    assert job.state is JobState.DONE, job.problems


@pytest.mark.parametrize("path", PAGES)
def test_the_steward_and_a_protector_see_a_page_and_nobody_else(
    sign_in: SignIn, tended: Settings, path: str
) -> None:
    """A protector only reads: no form of it acts."""
    steward = sign_in("host")
    if path.endswith("/1"):
        run(steward, tended, "verify")
    for lang in ("fr", "en"):
        assert steward.get(f"/{lang}{path}").status_code == 200
    watcher = read_page(sign_in("protector"), path)
    assert 'action="/fr/steward/jobs"' not in watcher
    for scope in ("read", ""):
        assert sign_in(scope).get(path).status_code == 403


@pytest.mark.parametrize("path", OWN_PAGES)
def test_the_steward_alone_sees_what_hides_partners(sign_in: SignIn, path: str) -> None:
    assert read_page(sign_in("host"), path)
    for scope in ("protector", "read", ""):
        assert sign_in(scope).get(path).status_code == 403


def test_others_start_cancel_and_repeat_nothing(sign_in: SignIn, tended: Settings) -> None:
    for scope in ("protector", "read", ""):
        client = sign_in(scope)
        page = client.get("/fr/login").get_data(as_text=True)
        proof = page.partition('name="proof" value="')[2].partition('"')[0]
        for path in ("/steward/jobs", "/steward/jobs/1/cancel", "/steward/jobs/1/again"):
            assert client.post(path, data={"kind": "publish", "proof": proof}).status_code == 403
    assert not list_jobs(tended)


def test_a_job_is_started_by_a_button_and_shown_to_its_end(
    at_work: FlaskClient, tended: Settings
) -> None:
    answer = send_form(at_work, "/steward/jobs", kind="verify")
    assert (answer.status_code, answer.location) == (303, "/steward/jobs/1")
    assert wait_for_jobs(tended, PATIENCE)
    page = read_page(at_work, "/steward/jobs/1")
    assert "Vérifier tout ce qui est conservé" in page
    assert "Terminée" in page
    assert "Tout est tel qu’il a été écrit" in page
    assert "http-equiv" not in page
    assert "Terminée" in read_page(at_work, "/steward/jobs")
    document = json.loads(at_work.get("/steward/jobs/1.json").data)
    assert (document["kind"], document["state"]) == ("verify", "done")
    assert document["author"]["role"] == "steward"
    assert at_work.get("/steward/jobs/99").status_code == 404


def test_a_page_of_a_job_that_goes_on_refreshes_without_scripts(
    at_work: FlaskClient, tended: Settings
) -> None:
    send_form(at_work, "/steward/jobs", kind="publish", anew="1")
    page = read_page(at_work, "/steward/jobs/1")
    assert '<noscript><meta http-equiv="refresh"' in page
    assert "<progress" in page
    assert send_form(at_work, "/steward/jobs/1/cancel").status_code == 303
    assert wait_for_jobs(tended, PATIENCE)
    assert "Annulée" in read_page(at_work, "/steward/jobs/1")
    assert numbers(tended.data) == [1]
    assert send_form(at_work, "/steward/jobs/1/again").location == "/steward/jobs/2"
    assert wait_for_jobs(tended, PATIENCE)
    assert numbers(tended.data) == [1, 2]


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "nothing"},
        {"kind": "publish", "folder": "/etc"},
        {"kind": "withdraw", "name": "theatre-b/billets"},
        {"kind": "withdraw", "name": "theatre-b/billets", "typed": "theatre-b"},
        {"kind": "withdraw", "name": "../x", "typed": "../x"},
        {"kind": "withdraw", "name": "", "typed": ""},
        {"kind": "expire", "typed": "oui"},
        {"kind": "rollback", "number": "1", "typed": "2"},
        {"kind": "verify-backup", "backup": "../../etc"},
        {"kind": "ckan-pull", "url": "file:///etc/passwd", "partner": "theatre-b"},
    ],
)
def test_a_bad_form_starts_nothing_and_says_why(
    at_work: FlaskClient, tended: Settings, fields: dict[str, str]
) -> None:
    answer = send_form(at_work, "/steward/jobs", accept="application/json", **fields)
    assert answer.status_code in {400, 404}
    problem = json.loads(answer.data)
    assert problem["details"]["fr"] != problem["details"]["en"]
    assert not list_jobs(tended)


def test_what_destroys_says_what_it_will_do_and_is_done_once_the_name_is_typed(
    at_work: FlaskClient, tended: Settings
) -> None:
    """What it then does, `tests/web/pages/test_both_ways.py` compares with the command."""
    for query, words in (
        ("kind=withdraw&name=theatre-b/billets", ("Billets (inventés)", "« theatre-b/billets »")),
        ("kind=recall&name=theatre-b/spectacles", ("n’a plus de contenu",)),
        ("kind=rollback&number=1", ("est servie de nouveau",)),
        ("kind=expire", ("tapez « supprimer »",)),
    ):
        page = read_page(at_work, f"/steward/jobs/new?{query}")
        assert all(text in page for text in words), query
    assert not list_jobs(tended)
    key = "theatre-b/billets"
    run(at_work, tended, "withdraw", name=key, typed=key.upper(), reason="Fin.", reason_lang="fr")
    assert "Billets (inventés)" in read_page(at_work, "/steward/due")
    assert json.loads(at_work.get("/steward/due.json").data)["due"] == []
    versions = read_page(at_work, "/steward/versions")
    assert "servie en ce moment" in versions
    assert ">2<" in versions


def test_backups_are_made_listed_and_checked(at_work: FlaskClient, tended: Settings) -> None:
    assert "Aucune sauvegarde" in read_page(at_work, "/steward/backups")
    run(at_work, tended, "backup")
    (backup,) = json.loads(at_work.get("/steward/backups.json").data)
    assert backup["present"]
    assert Path(backup["folder"]).parent == tended.data.with_name("data-backups")
    run(at_work, tended, "verify-backup", backup=backup["id"])
    assert "est entière" in read_page(at_work, "/steward/jobs/2")
    (Path(backup["folder"]) / "state.json").write_text("{}", encoding="utf-8")
    send_form(at_work, "/steward/jobs", kind="verify-backup", backup=backup["id"])
    assert wait_for_jobs(tended, PATIENCE)
    assert get_job(tended, 3).state is JobState.FAILED
    shutil.rmtree(backup["folder"])
    assert "n’y est plus" in read_page(at_work, "/steward/backups")


def test_a_program_starts_a_job_with_its_token(at_work: FlaskClient, tended: Settings) -> None:
    """In JSON, with the same checks."""
    token = create_token(tended, "tiers", scope="host").text
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    client = at_work.application.test_client()
    answer = client.post("/steward/jobs", data={"kind": "link"}, headers=headers)
    assert (answer.status_code, answer.get_json()["state"]) == (200, "waiting")
    plan = client.get("/steward/jobs/new?kind=rollback&number=1", headers=headers).get_json()
    assert plan["expected"] == {"fr": "1", "en": "1"}
    assert wait_for_jobs(tended, PATIENCE)
    last = client.get("/steward/jobs", headers=headers).get_json()
    assert last[0]["state"] == "done"


def test_the_settings_say_who_says_each(at_work: FlaskClient) -> None:
    page = read_page(at_work, "/steward/settings")
    assert "<h2>Les limites</h2>" in page
    assert "combien de versions publiées garder<br>" in page
    assert "keep_generations" in page
    assert "par défaut" in page
    names = {entry["name"] for entry in json.loads(at_work.get("/steward/settings.json").data)}
    assert "limits.party.rows" in names or any(name.startswith("limits.") for name in names)


def test_today_lists_what_waits_and_what_does_not(at_work: FlaskClient, tended: Settings) -> None:
    tasks = json.loads(at_work.get("/steward", headers={"Accept": "application/json"}).data)
    counts = {task["name"]: task["count"] for task in tasks["tasks"]}
    assert counts["publish"] == 0
    assert counts["backup"] == 1
    page = read_page(at_work, "/steward")
    assert "Aucune sauvegarde n’a encore été faite" in page
    assert "Tout ce qui a été accepté est publié" in page
    run(at_work, tended, "backup")
    page = read_page(at_work, "/steward")
    assert "La dernière sauvegarde est d’aujourd’hui" in page


def test_a_job_about_another_site_says_what_is_wrong(
    at_work: FlaskClient, tended: Settings
) -> None:
    """A CKAN that is not set, a portal that does not answer; a check of the catalogue counts."""
    for kind, fields in (
        ("catalog-check", {"offline": "1"}),
        ("ckan-push", {"dry": "1"}),
        ("ckan-pull", {"url": "http://127.0.0.1:1/", "partner": "theatre-b", "dry": "1"}),
    ):
        assert send_form(at_work, "/steward/jobs", kind=kind, **fields).status_code == 303
    assert wait_for_jobs(tended, PATIENCE)
    with Pool.open(tended) as pool:
        proof = check_catalogue(pool, offline=True)
    jobs = {job.kind: job for job in list_jobs(tended)}
    assert jobs["catalog-check"].result == {"problems": len(proof.findings)}
    assert "aucun CKAN n’est réglé" in jobs["ckan-push"].problems[0]["fr"]
    assert jobs["ckan-pull"].state is JobState.FAILED
    assert jobs["ckan-pull"].problems[0]["fr"] != jobs["ckan-pull"].problems[0]["en"]
