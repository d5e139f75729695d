"""A small CKAN on loopback: its Action API keeps records, and refuses what a real one refuses."""

import json
import re
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from uuid import uuid4
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from parvis.catalog.portals.ckan import Ckan
from parvis.config import Settings
from parvis.fetch.address import Address
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish

POOL = Path(__file__).parents[2] / "cases" / "pool"
SYSADMIN, EDITOR = "admin-key", "editor-key"
Start = Callable[[str, list[tuple[str, str]]], object]
NAME = re.compile(r"[a-z0-9_-]{2,100}")
TAG = re.compile(r"[\w .-]{2,100}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Refused(Exception):  # noqa: N818 - it is an answer
    """An answer of the API that is a failure."""

    def __init__(self, status: str, kind: str, **told: object) -> None:
        """Say it as CKAN does."""
        super().__init__(status)
        self.status, self.error = status, {"__type": kind, **told}


def invalid(**fields: object) -> Refused:
    """Refuse fields."""
    return Refused("409 CONFLICT", "Validation Error", **fields)


def denied(why: str) -> Refused:
    """Refuse a person."""
    return Refused("403 FORBIDDEN", "Authorization Error", message=f"Access denied: {why}")


@dataclass
class CkanServer:
    """What it keeps, and what it was asked: actions with their keys."""

    packages: dict[str, dict[str, Any]] = field(default_factory=dict)
    organizations: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: set[str] = field(default_factory=lambda: {"societe-culture"})
    asked: list[tuple[str, str]] = field(default_factory=list)
    broken: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    url: str = ""

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Answer one request."""
        action = environ["PATH_INFO"].rpartition("/")[2]
        given = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        key = environ.get("HTTP_AUTHORIZATION", "")
        self.asked.append((action, key))
        status, body = self.broken.get(action) or self._answer(action, json.loads(given), key)
        start(status, [("Content-Type", "application/json")])
        return [body]

    def writes(self) -> list[str]:
        """Give the actions that were to change something."""
        return [one for one, _ in self.asked if not one.endswith(("_show", "_search"))]

    def named(self, name: str) -> dict[str, Any]:
        """Give a package by its name."""
        (found,) = (one for one in self.packages.values() if one["name"] == name)
        return found

    def _answer(self, action: str, asked: dict[str, Any], key: str) -> tuple[str, bytes]:
        try:
            result = getattr(self, action)(asked, key)
        except Refused as refused:
            told = {"success": False, "error": refused.error}
            return refused.status, json.dumps(told).encode()
        return "200 OK", json.dumps({"success": True, "result": result}).encode()

    def _package(self, asked: dict[str, Any]) -> dict[str, Any]:
        for one in self.packages.values():
            if asked["id"] in (one["id"], one["name"]):
                return one
        raise Refused("404 NOT FOUND", "Not Found Error", message="Not found")

    def package_show(self, asked: dict[str, Any], key: str) -> dict[str, Any]:
        """Show one package; a deleted one only to who may edit it, a private one to nobody here."""
        found = self._package(asked)
        if (found["state"] == "deleted" and not key) or found.get("private"):
            raise denied("User not authorized to read package")
        return found

    def package_search(self, asked: dict[str, Any], _key: str) -> dict[str, Any]:
        """Find active packages by one extra, or by their organisation, in pages."""
        field_name, _, value = asked.get("fq", "").partition(":")
        value = value.strip('"').replace('\\"', '"')
        found = [
            one
            for one in sorted(self.packages.values(), key=lambda one: str(one["name"]))
            if one["state"] == "active" and _has(one, field_name, value)
        ]
        start = asked.get("start", 0)
        return {"count": len(found), "results": found[start : start + min(asked["rows"], 1000)]}

    def organization_show(self, asked: dict[str, Any], _key: str) -> dict[str, Any]:
        """Show one organisation."""
        if asked["id"] not in self.organizations:
            raise Refused("404 NOT FOUND", "Not Found Error", message="Not found")
        return self.organizations[asked["id"]]

    def organization_create(self, asked: dict[str, Any], key: str) -> dict[str, Any]:
        """Make an organisation: administrators only."""
        if key != SYSADMIN:
            raise denied("User not authorized to create organizations")
        if not NAME.fullmatch(asked["name"]) or asked["name"] in self.organizations:
            raise invalid(name=["Group name already exists in database"])
        self.organizations[asked["name"]] = asked
        return asked

    def package_create(self, asked: dict[str, Any], key: str) -> dict[str, Any]:
        """Make a package; only administrators choose its id."""
        self._allowed(asked, key)
        if "id" in asked and key != SYSADMIN:
            raise invalid(id=["The input field id was not expected."])
        if asked.get("id") in self.packages:
            raise invalid(id=["Dataset id already exists"])
        known: set[str] = set()
        return self._kept({"id": str(uuid4()), "state": "active", **asked}, known)

    def package_patch(self, asked: dict[str, Any], key: str) -> dict[str, Any]:
        """Change the fields that are given; lists are replaced whole."""
        found = self._package(asked)
        self._allowed({**found, **asked}, key)
        return self._kept(found | asked, {one["id"] for one in found["resources"]})

    def package_delete(self, asked: dict[str, Any], key: str) -> None:
        """Mark a package as deleted."""
        found = self._package(asked)
        self._allowed(found, key)
        found["state"] = "deleted"

    def _allowed(self, package: dict[str, Any], key: str) -> None:
        if key not in (SYSADMIN, EDITOR):
            raise denied("User not authorized to edit package")
        if not package.get("owner_org"):
            raise invalid(owner_org=["An organization must be provided"])
        if package["owner_org"] not in self.organizations:
            raise invalid(owner_org=["Organization does not exist"])

    def _kept(self, package: dict[str, Any], known: set[str]) -> dict[str, Any]:
        wrong = dict(self._wrong(package, known))
        if wrong:
            raise invalid(**wrong)
        resources = [{"id": str(uuid4()), **one} for one in package.get("resources", [])]
        kept = package | {"resources": resources, "title": package.get("title") or package["name"]}
        self.packages[package["id"]] = kept
        return kept

    def _wrong(self, package: dict[str, Any], known: set[str]) -> Iterator[tuple[str, object]]:
        """Give what CKAN's validators refuse."""
        others = {one["name"] for one in self.packages.values() if one["id"] != package["id"]}
        if not NAME.fullmatch(package.get("name", "")):
            yield "name", ["Must be purely lowercase alphanumeric (ascii) characters: -_"]
        if package.get("name") in others:
            yield "name", ["That URL is already in use."]
        bad = [one["name"] for one in package.get("tags", []) if not TAG.fullmatch(one["name"])]
        if bad:
            yield "tags", [f"Tag {bad[0]} must be alphanumeric characters or symbols: -_."]
        keys = [one["key"] for one in package.get("extras", [])]
        if len(keys) != len(set(keys)):
            yield "extras", [{"key": ["There is a duplicate key"]}]
        if any(not isinstance(one["value"], str) for one in package.get("extras", [])):
            yield "extras", [{"value": ["Must be a text"]}]
        if any(one["name"] not in self.groups for one in package.get("groups", [])):
            raise Refused("404 NOT FOUND", "Not Found Error", message="Group was not found.")
        yield from self._wrong_inside(package, known)

    def _wrong_inside(
        self, package: dict[str, Any], known: set[str]
    ) -> Iterator[tuple[str, object]]:
        """Give what is wrong with an address or a resource."""
        email = package.get("maintainer_email")
        if email and not EMAIL.fullmatch(email):
            yield "maintainer_email", [f"Email {email} is not a valid format"]
        for one in package.get("resources", []):
            if "id" in one and one["id"] not in known:
                yield "resources", [{"id": ["Resource id was not found"]}]
            if not str(one.get("size", 0)).isdigit():
                yield "resources", [{"size": ["Invalid integer"]}]


def _has(package: dict[str, Any], name: str, value: str) -> bool:
    """Say whether a package has an extra, or is of an organisation."""
    if name == "organization":
        return bool(package["owner_org"] == value)
    extras = {f"extras_{one['key']}": one["value"] for one in package.get("extras", [])}
    return not name or extras.get(name) == value


class _Threads(ThreadingMixIn, WSGIServer):
    """Answers each request in a thread."""

    daemon_threads = True


class _Silent(WSGIRequestHandler):
    """Says nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Print nothing."""


@pytest.fixture
def portal() -> Iterator[CkanServer]:
    """Run a CKAN on loopback, with nothing in it."""
    app = CkanServer()
    with make_server("127.0.0.1", 0, app, _Threads, _Silent) as running:
        app.url = f"http://127.0.0.1:{running.server_port}/"
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield app
        running.shutdown()
        thread.join()


def _small(folder: Path) -> Settings:
    """Give the settings of a small pool that may call loopback, nothing in it."""
    shutil.copytree(POOL, folder / "catalog")
    with (folder / "catalog" / "parvis.toml").open("a", encoding="utf-8") as file:
        file.write("[fetch]\nallow = ['127.0.0.1']\n")
    return Settings.load(data=folder / "data", catalog=folder / "catalog")


@pytest.fixture(scope="session")
def once_published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the data of the small pool, all of it submitted and published."""
    settings = _small(tmp_path_factory.mktemp("published"))
    with Pool.open(settings) as pool:
        for key in pool.catalog.datasets:
            assert submit(pool, key).accepted
        publish(pool)
    return settings.data


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give the settings of a small pool that may call loopback, nothing in it."""
    return _small(tmp_path)


@pytest.fixture
def published(settings: Settings, once_published: Path) -> Settings:
    """Give them once all of it is submitted and published."""
    shutil.copytree(once_published, settings.data, symlinks=True)
    return settings


@pytest.fixture
def as_admin(portal: CkanServer, settings: Settings) -> Ckan:
    """Give a client with an administrator's key."""
    return Ckan(Address.parse(portal.url), settings.fetch, SYSADMIN)


@pytest.fixture
def as_editor(portal: CkanServer, settings: Settings) -> Ckan:
    """Give a client with an editor's key."""
    return Ckan(Address.parse(portal.url), settings.fetch, EDITOR)
