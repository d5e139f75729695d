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


def where(data: Path) -> str:
    """Tell where a process that serves a data folder keeps what waits for a reader."""
    words = [sys.executable, "-c", PROGRAM, str(data)]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout  # noqa: S603


def test_what_waits_for_a_reader_stands_in_the_data_folder(tmp_path: Path) -> None:
    """In a file without a name; after the process nothing is left."""
    found = where(tmp_path / "data")
    assert found.startswith(f"{tmp_path}/data/staging/")
    assert found.endswith(" (deleted)\n")
    assert list((tmp_path / "data" / "staging").iterdir()) == []


def test_where_nothing_may_be_written_it_stands_in_the_system_s_folder(tmp_path: Path) -> None:
    """A data folder that is only read can still be served."""
    (tmp_path / "staging").write_text("in the way of the folder")
    assert where(tmp_path).startswith(tempfile.gettempdir())
    assert (tmp_path / "staging").read_text()
