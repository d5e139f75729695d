"""Commands are imported when they are asked for."""

import subprocess
import sys

from parvis.cli import PARTS, parvis

HEAVY = ("flask", "pyshacl", "xlsxwriter", "lxml", "icalendar", "dateparser")
UNNEEDED = (*HEAVY, "numpy", "requests", "jsonpath", "ijson", "python_calamine")
"""What publishing wants only where there is something to add up, to read or to send."""


def test_every_command_is_where_it_is_said_to_be() -> None:
    """And no module has another one."""
    assert parvis.every.keys() == PARTS.keys()


def test_converting_loads_neither_the_site_nor_the_readers() -> None:
    """They are for other commands, and for the worker: starting takes half the time."""
    assert loaded("parvis.cli.convert", HEAVY) == "[]\n"


def test_publishing_loads_only_what_every_publication_needs() -> None:
    """A change of one graph is served in little more time than the command takes to start."""
    assert loaded("parvis.cli.generations", UNNEEDED) == "[]\n"


def loaded(module: str, heavy: tuple[str, ...]) -> str:
    """Tell which of some libraries a module brings with it."""
    check = f"import sys, {module}; print([m for m in {heavy!r} if m in sys.modules])"
    found = subprocess.run(  # noqa: S603 - our own interpreter, a fixed text
        [sys.executable, "-c", check], capture_output=True, text=True, check=True
    )
    return found.stdout
