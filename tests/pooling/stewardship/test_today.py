"""What waits for the steward is listed by kind, with names, and what does not wait is said."""

from datetime import timedelta
from pathlib import Path

from parvis.config import Settings, clock
from parvis.i18n import LANGUAGES
from parvis.ledger import (
    SHELL,
    JobOutcome,
    Jobs,
    JobState,
    Judgement,
    JudgementDecision,
    Judgements,
)
from parvis.pooling.intake.deposits import give
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publics.release_review import review_releases
from parvis.pooling.stewardship.backup import backup
from parvis.pooling.stewardship.register import read_figures_review
from parvis.pooling.stewardship.today import LINES, Task, list_tasks
from parvis.vocab.iris import DatasetKey
from tests import classes

SHOWS = DatasetKey("theatre-b", "spectacles")


def tasks_of(settings: Settings) -> dict[str, Task]:
    """Return the lines by name."""
    return {task.name: task for task in list_tasks(settings)}


def test_a_pool_where_all_is_done_says_so_in_one_line_each(published: Pool, tmp_path: Path) -> None:
    backup(published.settings, tmp_path / "saved")
    tasks = tasks_of(published.settings)
    assert tasks.keys() == {*LINES, "backup"}
    assert not [task.name for task in tasks.values() if task.count]
    for task in tasks.values():
        assert task.sentence["fr"] != task.sentence["en"]
        assert not task.items


def test_what_was_accepted_since_the_publication_is_to_be_published(published: Pool) -> None:
    file = published.catalog.require(SHOWS).sources[0]
    text = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join(text[:-1]) + "\n", encoding="utf-8")
    with published:
        assert submit(published, SHOWS).accepted
    task = tasks_of(published.settings)["publish"]
    assert (task.count, task.items[0]["fr"]) == (1, "Spectacles (inventés)")
    assert task.sentence["fr"].startswith("1 jeu de données est accepté")
    publish(published)
    assert tasks_of(published.settings)["publish"].count == 0


def test_files_failed_jobs_and_decisions_are_counted(published: Pool) -> None:
    """A job that was run again since is no longer listed; nor is an old failure."""
    settings, now = published.settings, clock.machine_time()
    file = published.catalog.require(SHOWS).sources[0]
    with published:
        give(published, SHOWS, file, f"{settings.base}id/partner/theatre-b")
    jobs = Jobs(settings.data)
    failure = JobOutcome(problems=[dict.fromkeys(LANGUAGES, "x")])
    for kind, age in (("verify", 0), ("publish", 0), ("link", 60)):
        job = jobs.add(kind, {}, SHELL, now - timedelta(days=age))
        jobs.end(job.number, JobState.FAILED, now, failure)
    done = jobs.add("publish", {}, SHELL, now)
    jobs.end(done.number, JobState.DONE, now)
    ends = (f"{settings.base}id/place/a", f"{settings.base}id/place/b")
    entry = Judgement(
        "place", *ends, "g", "h", JudgementDecision.NEGATIVE, "x", clock.machine_time()
    )
    Judgements(settings.data).append([entry])
    tasks = tasks_of(settings)
    assert "pour Spectacles (inventés)" in tasks["queue"].items[0]["fr"]
    assert tasks["queue"].count == 1
    assert [item["fr"] for item in tasks["jobs"].items] == ["Vérifier tout ce qui est conservé"]
    assert (tasks["judgements"].count, tasks["judgements"].items) == (1, [])
    assert tasks["backup"].sentence["en"] == "No backup was made yet."


def test_an_old_backup_is_something_to_do(published: Pool, tmp_path: Path) -> None:
    backup(published.settings, tmp_path / "saved")
    later = clock.machine_time() + timedelta(days=9)
    with clock.set_clock(lambda: later):
        task = tasks_of(published.settings)["backup"]
    assert (task.count, task.sentence["en"]) == (1, "The last backup is 9 days old.")


def test_a_release_is_explained(classes_pool: Settings) -> None:
    """Who was counted, what is suppressed and why; for all, and for a class."""
    with Pool.open(classes_pool) as pool:
        of_all, of_class = review_releases(pool)
    assert (of_all.dataset, of_all.number) == (str(classes.PORTRAIT), 1)
    assert of_class.dataset == str(classes.CLASS)
    assert of_all.published > 0
    assert len(of_all.contributors) == len(classes.OPEN)
    assert len(of_class.contributors) > len(of_all.contributors)
    assert sum(count for _, count in of_all.rules) >= of_all.suppressed
    assert "première parution" in of_all.differences[0]["fr"]
    review = read_figures_review(classes_pool)
    assert [release.dataset for release in review.releases] == [of_all.dataset, of_class.dataset]
    assert review.problem is None


def test_a_pool_without_figures_says_why_there_are_none(published: Pool) -> None:
    review = read_figures_review(published.settings)
    assert not review.releases
    assert review.problem is not None
    assert "tiers/portrait" in review.problem["fr"]
