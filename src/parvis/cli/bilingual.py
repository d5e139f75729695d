"""Commands whose help and errors speak the reader's language."""

import inspect
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from parvis.i18n import DEFAULT, LANGUAGES, N_, language_of_locale, say, within_quotes

USAGE = N_("Usage:")

LANG = "Language of what is printed: fr or en (else the locale's, else French)."
METAVARS = {
    "COMMAND [ARGS]...": N_("COMMAND [ARGUMENTS]..."),
    "[COMMAND] [ARGS]...": N_("[COMMAND] [ARGUMENTS]..."),
    "DATASET": N_("PARTNER/DATASET"),
    "FIGURE": N_("FIGURE"),
    "RECEIPT": N_("RECEIPT"),
    "NUMBER|DATASET|QUESTION": N_("NUMBER|PARTNER/DATASET|QUESTION"),
    "INTEGER RANGE": N_("NUMBER"),
    "INTEGER": N_("NUMBER"),
} | {
    piece: piece
    for piece in (
        *(N_("[OPTIONS]"), N_("FILE"), N_("[FILE]"), N_("FILE|ADDRESS"), N_("[FILE|ADDRESS]")),
        *(
            N_("ADDRESS"),
            N_("ADDRESS|FOLDER"),
            N_("FOLDER"),
            N_("[FOLDER]"),
            N_("PATH"),
            N_("[PATH]"),
            N_("DATA..."),
        ),
        *(N_("PARTNER"), N_("PARTNER[/DATASET]"), N_("[PARTNER[/DATASET]]"), N_("PARTY")),
        *(N_("[PARTY]"), N_("READER"), N_("GRAPH"), N_("CLASS"), N_("MAPPING"), N_("NAME")),
        *(N_("ID"), N_("TEXT"), N_("DATE"), N_("NUMBER"), N_("PERCENT"), N_("COLUMN")),
        *(N_("PERSON"), N_("PERSON|INVITATION"), N_("ROLE"), N_("ROUND")),
        *(N_("OUT"), N_("QUERY"), N_("PROJECT"), N_("PERIOD")),
    )
}
"""The pieces of a usage line in click's words, and in ours, to be translated."""

_WORDS = {
    click.MissingParameter: N_("missing: “{name}”; try --help"),
    click.NoSuchOption: N_("there is no option “{name}”; try --help"),
    click.NoSuchCommand: N_("there is no command “{name}”; try --help"),
    click.BadOptionUsage: N_("the option “{name}” needs a value; try --help"),
    click.BadParameter: N_("“{name}” cannot be understood: {reason}; try --help"),
    click.UsageError: N_("this command takes fewer words; try --help"),
}


def language(arguments: Sequence[str]) -> str:
    """Find the language before the command line is parsed, since help is part of parsing.

    >>> language(["check", "--lang", "en"]), language(["--lang=fr"])
    ('en', 'fr')
    """
    # The option overrides the locale.
    for word, after in zip(arguments, [*arguments[1:], ""], strict=False):
        value = after if word == "--lang" else word.partition("--lang=")[2]
        if value in LANGUAGES:
            return value
    return language_of_locale()


def spoken() -> str:
    """Return the language of the running command."""
    context = click.get_current_context(silent=True)
    lang = context.find_root().obj if context else None
    return lang if lang in LANGUAGES else DEFAULT


def usage_error(error: click.UsageError, lang: str) -> str:
    template = next(words for kind, words in _WORDS.items() if isinstance(error, kind))
    # click raises its general error for a group without a command.
    if type(error) is click.UsageError and error.ctx and isinstance(error.ctx.command, click.Group):
        template = N_("a command is missing; try --help")
    name = getattr(error, "option_name", None) or getattr(error, "command_name", None)
    parameter = getattr(error, "param", None)
    missing = getattr(error, "missing", None) or filter(None, [parameter])
    spellings = [lacking.opts[0] if lacking.opts else lacking.name for lacking in missing]
    names = within_quotes(
        text if text.startswith("-") else _translate_piece(text.upper(), lang) for text in spellings
    )
    # Every kind of parameter but these two accepts any text.
    kind, reason = getattr(parameter, "type", None), ""
    if isinstance(kind, click.Choice):
        reason = say(lang, "it is one of {choices}", choices=", ".join(kind.choices))
    elif isinstance(kind, click.types.IntParamType):
        reason = say(lang, "a whole number is expected")
    return say(lang, template, name=name or names, reason=reason)


def _translate_piece(spelling: str, lang: str) -> str:
    return say(lang, METAVARS[spelling]) if spelling in METAVARS else spelling


def _translate(text: str | None) -> str:
    # gettext returns its header for the empty text.
    return say(spoken(), text) if text else ""


class _Bilingual(click.Command):
    """Help in the reader's language; the options of all commands are added once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Each paragraph of the help becomes one line, which is the key of its translation.
        super().__init__(*args, **kwargs)
        paragraphs = inspect.cleandoc(self.help or "").split("\n\n")
        self.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
        self.params.append(
            click.Option(["--lang"], type=click.Choice(LANGUAGES), help=LANG, expose_value=False)
        )

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        lang = spoken()
        pieces = " ".join(_translate_piece(piece, lang) for piece in self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=f"{say(lang, USAGE)} ")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx  # click's signature
        with formatter.indentation():
            for paragraph in _translate(self.help).split("\n\n"):
                formatter.write_paragraph()
                formatter.write_text(paragraph)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        lang, rows = spoken(), []
        for option in self.get_params(ctx):
            if isinstance(option, click.Option):
                names = ", ".join(option.opts)
                if not option.is_flag:
                    names += f" {_translate_piece(option.make_metavar(ctx), lang)}"
                words = _translate(
                    N_("Show this help and stop.") if "--help" in option.opts else option.help
                )
                if option.show_default:
                    words = say(
                        lang, "{help} By default: {default}.", help=words, default=option.default
                    )
                rows.append((names, words))
        with formatter.section(say(lang, "Options")):
            formatter.write_dl(rows)

    def get_short_help_str(self, limit: int = 45) -> str:
        del limit
        return _translate(self.help).split("\n\n")[0].strip()


class MissingParameters(click.MissingParameter):
    """All parameters that a command lacks, named in a single error."""

    def __init__(self, parameters: Sequence[click.Parameter], ctx: click.Context) -> None:
        super().__init__(ctx=ctx, param=parameters[0])
        self.missing = parameters


class Command(_Bilingual):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words of a command; raises `MissingParameters` with all that it lacks."""
        words = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.MissingParameter as error:
            values, _, _ = self.make_parser(ctx).parse_args(words)
            lacking = [
                parameter
                for parameter in self.params
                if parameter.required and not values.get(str(parameter.name))
            ]
            if not lacking:
                raise
            # click names the first missing parameter only.
            raise MissingParameters(lacking, ctx) from error


class Group(click.Group, _Bilingual):
    """A group of commands; those of `parts` are imported at their first use."""

    command_class = Command
    group_class = type

    def __init__(self, *args: Any, parts: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._parts = dict(parts or {})

    @property
    def all_commands(self) -> dict[str, click.Command]:
        """Import all modules, and return every command by its name."""
        for part in sorted(set(self._parts.values())):
            self._import(part)
        return dict(sorted(self.commands.items()))

    def list_commands(self, ctx: click.Context) -> list[str]:
        # Modules are not imported for a list of names: help stays fast.
        return sorted({*super().list_commands(ctx), *self._parts})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self._parts and cmd_name not in self.commands:
            self._import(self._parts[cmd_name])
        return super().get_command(ctx, cmd_name)

    def _import(self, part: str) -> None:
        # A module may have commands of other groups, which are not added here.
        for value in vars(import_module(f"{__package__}.{part}")).values():
            if isinstance(value, click.Command) and self._parts.get(str(value.name)) == part:
                self.add_command(value)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _Bilingual.format_options(self, ctx, formatter)
        rows = [
            (name, command.get_short_help_str())
            for name in self.list_commands(ctx)
            if (command := self.get_command(ctx, name)) is not None
        ]
        with formatter.section(say(spoken(), "Commands")):
            formatter.write_dl(rows)
