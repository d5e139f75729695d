"""A long conversion shows its progress at a terminal."""

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


def convert_at_a_terminal(folder: Path) -> str:
    """Run a conversion whose stderr is a terminal, and return what it shows."""
    controller, tty = pty.openpty()
    command = Path(sys.executable).with_name("parvis")
    argv = [str(command), "convert", "mapping.yml", "-o", "out.nt"]
    with subprocess.Popen(argv, cwd=folder, stdout=subprocess.DEVNULL, stderr=tty) as process:  # noqa: S603 - our own command
        os.close(tty)
        output = b""
        while select.select([controller], [], [], 60)[0]:
            try:
                output += os.read(controller, 65_536)
            except OSError:  # the other end is closed
                break
        assert process.wait(60) == 0
    os.close(controller)
    return output.decode()


def test_a_progress_bar_is_drawn_at_a_terminal(tmp_path: Path) -> None:
    """It names the file and the part of it that is read."""
    (tmp_path / "mapping.yml").write_text(MAPPING, encoding="utf-8")
    rows = "".join(f"{number},un\n" for number in range(2 * PROGRESS_INTERVAL))
    (tmp_path / "f.csv").write_text(f"id,name\n{rows}", encoding="utf-8")
    output = convert_at_a_terminal(tmp_path)
    assert "f.csv" in output
    assert "50%" in output
