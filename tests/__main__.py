"""Run every check; install the browser and another store if they are missing and permitted.

`--claims FOLDER` is for several Pythons in parallel: checks that do not depend on the Python are
done by the one that claims them there first.
"""

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).parents[1]
TOOLS = Path(sys.executable).parent
STATIC_CHECKS = (
    ["ruff", "format", "--check", "."],
    ["ruff", "check", "."],
    ["lint-imports"],
    ["mypy"],
)
INSTALL_LOCK = Path(tempfile.gettempdir(), "parvis-browser.lock")
"""Parallel runs of several Pythons install one after the other."""
BROWSERS = ("chromium-headless-shell", "chromium")
"""The first takes half the time, since it has no windows."""
PROGRAMS = ((BROWSERS, BROWSERS[0]), (("virtuoso-t",), "virtuoso-opensource-7-bin"))
"""Programs that some tests run, any of several, and a package; no system service is started."""
QUIET = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
MEMORY, ROOM = Path("/dev/shm"), 8 << 30  # noqa: S108 - tests make folders of their own there
"""Where tests make their folders if it has room: on a disk, they wait a third of their time."""


def install_missing() -> None:
    """Install missing programs as root on Debian; else print the command.

    Without the browser nothing runs; without the other store, its tests are skipped.
    """
    with INSTALL_LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        missing = [
            package for programs, package in PROGRAMS if not any(map(shutil.which, programs))
        ]
        if missing and (os.geteuid() or not shutil.which("apt-get")):
            hint = f"il manque / missing: sudo apt-get install {' '.join(missing)}"
            if BROWSERS[0] in missing:
                sys.exit(hint)
            print(hint)  # noqa: T201 - what a person reads
        elif missing:
            install(missing)


def install(packages: list[str]) -> None:
    """Install Debian packages."""
    for step in (
        ["update", "-qq"],
        ["install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        subprocess.run(["apt-get", *step], check=True, env=QUIET)  # noqa: S603, S607 - fixed words


def is_first(claims: Path) -> bool:
    """Claim the static checks; return whether nobody else had."""
    try:
        (claims / "static-checks").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def main() -> int:
    """Run all checks, even if the first ones fail."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--claims", type=Path)
    claims = arguments.parse_args().claims
    install_missing()
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("TMPDIR", str(MEMORY))
    checks: list[list[str]] = [["pytest", "-q", *([f"--claims={claims}"] if claims else [])]]
    if claims is None or is_first(claims):
        checks = [*STATIC_CHECKS, *checks]
    failed = [
        check[0]
        for check in checks
        if subprocess.run([TOOLS / check[0], *check[1:]], cwd=TOP, check=False).returncode  # noqa: S603 - our own tools
    ]
    print("failed:" if failed else "all checks passed", *failed)  # noqa: T201 - a script's last line
    return int(bool(failed))


if __name__ == "__main__":
    raise SystemExit(main())
