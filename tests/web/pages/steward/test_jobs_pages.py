"""The steward's pages start jobs, show them, and ask for the name before they destroy anything."""

import json
import shutil
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from parvis.config import Settings
from parvis.ledger import Act, Audit, Deletions, JobState
from parvis.pooling.intake.refresh import refresh, refreshable
from parvis.pooling.linking.candidates import link
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.readers import create_token
from parvis.pooling.stewardship.generations import recall_version, rollback
from parvis.pooling.stewardship.jobs import get_job, list_jobs, wait_for_jobs
from parvis.pooling.stewardship.retention import expire, withdraw
from parvis.pooling.stewardship.texts.check import check_catalogue
from parvis.store.generation.generation import current, numbers
from parvis.vocab.iris import DatasetKey
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
LATER = {"entry", "state.json"}


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
    assert "Tout est tel que cela fut écrit" in page
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


def twin(settings: Settings, tmp_path: Path) -> Settings:
    """Copy a pool, for the command to do there what a page does here."""
    shutil.copytree(settings.data, tmp_path / "twin", dirs_exist_ok=True)
    return Settings.load(data=tmp_path / "twin", catalog=settings.catalog)


def summarise(settings: Settings) -> dict[str, object]:
    """Return what a pool holds and serves, but for instants, authors and jobs."""
    with Pool.open(settings) as pool:
        versions = {graph: version.digest for graph, version in pool.record.versions().items()}
        stones = {g: stone["reason"] for g, stone in pool.record.tombstones().items()}
    acts = [
        (link.entry["act"], link.entry.get("generation"))
        for link in Audit(settings.data).latest(tuple(Act), 50)
        if not str(link.entry["act"]).startswith("token")
    ]
    return {
        "versions": versions,
        "tombstones": stones,
        "numbers": numbers(settings.data),
        "served": current(settings.data).manifest.open.digest,
        "acts": acts,
        "deletions": [link.entry["sha256"] for link in Deletions(settings.data).all()],
    }


def test_a_withdrawal_says_what_it_will_do_and_does_what_the_command_does(
    at_work: FlaskClient, tended: Settings, tmp_path: Path
) -> None:
    other = twin(tended, tmp_path)
    page = read_page(at_work, "/steward/jobs/new?kind=withdraw&name=theatre-b/billets")
    assert "Billets (inventés)" in page
    assert "tapez « theatre-b/billets »" in page
    assert not list_jobs(tended)
    fields = {"name": "theatre-b/billets", "reason": "Fin.", "reason_lang": "fr"}
    run(at_work, tended, "withdraw", typed="theatre-b/billets", **fields)
    with Pool.open(other) as pool:
        withdraw(pool, "theatre-b/billets", {"fr": "Fin."})
    assert summarise(tended) == summarise(other)
    (link,) = Audit(tended.data).latest([Act.DELETE], 5)
    assert link.entry["role"] == "steward"
    assert link.entry["by"].endswith("/id/partner/tiers")
    assert "Billets (inventés)" in read_page(at_work, "/steward/due")


def test_a_rollback_and_a_recall_do_what_the_commands_do(
    at_work: FlaskClient, tended: Settings, tmp_path: Path
) -> None:
    with Pool.open(tended) as pool:
        publish(pool)
    other = twin(tended, tmp_path)
    page = read_page(at_work, "/steward/jobs/new?kind=rollback&number=1")
    assert "est servie de nouveau" in page
    run(at_work, tended, "rollback", number="1", typed="1")
    with Pool.open(other) as pool:
        rollback(pool, 1)
    assert summarise(tended) == summarise(other)
    key = "theatre-b/spectacles"
    page = read_page(at_work, f"/steward/jobs/new?kind=recall&name={key}")
    assert "n’a plus de contenu" in page
    assert "1, 2" in page
    run(at_work, tended, "recall", name=key, typed=key.upper())
    with Pool.open(other) as pool:
        recall_version(pool, DatasetKey.parse(key), None, {})
    assert summarise(tended) == summarise(other)
    versions = read_page(at_work, "/steward/versions")
    assert "servie en ce moment" in versions
    assert ">3<" in versions


def test_what_is_due_is_deleted_once_the_word_is_typed(
    at_work: FlaskClient, tended: Settings, tmp_path: Path
) -> None:
    """Here nothing is due: the run is recorded all the same, as by the command."""
    other = twin(tended, tmp_path)
    assert "tapez « supprimer »" in read_page(at_work, "/steward/jobs/new?kind=expire")
    run(at_work, tended, "expire", typed="Supprimer")
    with Pool.open(other) as pool:
        expire(pool)
    assert summarise(tended) == summarise(other)
    assert json.loads(at_work.get("/steward/due.json").data)["due"] == []


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


def test_duplicates_sources_and_the_catalogue_are_looked_at_as_by_the_commands(
    at_work: FlaskClient, tended: Settings, tmp_path: Path
) -> None:
    """The jobs that change nothing here end with the same content; a missing CKAN is said."""
    other = twin(tended, tmp_path)
    for kind in ("link", "refresh", "catalog-check", "ckan-push", "ckan-pull"):
        fields = {"catalog-check": {"offline": "1"}, "ckan-push": {"dry": "1"}}.get(kind, {})
        if kind == "ckan-pull":
            fields = {"url": "http://127.0.0.1:1/", "partner": "theatre-b", "dry": "1"}
        assert send_form(at_work, "/steward/jobs", kind=kind, **fields).status_code == 303
    assert wait_for_jobs(tended, PATIENCE)
    with Pool.open(other) as pool:
        linked = link(pool)
        results = list(refresh(pool, refreshable(pool)))
        proof = check_catalogue(pool, offline=True)
    jobs = {job.kind: job for job in list_jobs(tended)}
    assert jobs["link"].result == {
        "waiting": linked.waiting,
        "linked": linked.linked,
        "undone": linked.undone,
    }
    assert jobs["refresh"].result == {"unchanged": len(results)}
    assert jobs["catalog-check"].result == {"problems": len(proof.findings)}
    assert "aucun CKAN n’est réglé" in jobs["ckan-push"].problems[0]["fr"]
    assert jobs["ckan-pull"].state is JobState.FAILED
    assert jobs["ckan-pull"].problems[0]["fr"] != jobs["ckan-pull"].problems[0]["en"]
    assert summarise(tended) == summarise(other)
