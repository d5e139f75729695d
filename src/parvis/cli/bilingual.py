"""Commands whose help and errors speak the reader's language."""

import inspect
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from parvis.i18n import DEFAULT, LANGUAGES, N_, language_of_locale, say, within_quotes

USAGE = N_("Usage:")
OPTIONS = N_("Options")
COMMANDS = N_("Commands")
HELP = N_("Show this help and stop.")
LANG = N_("Language of what is printed: fr or en (else the locale's, else French).")
BY_DEFAULT = N_("{help} By default: {default}.")
METAVARS = {
    "[OPTIONS]": N_("[OPTIONS]"),
    "COMMAND [ARGS]...": N_("COMMAND [ARGUMENTS]..."),
    "[COMMAND] [ARGS]...": N_("[COMMAND] [ARGUMENTS]..."),
    "DATASET": N_("PARTNER/DATASET"),
    "[FILE|ADDRESS]": N_("[FILE|ADDRESS]"),
    "FILE|ADDRESS": N_("FILE|ADDRESS"),
    "ADDRESS|FOLDER": N_("ADDRESS|FOLDER"),
    "[FILE]": N_("[FILE]"),
    "[PARTNER[/DATASET]]": N_("[PARTNER[/DATASET]]"),
    "PARTNER[/DATASET]": N_("PARTNER[/DATASET]"),
    "DATA...": N_("DATA..."),
    "MAPPING": N_("MAPPING"),
    "CLASS": N_("CLASS"),
    "FILE": N_("FILE"),
    "INTEGER RANGE": N_("NUMBER"),
    "FOLDER": N_("FOLDER"),
    "NUMBER": N_("NUMBER"),
    "READER": N_("READER"),
    "GRAPH": N_("GRAPH"),
    "PARTY": N_("PARTY"),
    "[PARTY]": N_("[PARTY]"),
    "PARTNER": N_("PARTNER"),
    "NAME": N_("NAME"),
    "DATE": N_("DATE"),
    "NUMBER|DATASET": N_("NUMBER|PARTNER/DATASET"),
    "ID": N_("ID"),
    "PATH": N_("PATH"),
    "TEXT": N_("TEXT"),
    "ADDRESS": N_("ADDRESS"),
    "PERCENT": N_("PERCENT"),
    "INTEGER": N_("NUMBER"),
}
"""What click writes for the pieces of a command, and what we write, to be translated."""

_WORDS = {
    click.MissingParameter: N_("missing: “{name}”; try --help"),
    click.NoSuchOption: N_("there is no option “{name}”; try --help"),
    click.NoSuchCommand: N_("there is no command “{name}”; try --help"),
    click.BadOptionUsage: N_("the option “{name}” needs a value; try --help"),
    click.BadParameter: N_("“{name}” cannot be understood: {reason}; try --help"),
    click.UsageError: N_("this command takes fewer words; try --help"),
}
NO_COMMAND = N_("a command is missing; try --help")
ONE_OF = N_("it is one of {choices}")
NUMBER = N_("a whole number is expected")


def language(arguments: Sequence[str]) -> str:
    """Find the language before the command line is parsed, since help is part of parsing.

    >>> language(["check", "--lang", "en"]), language(["--lang=fr"])
    ('en', 'fr')
    """
    for here, after in zip(arguments, [*arguments[1:], ""], strict=False):
        value = after if here == "--lang" else here.partition("--lang=")[2]
        if value in LANGUAGES:
            return value
    return language_of_locale()


def spoken() -> str:
    """Give the language of the running command."""
    context = click.get_current_context(silent=True)
    found = context.find_root().obj if context else None
    return found if found in LANGUAGES else DEFAULT


def usage_error(error: click.UsageError, lang: str) -> str:
    """Say a mistake of the command line in a language."""
    template = next(words for kind, words in _WORDS.items() if isinstance(error, kind))
    if type(error) is click.UsageError and error.ctx and isinstance(error.ctx.command, click.Group):
        template = NO_COMMAND
    told = getattr(error, "option_name", None) or getattr(error, "command_name", None)
    every = getattr(error, "every", None) or [getattr(error, "param", None)]
    names = within_quotes(_parameter(one, lang) for one in every)
    return say(lang, template, name=told or names, reason=_reason(error, lang))


def _parameter(parameter: click.Parameter | None, lang: str) -> str:
    """Name a parameter as it is written."""
    if parameter is None:
        return ""
    written = parameter.opts[0] if parameter.opts else parameter.name
    return str(written) if written.startswith("-") else _piece(written.upper(), lang)


def _reason(error: click.UsageError, lang: str) -> str:
    """Say what a parameter may be; every other kind of parameter takes any text."""
    kind = getattr(getattr(error, "param", None), "type", None)
    if isinstance(kind, click.Choice):
        return say(lang, ONE_OF, choices=", ".join(kind.choices))
    return say(lang, NUMBER) if isinstance(kind, click.types.IntParamType) else ""


def _piece(written: str, lang: str) -> str:
    """Write a piece of a usage line in a language."""
    return say(lang, METAVARS[written]) if written in METAVARS else written


def _said(text: str | None) -> str:
    """Translate a text; nothing stays nothing (gettext keeps its header under the empty text)."""
    return say(spoken(), text) if text else ""


class _Bilingual(click.Command):
    """Help in the reader's language; options everyone knows are added once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - click's own
        """Add the language option, and make one line of each paragraph of the help."""
        super().__init__(*args, **kwargs)
        paragraphs = inspect.cleandoc(self.help or "").split("\n\n")
        self.help = "\n\n".join(" ".join(one.split()) for one in paragraphs)
        self.params.append(
            click.Option(["--lang"], type=click.Choice(LANGUAGES), help=LANG, expose_value=False)
        )

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line."""
        lang = spoken()
        pieces = " ".join(_piece(piece, lang) for piece in self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=f"{say(lang, USAGE)} ")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help text, translated whole."""
        del ctx
        with formatter.indentation():
            for paragraph in _said(self.help).split("\n\n"):
                formatter.write_paragraph()
                formatter.write_text(paragraph)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, their help translated."""
        lang = spoken()
        options = [one for one in self.get_params(ctx) if isinstance(one, click.Option)]
        with formatter.section(say(lang, OPTIONS)):
            formatter.write_dl([(_written(one, ctx, lang), _help(one, lang)) for one in options])

    def get_short_help_str(self, limit: int = 45) -> str:
        """Give the first sentence of the help, translated."""
        del limit
        return _said(self.help).split("\n\n")[0].strip()


def _written(option: click.Option, ctx: click.Context, lang: str) -> str:
    """Write an option with what it takes: ``--port NUMBER``."""
    names = ", ".join(option.opts)
    return names if option.is_flag else f"{names} {_piece(option.make_metavar(ctx), lang)}"


def _help(option: click.Option, lang: str) -> str:
    """Say what an option is for, and what it is when it is not told."""
    words = _said(HELP if "--help" in option.opts else option.help)
    if option.show_default:
        return say(lang, BY_DEFAULT, help=words, default=option.default)
    return words


class Missing(click.MissingParameter):
    """All parameters that a command lacks, so that nobody learns of them one by one."""

    def __init__(self, every: Sequence[click.Parameter], ctx: click.Context) -> None:
        """Keep them, the first as click does."""
        super().__init__(ctx=ctx, param=every[0])
        self.every = every


class Command(_Bilingual):
    """One of parvis's commands."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words of a command; raises `Missing` with all that it lacks."""
        words = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.MissingParameter as error:
            told, _, _ = self.make_parser(ctx).parse_args(words)
            lacking = [one for one in self.params if one.required and not told.get(str(one.name))]
            if not lacking:
                raise
            raise Missing(lacking, ctx) from error


class Group(click.Group, _Bilingual):
    """A family of commands; those of `parts` are imported when they are first asked for."""

    command_class = Command
    group_class = type

    def __init__(self, *args: Any, parts: Mapping[str, str] | None = None, **kwargs: Any) -> None:  # noqa: ANN401 - click's own
        """Know which module of this package has which command."""
        super().__init__(*args, **kwargs)
        self._parts = dict(parts or {})

    @property
    def every(self) -> dict[str, click.Command]:
        """Import all that is not imported yet, and give every command by its name."""
        for part in sorted(set(self._parts.values())):
            self._import(part)
        return dict(sorted(self.commands.items()))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands that are here, and those that are not imported yet."""
        return sorted({*super().list_commands(ctx), *self._parts})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Give a command, whose module is imported now if it was not."""
        if cmd_name in self._parts and cmd_name not in self.commands:
            self._import(self._parts[cmd_name])
        return super().get_command(ctx, cmd_name)

    def _import(self, part: str) -> None:
        """Add the commands that are said to be in a module."""
        for value in vars(import_module(f"{__package__}.{part}")).values():
            if isinstance(value, click.Command) and self._parts.get(str(value.name)) == part:
                self.add_command(value)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands with their first sentence."""
        _Bilingual.format_options(self, ctx, formatter)
        rows = [
            (name, command.get_short_help_str())
            for name in self.list_commands(ctx)
            if (command := self.get_command(ctx, name)) is not None
        ]
        with formatter.section(say(spoken(), COMMANDS)):
            formatter.write_dl(rows)
