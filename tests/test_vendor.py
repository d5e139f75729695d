"""Bundled scripts match the notices and the versions of the lock file."""

import json
import re
from hashlib import sha256
from pathlib import Path

from parvis.web.pages.home import BUNDLES

CHECKOUT = Path(__file__).parents[1]
VENDOR = CHECKOUT / "src" / "parvis" / "web" / "static" / "vendor"
NOTICES = (CHECKOUT / "THIRD_PARTY_NOTICES.md").read_text(encoding="utf-8")
LOCK = json.loads((CHECKOUT / ".vendor" / "package-lock.json").read_text(encoding="utf-8"))
COMMAND_PACKAGES = frozenset(
    [
        "ansi-regex",
        "ansi-styles",
        "cliui",
        "commander",
        "emoji-regex",
        "escalade",
        "get-caller-file",
        "get-east-asian-width",
        "iconv-lite",
        "json-stringify-pretty-compact",
        "rw",
        "safer-buffer",
        "string-width",
        "strip-ansi",
        "tslib",
        "vega-typings",
        "wrap-ansi",
        "y18n",
        "yargs",
        "yargs-parser",
    ]
)
"""Dependencies of the commands and types of vega and d3, which are not bundled."""
COMPATIBLE_LICENCES = {"MIT", "ISC", "BSD-3-Clause", "BSD-2-Clause", "Apache-2.0", "Unlicense"}


def test_each_bundle_matches_the_notices() -> None:
    """File by file; there are no others, and pages refer to existing folders."""
    listed = dict(re.findall(r"^\* `([^`]+)`: SHA-256 `([0-9a-f]{64})`$", NOTICES, re.MULTILINE))
    files = {file for file in VENDOR.rglob("*") if file.is_file()}
    assert listed == {
        file.relative_to(VENDOR).as_posix(): sha256(file.read_bytes()).hexdigest() for file in files
    }
    assert {file.parent.name for file in files} == set(BUNDLES.values())


def test_each_bundled_package_is_listed_with_licence_and_locked_version() -> None:
    """Every locked package except those for building or for commands."""
    listed = re.findall(r"^## (\S+) (\S+) \((.+)\)$", NOTICES, re.MULTILINE)
    locked = {
        (name.rpartition("node_modules/")[2], package["version"])
        for name, package in LOCK["packages"].items()
        if name and not package.get("dev") and "/@types/" not in name
    }
    assert {package[:2] for package in listed} >= {
        package for package in locked if package[0] not in COMMAND_PACKAGES
    }
    for _, _, licence in listed:
        assert set(re.findall(r"[A-Za-z][\w.-]+", licence)) & COMPATIBLE_LICENCES


def test_the_lock_names_no_registry() -> None:
    """Builders use their own registry."""
    assert not any("resolved" in package for package in LOCK["packages"].values())
    assert all("integrity" in package for name, package in LOCK["packages"].items() if name)
