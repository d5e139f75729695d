"""Help is in the reader's language."""

from collections.abc import Iterator

import click
import pytest

from parvis.cli import parvis
from parvis.cli.bilingual import METAVARS, Group
from parvis.i18n import say
from tests.cli.conftest import Run


def list_commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """List the path of every command, beginning with the empty path of the program itself."""
    yield path
    parts = command.all_commands if isinstance(command, Group) else {}
    for name, inside in parts.items():
        yield from list_commands(inside, (*path, name))


def command_at(path: tuple[str, ...]) -> click.Command:
    """Return the command of a path."""
    command: click.Command = parvis
    for name in path:
        assert isinstance(command, Group)
        command = command.all_commands[name]
    return command


def help_texts(path: tuple[str, ...]) -> list[str]:
    """List the English help of a command and of its options."""
    command = command_at(path)
    options = [getattr(option, "help", None) or "" for option in command.params]
    return [text for text in [command.help or "", *options] if text]


def unwrap(text: str) -> str:
    """Undo the wrapping of help, and its breaks after hyphens."""
    return " ".join(text.split()).replace("- ", "-")


EVERY = pytest.mark.parametrize("path", list(list_commands(parvis)), ids=" ".join)


@EVERY
def test_every_command_has_english_help(run: Run, path: tuple[str, ...]) -> None:
    result = run(*path, "--help", "--lang", "en")
    assert result.returncode == 0
    assert result.stdout.startswith(f"Usage: {' '.join(('parvis', *path))} ")
    assert all(unwrap(text) in unwrap(result.stdout) for text in help_texts(path))


@EVERY
def test_every_command_has_french_help_without_english(run: Run, path: tuple[str, ...]) -> None:
    result = run(*path, "--help", "--lang", "fr")
    assert result.returncode == 0
    assert result.stdout.startswith("Utilisation\u00a0: parvis")
    for text in help_texts(path):
        assert unwrap(text) not in unwrap(result.stdout)
        assert unwrap(say("fr", text)) in unwrap(result.stdout)


@EVERY
def test_every_piece_of_a_usage_line_can_be_translated(path: tuple[str, ...]) -> None:
    """Otherwise French help would show click's own words."""
    command = command_at(path)
    pieces = command.collect_usage_pieces(click.Context(command))
    assert set(pieces) <= METAVARS.keys()


def test_without_arguments_the_command_shows_its_help(run: Run) -> None:
    result = run()
    assert result.returncode == 2
    assert "submit" in result.stdout
    assert not result.stderr


def test_help_shows_the_default_of_an_option(run: Run) -> None:
    assert "By default: 8000." in run("serve", "--help", "--lang", "en").stdout
    assert "Par défaut\u00a0: 8000." in run("serve", "--help", "--lang", "fr").stdout


def test_the_version_is_printed(run: Run) -> None:
    result = run("--version")
    assert result.returncode == 0
    assert result.stdout.startswith("parvis, version 0.")
