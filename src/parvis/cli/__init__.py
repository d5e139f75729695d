"""The steward's command line: ``parvis COMMAND``.

Exit codes: 0 done or conforms, 1 the data does not conform, 2 wrong use or bad input,
3 the machine could not do it. An error is one line on stderr, never a traceback.
"""

import gc
import json
import sys
from collections.abc import Sequence

import click

from parvis import __version__
from parvis.cli.bilingual import Group, language, usage_error
from parvis.cli.terminal import escape_controls
from parvis.errors import ParvisError
from parvis.i18n import LANGUAGES, explain, machine_error

COMMANDS = {
    "access": ["may", "person", "settings", "token"],
    "agreements": ["add", "agreement", "project"],
    "catalogue": ["catalog", "query", "validate"],
    "cleaning": ["clean", "column", "convert", "export-mapping", "kits", "sketch"],
    "generations": [
        *("generations", "keys", "publish", "recall", "receipt", "verify", "verify-figure"),
    ],
    "intake": ["check", "init", "init-mapping", "preview", "submit", "template"],
    "jobs": ["job", "today"],
    "linking": ["identities", "link"],
    "onboarding": ["onboard"],
    "portals": ["ckan", "datascene", "pull"],
    "publics": [
        *("absence", "box-office", "portray", "rates", "register", "relays", "results"),
        *("surveys", "trend"),
    ],
    "questions": ["ask", "practice", "question"],
    "record": ["backup", "load", "regions", "restore"],
    "requests": ["notify", "request", "uses"],
    "rounds": ["rounds"],
    "retention": ["certificate", "expire", "withdraw"],
    "serving": ["demo", "serve"],
    "sources": ["feeds", "queue", "refresh"],
}
PARTS = {command: part for part, commands in COMMANDS.items() for command in commands}
"""The module of each command, which is imported at its first use."""


GARBAGE = 10_000
"""New objects that trigger a garbage collection."""


@click.group(cls=Group, no_args_is_help=True, parts=PARTS)
@click.version_option(__version__, prog_name="parvis", help="Show the version and stop.")
def parvis() -> None:
    """Pool cultural offerings and audiences: a neutral third party's tools."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and exit with its code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None:
        # Most of what a command makes lasts as long as it: to look for garbage as often as Python
        # does by default took a twentieth of the time of building a pool.
        gc.set_threshold(GARBAGE)
    lang = language(words)
    try:
        # Outside its standalone mode, click raises errors, which are then written in `lang`.
        code = parvis.main(words, prog_name="parvis", obj=lang, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        code = 2
    except click.UsageError as error:
        code = _print_line(usage_error(error, lang), 2)
    except click.Abort:
        code = 130  # of shells, for a command interrupted by Ctrl-C
    except OSError as error:
        code = _print_error(machine_error(error), lang, in_json="--json" in words)
    except ParvisError as error:
        code = _print_error(error, lang, in_json="--json" in words)
    if arguments is None:
        # What is left is freed with the process: the garbage collector need not search it.
        gc.freeze()
    raise SystemExit(code or 0)


def _print_error(error: ParvisError, lang: str, *, in_json: bool) -> int:
    if in_json:
        sentences = {code: explain(error, code) for code in LANGUAGES}
        return _print_line(json.dumps({"error": sentences}, ensure_ascii=False), error.exit_code)
    return _print_line(explain(error, lang), error.exit_code)


def _print_line(text: str, code: int) -> int:
    # An error is one line, so that a log has one entry for it.
    line = " ".join(part.strip() for part in text.splitlines())
    click.echo(line if line.startswith("{") else f"parvis: {escape_controls(line)}", err=True)
    return code
