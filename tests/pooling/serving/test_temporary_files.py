"""Temporary files of the server."""

import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = """
import os, sys, tempfile
from pathlib import Path
from parvis.pooling.serving.temporary_files import hold_temporary_files
from parvis.store.query.answer import MEMORY, Spool
hold_temporary_files(Path(sys.argv[1]))
spool = Spool()
spool.put(b"x" * (MEMORY + 1))
print(os.readlink(f"/proc/self/fd/{spool._file.fileno()}"), *os.listdir(tempfile.gettempdir()))
"""


def locate_temporary_files(data: Path) -> str:
    """Return where a process that serves a data folder stores a waiting answer."""
    command = [sys.executable, "-c", PROGRAM, str(data)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603


def test_a_waiting_answer_is_stored_in_the_data_folder(tmp_path: Path) -> None:
    """In a file without a name; when the process ends, nothing is left."""
    location = locate_temporary_files(tmp_path / "data")
    assert location.startswith(f"{tmp_path}/data/staging/")
    assert location.endswith(" (deleted)\n")
    assert list((tmp_path / "data" / "staging").iterdir()) == []


def test_without_write_access_a_waiting_answer_is_stored_in_the_systems_folder(
    tmp_path: Path,
) -> None:
    """A read-only data folder can be served too."""
    (tmp_path / "staging").write_text("in the way of the folder")
    assert locate_temporary_files(tmp_path).startswith(tempfile.gettempdir())
    assert (tmp_path / "staging").read_text()
