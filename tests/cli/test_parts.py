"""Commands are imported when they are asked for."""

import subprocess
import sys

from parvis.cli import PARTS, parvis

HEAVY = ("flask", "pyshacl", "xlsxwriter", "lxml", "icalendar", "dateparser")


def test_every_command_is_where_it_is_said_to_be() -> None:
    """And no module has another one."""
    assert parvis.every.keys() == PARTS.keys()


def test_converting_loads_neither_the_site_nor_the_readers() -> None:
    """They are for other commands, and for the worker: starting takes half the time."""
    check = f"import sys, parvis.cli.converting; print([m for m in {HEAVY!r} if m in sys.modules])"
    found = subprocess.run(  # noqa: S603 - our own interpreter, a fixed text
        [sys.executable, "-c", check], capture_output=True, text=True, check=True
    )
    assert found.stdout == "[]\n"
