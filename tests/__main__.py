"""Run every check; bring the browser when it is missing and we may.

Words after the command are pytest's: `--share 1/2` leaves to another Python half of the tests
that no Python changes.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).parents[1]
TOOLS = Path(sys.executable).parent
CHECKS = (
    ["ruff", "format", "--check", "."],
    ["ruff", "check", "."],
    ["lint-imports"],
    ["mypy"],
    ["pytest", "-q", *sys.argv[1:]],
)
TURN = Path(tempfile.gettempdir(), "parvis-browser.lock")
"""Who runs the checks of several Pythons side by side installs one browser, not two at once."""
QUIET = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}


def bring_browser() -> None:
    """Install Chromium where we are root on a Debian; else say how, in one line."""
    with TURN.open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not shutil.which("chromium"):
            install_browser()


def install_browser() -> None:
    """Install Chromium by Debian's own means."""
    if os.geteuid() or not shutil.which("apt-get"):
        sys.exit("Chromium manque / Chromium is missing: sudo apt-get install chromium")
    for step in (
        ["update", "-qq"],
        ["install", "-y", "-qq", "--no-install-recommends", "chromium"],
    ):
        subprocess.run(["apt-get", *step], check=True, env=QUIET)  # noqa: S603, S607 - fixed words


def main() -> int:
    """Run all checks, whatever the first ones say."""
    bring_browser()
    failed = [
        name
        for name, *words in CHECKS
        if subprocess.run([TOOLS / name, *words], cwd=TOP, check=False).returncode  # noqa: S603 - our own tools
    ]
    print("failed:" if failed else "all checks passed", *failed)  # noqa: T201 - a script's last line
    return int(bool(failed))


if __name__ == "__main__":
    raise SystemExit(main())
