"""Everything that parvis displays is translated into French."""

import io
import string
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import click
import pytest
from babel.messages.extract import extract, extract_from_dir
from babel.messages.pofile import read_po

import parvis.errors
from parvis.cli import parvis as command_line
from parvis.cli.bilingual import Group
from parvis.i18n import translations

SOURCE = Path(parvis.errors.__file__).parent
ERRORS = [
    name
    for name, value in vars(parvis.errors).items()
    if isinstance(value, type) and issubclass(value, Exception)
]
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    **dict.fromkeys(ERRORS, (1,)),
    "N_": None,
    "NN_": (1, 2),
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "both": (1,),
    "say": (2,),
    "print_line": (1,),
    "print_result": (2,),
    "fail": (1,),
    "Refused": (2,),
    "Refusal": (2,),
}


def in_source() -> Iterator[tuple[str, str]]:
    """List every marked text of the code with its place."""
    messages = extract_from_dir(
        SOURCE,
        method_map=[("**.py", "python"), ("**/templates/**", "jinja2")],
        keywords=KEYWORDS,
    )
    for file, line, message, *_ in messages:
        for text in message if isinstance(message, tuple) else (message,):
            yield text, f"{file}:{line}"


def in_help(command: click.Command, name: str = "parvis") -> Iterator[tuple[str, str]]:
    """List every text of a command's help."""
    yield command.help or "", name
    for parameter in command.params:
        if help_text := getattr(parameter, "help", None):
            yield help_text, f"{name} {parameter.opts[0]}"
    if isinstance(command, Group):
        for part in command.all_commands.values():
            yield from in_help(part, f"{name} {part.name}")


@pytest.fixture(scope="module")
def french() -> dict[str, str]:
    """Load the French catalogue."""
    with (SOURCE / "i18n" / "fr.po").open("rb") as file:
        catalogue = read_po(file, locale="fr")
    pairs: dict[str, str] = {}
    for message in catalogue:
        ids = message.id if isinstance(message.id, tuple | list) else [message.id]
        texts = message.string if isinstance(message.string, tuple | list) else [message.string]
        pairs |= dict(zip(map(str, ids), map(str, texts), strict=False))
    return pairs


def test_every_text_has_a_french_translation(french: dict[str, str]) -> None:
    texts = {**dict(in_source()), **dict(in_help(command_line))}
    missing = {text: place for text, place in texts.items() if text and not french.get(text)}
    assert not missing


def test_every_translation_is_used(french: dict[str, str]) -> None:
    """The catalogue contains no unused text."""
    texts = {text for text, _ in (*in_source(), *in_help(command_line))}
    assert not {text for text in french if text} - texts


def test_no_translation_is_followed_by_the_rest_of_an_earlier_one() -> None:
    """A text stands on the line of its keyword, or below an empty one: never half and half."""
    lines = (SOURCE / "i18n" / "fr.po").read_text(encoding="utf-8").splitlines()
    begun = [line for line, below in pairwise(lines) if below.startswith('"') and line[-2:] != '""']
    assert not [line for line in begun if line.startswith("msg")]


def test_the_catalogue_is_read_as_babel_reads_it() -> None:
    """The program has a reader of its own, which takes a fortieth of the time."""
    with (SOURCE / "i18n" / "fr.po").open("rb") as file:
        catalogue = read_po(file, locale="fr")
    own = translations("fr")
    for message in catalogue:
        ids, texts = (
            [part] if isinstance(part, str) else list(part or ())
            for part in (message.id, message.string)
        )
        if len(ids) > 1:
            forms = [own.ngettext(ids[0], ids[1], count) for count in (0, 1, 2, 5)]
            assert forms == [texts[0], texts[0], texts[1], texts[1]]
        elif ids[0]:
            assert [own.gettext(ids[0])] == texts
    assert own.gettext("no such text") == "no such text"


def test_translations_have_the_same_fields(french: dict[str, str]) -> None:
    """Otherwise formatting the translation would fail."""

    def fields(text: str) -> set[str]:
        if "%(" in text:
            return {part.split(")")[0] for part in text.split("%(")[1:]}
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    differing = {en: fr for en, fr in french.items() if fr and en and fields(en) != fields(fr)}
    assert not differing


def test_messages_of_errors_are_extracted() -> None:
    """The first argument of an error is a text to translate."""
    code = io.BytesIO(b'raise UsageError("it is {x}", x=1)')
    assert [message[1] for message in extract("python", code, keywords=KEYWORDS)] == ["it is {x}"]
