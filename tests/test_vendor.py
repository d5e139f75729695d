"""What pages bring of others' scripts is what the notices tell, in the versions of the lock."""

import json
import re
from hashlib import sha256
from pathlib import Path

from parvis.web.pages.home import BUNDLES

CHECKOUT = Path(__file__).parents[1]
VENDOR = CHECKOUT / "src" / "parvis" / "web" / "static" / "vendor"
NOTICES = (CHECKOUT / "THIRD_PARTY_NOTICES.md").read_text(encoding="utf-8")
LOCK = json.loads((CHECKOUT / ".vendor" / "package-lock.json").read_text(encoding="utf-8"))
COMMANDS = frozenset(
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
"""What the commands and the types of vega and d3 are made with."""
APART = {"sparnatural"}
"""What is under the LGPL, and so stands as published in a file of its own."""
GOES_WITH_APACHE = {"MIT", "ISC", "BSD-3-Clause", "BSD-2-Clause", "Apache-2.0", "Unlicense"}


def test_each_bundle_is_the_one_that_the_notices_tell() -> None:
    """File by file; nothing else stands there, and pages ask for folders that are there."""
    told = dict(re.findall(r"^\* `([^`]+)`: SHA-256 `([0-9a-f]{64})`$", NOTICES, re.MULTILINE))
    files = {file for file in VENDOR.rglob("*") if file.is_file()}
    assert told == {
        file.relative_to(VENDOR).as_posix(): sha256(file.read_bytes()).hexdigest() for file in files
    }
    assert {file.parent.name for file in files} == set(BUNDLES.values())


def test_each_package_inside_is_told_with_its_licence_in_the_version_of_the_lock() -> None:
    """Every package that is locked but what only builds, or serves commands alone."""
    told = re.findall(r"^## (\S+) (\S+) \((.+)\)$", NOTICES, re.MULTILINE)
    locked = {
        (name.rpartition("node_modules/")[2], one["version"])
        for name, one in LOCK["packages"].items()
        if name and not one.get("dev") and "/@types/" not in name
    }
    assert {one[:2] for one in told} >= {one for one in locked if one[0] not in COMMANDS}
    for name, version, licence in told:
        if name in APART:
            assert (VENDOR / f"{name}-{version}" / f"{name}.js").is_file()
            continue
        assert set(re.findall(r"[A-Za-z][\w.-]+", licence)) & GOES_WITH_APACHE


def test_the_lock_names_no_registry() -> None:
    """Who builds takes the packages from where they get theirs."""
    assert not any("resolved" in one for one in LOCK["packages"].values())
    assert all("integrity" in one for name, one in LOCK["packages"].items() if name)
