"""Run every check; bring the browser, and another store, when they are missing and we may.

`--claims FOLDER` is for several Pythons side by side: what no Python changes is done by the one
that claims it there first.
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
READINGS = (
    ["ruff", "format", "--check", "."],
    ["ruff", "check", "."],
    ["lint-imports"],
    ["mypy"],
)
TURN = Path(tempfile.gettempdir(), "parvis-browser.lock")
"""Who runs the checks of several Pythons side by side installs each once, not two at a time."""
PROGRAMS = (("chromium", "chromium"), ("virtuoso-t", "virtuoso-opensource-7-bin"))
"""What some tests run, and the package that brings it; no service of the system is begun."""
QUIET = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}


def bring_programs() -> None:
    """Install what is missing where we are root on a Debian; else say how, in one line.

    Without the browser nothing is run; without the other store, its tests are skipped.
    """
    with TURN.open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        missing = [package for program, package in PROGRAMS if not shutil.which(program)]
        if missing and (os.geteuid() or not shutil.which("apt-get")):
            how = f"il manque / missing: sudo apt-get install {' '.join(missing)}"
            if "chromium" in missing:
                sys.exit(how)
            print(how)  # noqa: T201 - what a person reads
        elif missing:
            install(missing)


def install(packages: list[str]) -> None:
    """Install programs by Debian's own means."""
    for step in (
        ["update", "-qq"],
        ["install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        subprocess.run(["apt-get", *step], check=True, env=QUIET)  # noqa: S603, S607 - fixed words


def is_first(claims: Path) -> bool:
    """Claim what reads the text alone; says whether nobody else had."""
    try:
        (claims / "readings").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def main() -> int:
    """Run all checks, whatever the first ones say."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--claims", type=Path)
    claims = arguments.parse_args().claims
    bring_programs()
    failed = [
        name
        for name, *words in (
            *(READINGS if claims is None or is_first(claims) else ()),
            ["pytest", "-q", *([f"--claims={claims}"] if claims else [])],
        )
        if subprocess.run([TOOLS / name, *words], cwd=TOP, check=False).returncode  # noqa: S603 - our own tools
    ]
    print("failed:" if failed else "all checks passed", *failed)  # noqa: T201 - a script's last line
    return int(bool(failed))


if __name__ == "__main__":
    raise SystemExit(main())
