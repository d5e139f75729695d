"""A small CKAN on loopback whose Action API validates like a real one."""

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


class Refusal(Exception):  # noqa: N818 - a response, not a mistake
    """A failure response of the API."""

    def __init__(self, status: str, error_type: str, **details: object) -> None:
        super().__init__(status)
        self.status, self.error = status, {"__type": error_type, **details}


def invalid(**fields: object) -> Refusal:
    return Refusal("409 CONFLICT", "Validation Error", **fields)


def denied(reason: str) -> Refusal:
    return Refusal("403 FORBIDDEN", "Authorization Error", message=f"Access denied: {reason}")


@dataclass
class CkanServer:
    """A CKAN in memory, which records its requests: actions with their keys."""

    packages: dict[str, dict[str, Any]] = field(default_factory=dict)
    organizations: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: set[str] = field(default_factory=lambda: {"societe-culture"})
    requests: list[tuple[str, str]] = field(default_factory=list)
    broken: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    url: str = ""

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        action = environ["PATH_INFO"].rpartition("/")[2]
        body_text = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        key = environ.get("HTTP_AUTHORIZATION", "")
        self.requests.append((action, key))
        status, body = self.broken.get(action) or self._answer(action, json.loads(body_text), key)
        start(status, [("Content-Type", "application/json")])
        return [body]

    def writes(self) -> list[str]:
        """Return the requested actions that change something."""
        return [action for action, _ in self.requests if not action.endswith(("_show", "_search"))]

    def named(self, name: str) -> dict[str, Any]:
        """Return the package with a name."""
        (match,) = (package for package in self.packages.values() if package["name"] == name)
        return match

    def _answer(self, action: str, arguments: dict[str, Any], key: str) -> tuple[str, bytes]:
        try:
            result = getattr(self, action)(arguments, key)
        except Refusal as refusal:
            failure = {"success": False, "error": refusal.error}
            return refusal.status, json.dumps(failure).encode()
        return "200 OK", json.dumps({"success": True, "result": result}).encode()

    def _package(self, arguments: dict[str, Any]) -> dict[str, Any]:
        for package in self.packages.values():
            if arguments["id"] in (package["id"], package["name"]):
                return package
        raise Refusal("404 NOT FOUND", "Not Found Error", message="Not found")

    def package_show(self, arguments: dict[str, Any], key: str) -> dict[str, Any]:
        """Show deleted packages to editors only, and private ones to nobody."""
        package = self._package(arguments)
        if (package["state"] == "deleted" and not key) or package.get("private"):
            raise denied("User not authorized to read package")
        return package

    def package_search(self, arguments: dict[str, Any], _key: str) -> dict[str, Any]:
        """Find active packages by one extra or by their organisation, in pages."""
        field_name, _, value = arguments.get("fq", "").partition(":")
        value = value.strip('"').replace('\\"', '"')
        matches = [
            package
            for package in sorted(self.packages.values(), key=lambda package: str(package["name"]))
            if package["state"] == "active" and _has(package, field_name, value)
        ]
        start = arguments.get("start", 0)
        return {
            "count": len(matches),
            "results": matches[start : start + min(arguments["rows"], 1000)],
        }

    def organization_show(self, arguments: dict[str, Any], _key: str) -> dict[str, Any]:
        if arguments["id"] not in self.organizations:
            raise Refusal("404 NOT FOUND", "Not Found Error", message="Not found")
        return self.organizations[arguments["id"]]

    def organization_create(self, arguments: dict[str, Any], key: str) -> dict[str, Any]:
        """Only administrators may."""
        if key != SYSADMIN:
            raise denied("User not authorized to create organizations")
        if not NAME.fullmatch(arguments["name"]) or arguments["name"] in self.organizations:
            raise invalid(name=["Group name already exists in database"])
        self.organizations[arguments["name"]] = arguments
        return arguments

    def package_create(self, arguments: dict[str, Any], key: str) -> dict[str, Any]:
        """Only administrators choose the id."""
        self._require_editor(arguments, key)
        if "id" in arguments and key != SYSADMIN:
            raise invalid(id=["The input field id was not expected."])
        if arguments.get("id") in self.packages:
            raise invalid(id=["Dataset id already exists"])
        resource_ids: set[str] = set()
        return self._store({"id": str(uuid4()), "state": "active", **arguments}, resource_ids)

    def package_patch(self, arguments: dict[str, Any], key: str) -> dict[str, Any]:
        """Change the submitted fields; lists are replaced as a whole."""
        package = self._package(arguments)
        self._require_editor({**package, **arguments}, key)
        return self._store(
            package | arguments, {resource["id"] for resource in package["resources"]}
        )

    def package_delete(self, arguments: dict[str, Any], key: str) -> None:
        package = self._package(arguments)
        self._require_editor(package, key)
        package["state"] = "deleted"

    def _require_editor(self, package: dict[str, Any], key: str) -> None:
        if key not in (SYSADMIN, EDITOR):
            raise denied("User not authorized to edit package")
        if not package.get("owner_org"):
            raise invalid(owner_org=["An organization must be provided"])
        if package["owner_org"] not in self.organizations:
            raise invalid(owner_org=["Organization does not exist"])

    def _store(self, package: dict[str, Any], resource_ids: set[str]) -> dict[str, Any]:
        errors = dict(self._errors(package, resource_ids))
        if errors:
            raise invalid(**errors)
        resources = [{"id": str(uuid4()), **resource} for resource in package.get("resources", [])]
        stored = package | {
            "resources": resources,
            "title": package.get("title") or package["name"],
        }
        self.packages[package["id"]] = stored
        return stored

    def _errors(
        self, package: dict[str, Any], resource_ids: set[str]
    ) -> Iterator[tuple[str, object]]:
        """List what CKAN's validators refuse."""
        others = {entry["name"] for entry in self.packages.values() if entry["id"] != package["id"]}
        if not NAME.fullmatch(package.get("name", "")):
            yield "name", ["Must be purely lowercase alphanumeric (ascii) characters: -_"]
        if package.get("name") in others:
            yield "name", ["That URL is already in use."]
        invalid_tags = [
            entry["name"] for entry in package.get("tags", []) if not TAG.fullmatch(entry["name"])
        ]
        if invalid_tags:
            yield "tags", [f"Tag {invalid_tags[0]} must be alphanumeric characters or symbols: -_."]
        keys = [entry["key"] for entry in package.get("extras", [])]
        if len(keys) != len(set(keys)):
            yield "extras", [{"key": ["There is a duplicate key"]}]
        if any(not isinstance(entry["value"], str) for entry in package.get("extras", [])):
            yield "extras", [{"value": ["Must be a text"]}]
        if any(entry["name"] not in self.groups for entry in package.get("groups", [])):
            raise Refusal("404 NOT FOUND", "Not Found Error", message="Group was not found.")
        yield from self._nested_errors(package, resource_ids)

    def _nested_errors(
        self, package: dict[str, Any], resource_ids: set[str]
    ) -> Iterator[tuple[str, object]]:
        """List errors in the e-mail address or in resources."""
        email = package.get("maintainer_email")
        if email and not EMAIL.fullmatch(email):
            yield "maintainer_email", [f"Email {email} is not a valid format"]
        for resource in package.get("resources", []):
            if "id" in resource and resource["id"] not in resource_ids:
                yield "resources", [{"id": ["Resource id was not found"]}]
            if not str(resource.get("size", 0)).isdigit():
                yield "resources", [{"size": ["Invalid integer"]}]


def _has(package: dict[str, Any], name: str, value: str) -> bool:
    """Return whether a package has an extra, or belongs to an organisation."""
    if name == "organization":
        return bool(package["owner_org"] == value)
    extras = {f"extras_{entry['key']}": entry["value"] for entry in package.get("extras", [])}
    return not name or extras.get(name) == value


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Print nothing."""


@pytest.fixture
def portal() -> Iterator[CkanServer]:
    """Run an empty CKAN on loopback."""
    app = CkanServer()
    with make_server("127.0.0.1", 0, app, _Threads, _Silent) as server:
        app.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield app
        server.shutdown()
        thread.join()


def prepare_pool(folder: Path) -> Settings:
    """Write the catalogue of a small, empty pool that may call loopback; return its settings."""
    shutil.copytree(POOL, folder / "catalog")
    with (folder / "catalog" / "parvis.toml").open("a", encoding="utf-8") as file:
        file.write("[fetch]\nallow = ['127.0.0.1']\n")
    return Settings.load(data=folder / "data", catalog=folder / "catalog")


@pytest.fixture(scope="session")
def once_published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of the small pool with everything submitted and published."""
    settings = prepare_pool(tmp_path_factory.mktemp("published"))
    with Pool.open(settings) as pool:
        for key in pool.catalog.datasets:
            assert submit(pool, key).accepted
        publish(pool)
    return settings.data


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of a small, empty pool that may call loopback."""
    return prepare_pool(tmp_path)


@pytest.fixture
def published(settings: Settings, once_published: Path) -> Settings:
    """Return the settings of the small pool with everything submitted and published."""
    shutil.copytree(once_published, settings.data, symlinks=True)
    return settings


@pytest.fixture
def as_admin(portal: CkanServer, settings: Settings) -> Ckan:
    return Ckan(Address.parse(portal.url), settings.fetch, SYSADMIN)


@pytest.fixture
def as_editor(portal: CkanServer, settings: Settings) -> Ckan:
    return Ckan(Address.parse(portal.url), settings.fetch, EDITOR)
