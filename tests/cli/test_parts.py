"""Modules of commands are imported only when needed."""

import subprocess
import sys

from parvis.cli import PARTS, parvis

HEAVY = ("flask", "pyshacl", "xlsxwriter", "lxml", "icalendar", "dateparser")
UNNEEDED = (*HEAVY, "numpy", "requests", "jsonpath", "ijson", "python_calamine")
"""Libraries that publishing needs only to add up figures, read files or send records."""


def test_every_command_is_in_its_declared_module() -> None:
    """No module has an undeclared command."""
    assert parvis.all_commands.keys() == PARTS.keys()


def test_convert_loads_neither_the_site_nor_the_file_readers() -> None:
    """The worker reads files; without these libraries, starting takes half the time."""
    assert list_loaded_libraries("parvis.cli.convert", HEAVY) == "[]\n"


def test_publishing_loads_only_what_every_publication_needs() -> None:
    """Publishing the change of one graph then takes little more than starting the command."""
    assert list_loaded_libraries("parvis.cli.generations", UNNEEDED) == "[]\n"


def list_loaded_libraries(module: str, libraries: tuple[str, ...]) -> str:
    """Print which of the libraries a module imports."""
    code = f"import sys, {module}; print([m for m in {libraries!r} if m in sys.modules])"
    process = subprocess.run(  # noqa: S603 - our own interpreter, a fixed text
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return process.stdout
