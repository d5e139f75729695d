"""Help, in the reader's language."""

from collections.abc import Callable, Iterator
from subprocess import CompletedProcess

import click
import pytest

from parvis.cli import parvis
from parvis.cli.bilingual import METAVARS, Group
from parvis.i18n import say

Run = Callable[..., CompletedProcess[str]]


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Give the path of every command, the whole one (no words) first."""
    yield path
    parts = command.every if isinstance(command, Group) else {}
    for name, inside in parts.items():
        yield from commands(inside, (*path, name))


def command_at(path: tuple[str, ...]) -> click.Command:
    """Give the command of a path."""
    found: click.Command = parvis
    for name in path:
        assert isinstance(found, Group)
        found = found.every[name]
    return found


def texts(path: tuple[str, ...]) -> list[str]:
    """Give the English texts of a command: its help, whole, and that of its options."""
    command = command_at(path)
    options = [getattr(one, "help", None) or "" for one in command.params]
    return [text for text in [command.help or "", *options] if text]


def flat(text: str) -> str:
    """Undo the wrapping of help, and its breaks after hyphens."""
    return " ".join(text.split()).replace("- ", "-")


EVERY = pytest.mark.parametrize("path", list(commands(parvis)), ids=" ".join)


@EVERY
def test_every_command_helps_in_english(run: Run, path: tuple[str, ...]) -> None:
    """The English help holds each of the command's sentences."""
    found = run(*path, "--help", "--lang", "en")
    assert found.returncode == 0
    assert found.stdout.startswith(f"Usage: {' '.join(('parvis', *path))} ")
    assert all(flat(text) in flat(found.stdout) for text in texts(path))


@EVERY
def test_every_command_helps_in_french_without_a_word_of_english(
    run: Run, path: tuple[str, ...]
) -> None:
    """The French help holds the translation of each sentence, and no English one."""
    found = run(*path, "--help", "--lang", "fr")
    assert found.returncode == 0
    assert found.stdout.startswith("Utilisation\u00a0: parvis")
    for text in texts(path):
        assert flat(text) not in flat(found.stdout)
        assert flat(say("fr", text)) in flat(found.stdout)


@EVERY
def test_every_piece_of_a_usage_line_is_one_that_can_be_translated(path: tuple[str, ...]) -> None:
    """A command's pieces are known to `METAVARS`, so that French help has none of click's."""
    command = command_at(path)
    pieces = command.collect_usage_pieces(click.Context(command))
    assert set(pieces) <= METAVARS.keys()


def test_without_a_word_the_command_shows_its_help(run: Run) -> None:
    """`parvis` alone is no complete command: help, and exit code 2."""
    found = run()
    assert found.returncode == 2
    assert "submit" in found.stdout
    assert not found.stderr


def test_help_tells_what_an_option_is_by_default(run: Run) -> None:
    """Where an option has a default worth knowing, help tells it."""
    assert "By default: 8000." in run("serve", "--help", "--lang", "en").stdout
    assert "Par défaut\u00a0: 8000." in run("serve", "--help", "--lang", "fr").stdout


def test_the_version_is_told(run: Run) -> None:
    """`--version` gives the name and the version."""
    found = run("--version")
    assert found.returncode == 0
    assert found.stdout.startswith("parvis, version 0.")
