"""Whatever parvis says, it says in French too."""

import io
import string
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from babel.messages.extract import extract, extract_from_dir
from babel.messages.pofile import read_po

import parvis.errors
from parvis.cli import parvis as command_line
from parvis.cli.bilingual import Group

SOURCE = Path(parvis.errors.__file__).parent
ERRORS = [
    name
    for name, found in vars(parvis.errors).items()
    if isinstance(found, type) and issubclass(found, Exception)
]
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    **dict.fromkeys(ERRORS, (1,)),
    "N_": None,
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "both": (1,),
    "say": (2,),
    "fail": (1,),
    "Refused": (2,),
    "Refusal": (2,),
}


def in_code() -> Iterator[tuple[str, str]]:
    """Give every text that the code marks, with where it stands."""
    found = extract_from_dir(
        SOURCE,
        method_map=[("**.py", "python"), ("**/templates/**", "jinja2")],
        keywords=KEYWORDS,
    )
    for file, line, message, *_ in found:
        for text in message if isinstance(message, tuple) else (message,):
            yield text, f"{file}:{line}"


def in_help(command: click.Command, name: str = "parvis") -> Iterator[tuple[str, str]]:
    """Give every text of a command's help."""
    yield command.help or "", name
    for parameter in command.params:
        if help_text := getattr(parameter, "help", None):
            yield help_text, f"{name} {parameter.opts[0]}"
    if isinstance(command, Group):
        for part in command.every.values():
            yield from in_help(part, f"{name} {part.name}")


@pytest.fixture(scope="module")
def french() -> dict[str, str]:
    """Give the French catalogue."""
    with (SOURCE / "i18n" / "fr.po").open("rb") as file:
        found = read_po(file, locale="fr")
    pairs: dict[str, str] = {}
    for message in found:
        ids = message.id if isinstance(message.id, tuple | list) else [message.id]
        texts = message.string if isinstance(message.string, tuple | list) else [message.string]
        pairs |= dict(zip(map(str, ids), map(str, texts), strict=False))
    return pairs


def test_every_text_has_its_french(french: dict[str, str]) -> None:
    """No English is left for a French reader."""
    said = {**dict(in_code()), **dict(in_help(command_line))}
    missing = {text: where for text, where in said.items() if text and not french.get(text)}
    assert not missing


def test_every_french_text_is_still_said(french: dict[str, str]) -> None:
    """The catalogue keeps nothing that nobody says."""
    said = {text for text, _ in (*in_code(), *in_help(command_line))}
    assert not {text for text in french if text} - said


def test_fields_are_the_same_in_both_languages(french: dict[str, str]) -> None:
    """A translation names the same fields, else it would fail when it is said."""

    def fields(text: str) -> set[str]:
        if "%(" in text:
            return {part.split(")")[0] for part in text.split("%(")[1:]}
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    wrong = {en: fr for en, fr in french.items() if fr and en and fields(en) != fields(fr)}
    assert not wrong


def test_the_extraction_finds_what_errors_say() -> None:
    """An error's first argument is a text to translate."""
    code = io.BytesIO(b'raise UsageError("it is {x}", x=1)')
    assert [found[1] for found in extract("python", code, keywords=KEYWORDS)] == ["it is {x}"]
