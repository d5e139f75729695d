"""A long conversion shows how far it is, to who can see it."""

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

from parvis.mapping.engine.watching import PROGRESS_INTERVAL

MAPPING = """\
sources: {events: {access: f.csv, referenceFormulation: csv}}
mappings:
  event: {sources: events, s: id/event/x/$(id), po: [[schema:name, $(name)]]}
"""


def at_a_terminal(folder: Path) -> str:
    """Run a conversion whose stderr is a terminal, and give what is shown there."""
    ours, theirs = pty.openpty()
    command = Path(sys.executable).with_name("parvis")
    words = [str(command), "convert", "mapping.yml", "-o", "out.nt"]
    with subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=theirs) as process:  # noqa: S603 - our own command
        os.close(theirs)
        shown = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                shown += os.read(ours, 65_536)
            except OSError:  # the other end is closed
                break
        assert process.wait(60) == 0
    os.close(ours)
    return shown.decode()


def test_a_bar_is_drawn_at_a_terminal(tmp_path: Path) -> None:
    """It says which file is read, and which part of it has been."""
    (tmp_path / "mapping.yml").write_text(MAPPING, encoding="utf-8")
    rows = "".join(f"{number},un\n" for number in range(2 * PROGRESS_INTERVAL))
    (tmp_path / "f.csv").write_text(f"id,name\n{rows}", encoding="utf-8")
    shown = at_a_terminal(tmp_path)
    assert "f.csv" in shown
    assert "50%" in shown
