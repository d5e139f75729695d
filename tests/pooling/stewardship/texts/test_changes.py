"""A change of the catalogue's texts is written whole, recorded, committed, and can be undone."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.config import Settings
from parvis.errors import CatalogError, UnknownThing, UsageError
from parvis.i18n import explain
from parvis.ledger import Act, Audit, Author, TextChanges
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.entries import add_partner
from parvis.pooling.stewardship.texts import (
    OutdatedText,
    change_texts,
    digest_of,
    list_changes,
    list_outside,
    undo_change,
)
from parvis.pooling.texts.writing import text_file

ANNE = Author("https://x.example/id/partner/tiers", "steward", "p-anne")
PAUL = Author("https://x.example/id/partner/tiers", "steward", "p-paul")
NAMES = {"fr": "Le musée", "en": "The museum"}
PATH = "musee/partner.ttl"
README = "musee/README.md"


@pytest.fixture
def museum(settings: Settings) -> Settings:
    """Return the settings of a pool to which Anne has added a museum."""
    add_partner(settings, "musee", NAMES, "museum", "", ANNE, "a new partner")
    return settings


def read(settings: Settings, path: str = PATH) -> str:
    return (settings.catalog / path).read_text("utf-8")


def test_a_change_is_recorded_with_its_author_its_reason_and_both_texts(museum: Settings) -> None:
    text = read(museum)
    change_texts(museum, {}, {PATH: text.replace("Le musée", "Musée")}, PAUL, "its  \n name")
    last, first = list_changes(museum)
    assert (first.author, first.reason, first.texts[0].before) == (ANNE, "a new partner", None)
    assert (last.author, last.reason, last.texts[0].before) == (PAUL, "its name", text)
    assert last.texts[0].after == read(museum)
    assert list_changes(museum, "musee") == [last, first]
    assert list_changes(museum, "mus") == []
    entry = Audit(museum.data).latest([Act.CHANGE], 1)[0].entry
    assert (entry["by"], entry["role"], entry["person"]) == (PAUL.party, "steward", "p-paul")
    assert "its name" not in str(entry)


def test_a_text_that_does_not_fit_changes_nothing(museum: Settings) -> None:
    text = read(museum)
    with pytest.raises(CatalogError, match=r"partner\.ttl"):
        change_texts(museum, {}, {PATH: f"{text} not turtle"}, ANNE, "x")
    assert read(museum) == text
    assert len(list_changes(museum)) == 1


def test_of_two_stewards_who_edit_one_text_the_second_learns_of_the_first(
    museum: Settings,
) -> None:
    """The error has both texts, so that the second can make the change again."""
    text = read(museum)
    seen = {PATH: digest_of(text)}
    by_anne, by_paul = f"{text}# Anne\n", f"{text}# Paul\n"
    change_texts(museum, {}, {PATH: by_anne}, ANNE, "Anne", expected=seen)
    with pytest.raises(OutdatedText, match="by a steward \\(p-anne\\)") as raised:
        change_texts(museum, {}, {PATH: by_paul}, PAUL, "Paul", expected=seen)
    assert (raised.value.current, raised.value.proposed) == (by_anne, by_paul)
    assert "une personne à l’intendance (p-anne)" in explain(raised.value, "fr")
    (museum.catalog / PATH).write_text(f"{by_anne}# by hand\n", "utf-8")
    with pytest.raises(OutdatedText, match="by hand"):
        change_texts(museum, {}, {PATH: by_paul}, PAUL, "x", expected={PATH: digest_of(by_anne)})


def test_what_was_changed_by_hand_shows_in_the_history(museum: Settings) -> None:
    text = read(museum)
    assert list_outside(museum, list_changes(museum)) == []
    (museum.catalog / PATH).write_text(f"{text}# by hand\n", "utf-8")
    (by_hand,) = list_outside(museum, list_changes(museum))
    assert (by_hand.path, by_hand.change) == (PATH, 1)
    change_texts(museum, {}, {PATH: f"{text}# and by parvis\n"}, ANNE, "x")
    assert list_outside(museum, list_changes(museum)) == [by_hand]


def test_an_undone_change_gives_the_texts_before_and_is_a_change_too(museum: Settings) -> None:
    text = read(museum)
    change_texts(museum, {README: "notes\n"}, {PATH: f"{text}# more\n"}, ANNE, "more")
    undone = undo_change(museum, 2, PAUL, "too much")
    assert (undone.undoes, undone.author, undone.reason) == (2, PAUL, "too much")
    assert read(museum) == text
    assert not (museum.catalog / README).exists()
    undo_change(museum, undone.number, ANNE, "all the same")
    assert read(museum, README) == "notes\n"
    with pytest.raises(UnknownThing, match="no change 99"):
        undo_change(museum, 99)


def test_a_partner_is_removed_by_undoing_its_record(museum: Settings) -> None:
    undo_change(museum, 1, ANNE, "by mistake")
    assert not (museum.catalog / "musee").exists()
    assert "musee" not in Pool.open(museum).catalog.partners


def test_what_something_has_changed_since_is_not_undone(museum: Settings) -> None:
    text = read(museum)
    change_texts(museum, {}, {PATH: f"{text}# more\n"}, ANNE, "more")
    change_texts(museum, {}, {PATH: f"{text}# and more\n"}, PAUL, "and more")
    with pytest.raises(UsageError, match=r"by a steward \(p-paul\) \(change 3\)"):
        undo_change(museum, 2, ANNE, "x")
    (museum.catalog / PATH).write_text(f"{text}# by hand\n", "utf-8")
    with pytest.raises(UsageError, match="by hand"):
        undo_change(museum, 3, ANNE, "x")
    assert len(list_changes(museum)) == 3


@given(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(
            [
                "../x",
                "/etc/passwd",
                "a/../../x",
                ".git/config",
                "a/.b",
                "a//b",
                "./a",
                "a\\b",
                "",
                ".",
                f"{'é' * 150}.ttl",
                "a/" * 2_000 + "b.ttl",
                "\ud800.ttl",
            ]
        ),
    )
)
def test_no_path_leads_out_of_the_folder_or_to_a_hidden_file(path: str) -> None:
    folder = Path("/nowhere/catalog")
    try:
        file = text_file(folder, path)
    except UsageError:
        return
    assert file.relative_to(folder).as_posix() == path
    # With what is put around a name while it is written, a file system still takes it.
    assert all(len(step.encode()) < 240 for step in file.relative_to(folder).parts)
    assert not any(step.startswith(".") for step in file.relative_to(folder).parts)


def test_a_link_that_leads_out_of_the_folder_is_refused(museum: Settings) -> None:
    (museum.catalog / "musee" / "out").symlink_to(museum.catalog.parent)
    with pytest.raises(UsageError, match="no text of"):
        change_texts(museum, {"musee/out/x.ttl": ""}, {}, ANNE, "x")


CHANGING = """
import itertools, sys
from pathlib import Path
from parvis.config import Settings
from parvis.pooling.stewardship.texts import changes
from parvis.pooling.stewardship.texts import change_texts
# What is written is what is looked at: the same texts are tried in other tests.
changes.try_out = lambda settings, texts: None
settings = Settings.load(data=Path(sys.argv[1]), catalog=Path(sys.argv[2]))
for number in itertools.count():
    text = f"{number} " * 2000
    present = (settings.catalog / "notes" / "a.md").exists()
    paths = [f"notes/{name}.md" for name in "abcd"]
    if number % 3 == 2 and present:
        change_texts(settings, {}, {}, removed=paths)
    else:
        texts = dict.fromkeys(paths, text)
        change_texts(settings, *(({}, texts) if present else (texts, {})))
    print(number, flush=True)
"""


def test_a_change_that_is_killed_is_whole_or_was_never_begun(museum: Settings) -> None:
    """Killed at six moments, all four texts are those of one change, and the history says which."""
    words = [sys.executable, "-c", CHANGING, str(museum.data), str(museum.catalog)]
    for moment in range(6):
        process = subprocess.Popen(words, stdout=subprocess.PIPE)  # noqa: S603 - our own code
        assert process.stdout is not None
        process.stdout.readline()  # it has begun
        time.sleep(0.003 * moment)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        Pool.open(museum)  # whoever opens the folder finishes what was begun
        assert TextChanges(museum.data).unfinished() == []
        last = list_changes(museum)[0]
        files = sorted((museum.catalog / "notes").glob("*.md"))
        assert {text.path: text.after for text in last.texts if text.after is not None} == {
            file.relative_to(museum.catalog).as_posix(): file.read_text("utf-8") for file in files
        }
        assert len({file.read_text("utf-8") for file in files}) <= 1


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")
def test_in_a_git_repository_a_change_is_a_commit_of_its_texts_alone(museum: Settings) -> None:
    """What a person has staged stays staged; git knows a role, a pseudonym and the reason."""

    def git(*words: str) -> str:
        base = ("git", "-C", museum.catalog.parent, "-c", "user.name=x", "-c", "user.email=x@x.org")
        return subprocess.run(  # noqa: S603 - the test's own words
            [*base, *words], check=True, capture_output=True, text=True
        ).stdout

    git("init", "-q")
    git("add", "catalog")
    git("commit", "-qm", "begin")
    staged = (museum.catalog / "catalog.ttl").read_text("utf-8")
    (museum.catalog / "catalog.ttl").write_text(f"{staged}# staged by a person\n", "utf-8")
    (museum.catalog / "mine.md").write_text("mine")
    git("add", "catalog")
    change_texts(museum, {README: "notes\n"}, {PATH: f"{read(museum)}# more\n"}, PAUL, "more")
    last = list_changes(museum)[0]
    assert git("log", "-1", "--format=%H %an %ae|%cn|%s").split() == [
        *(last.revision, "steward", "p-paul", "p-paul@parvis.invalid|parvis|more")
    ]
    assert git("show", "--name-only", "--format=", "HEAD").split() == [
        *(f"catalog/{README}", f"catalog/{PATH}")
    ]
    assert git("diff", "--cached", "--name-only").split() == [
        *("catalog/catalog.ttl", "catalog/mine.md")
    ]
    lock = museum.catalog.parent / ".git" / "index.lock"
    lock.touch()
    undo_change(museum, last.number, ANNE, "less")
    assert list_changes(museum)[0].revision is None
    lock.unlink()
    change_texts(museum, {README: "notes\n"}, {}, PAUL, "again")
    again, less = list_changes(museum)[:2]
    assert git("log", "-2", "--format=%H %s").split() == [
        *(again.revision, "again", less.revision, "less")
    ]
    assert git("diff", "--cached", "--name-only").split() == [
        *("catalog/catalog.ttl", "catalog/mine.md")
    ]
