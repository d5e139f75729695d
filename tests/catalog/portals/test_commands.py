"""Commands report what they did in words and in JSON; a key is never on the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import TYPE_CHECKING

import pytest

from parvis.catalog.portals.ckan import Ckan
from parvis.cli import main
from parvis.cli.portals import read_key
from parvis.config import FetchSettings, Settings
from parvis.errors import UsageError
from parvis.fetch.address import Address

if TYPE_CHECKING:
    from tests.catalog.portals.conftest import CkanServer
    from tests.conftest import Server


Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> Run:
    """Return a function that runs a command on the small pool."""
    monkeypatch.setenv("PARVIS_DATA", str(settings.data))
    monkeypatch.setenv("PARVIS_CATALOG", str(settings.catalog))
    monkeypatch.delenv("PARVIS_CKAN_KEY", raising=False)

    def command(*words: object) -> CompletedProcess[str]:
        capsys.readouterr()
        arguments = [str(word) for word in words]
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        printed = capsys.readouterr()
        return CompletedProcess(arguments, int(ended.value.code or 0), printed.out, printed.err)

    return command


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """Write a file with an administrator's key."""
    file = tmp_path / "key"
    file.write_text("admin-key\n", encoding="utf-8")
    return file


@pytest.mark.usefixtures("published")
def test_a_push_reports_each_dataset(run: Run, portal: "CkanServer", key_file: Path) -> None:
    """First as a plan, then carried out, then without changes."""
    push = ("ckan", "push", "--url", portal.url, "--lang", "en")
    dry = run(*push, "--dry-run")
    assert dry.returncode == 0
    assert dry.stdout.splitlines() == [
        "theatre-b: an organisation that is not there; it would be created",
        "theatre-b/billets: would be created",
        "theatre-b/spectacles: would be created",
        "2 created, 0 updated, 0 deleted, 0 unchanged, 0 failed",
    ]
    assert run(*push).returncode == 2
    done = run(*push, "--key-file", key_file)
    assert done.stdout.splitlines()[0] == "theatre-b/billets: created"
    again = json.loads(run(*push, "--key-file", key_file, "--json").stdout)
    assert again["unchanged"] == ["theatre-b/billets", "theatre-b/spectacles"]
    assert not again["create"] + again["update"] + again["delete"]
    assert {key for _, key in portal.requests} == {"", "admin-key"}


@pytest.mark.usefixtures("published")
def test_failures_are_one_line_each_with_exit_code_1(
    run: Run, portal: "CkanServer", monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the reader's language; the key comes from the environment."""
    monkeypatch.setenv("PARVIS_CKAN_KEY", "editor-key")
    result = run("ckan", "push", "--url", portal.url, "--lang", "fr")
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    assert len(lines) == 2
    assert all("ne permet pas «\u00a0organization_create\u00a0»" in line for line in lines)
    assert result.stdout.strip().endswith("2 en échec")


def test_a_push_without_a_publication_is_an_error(
    run: Run, portal: "CkanServer", key_file: Path
) -> None:
    """The portal is not called."""
    assert run("ckan", "push", "--url", portal.url, "--key-file", key_file).returncode == 3
    assert portal.requests == []


def test_a_pull_reports_each_record(run: Run, server: "Server") -> None:
    """Failures on stderr, counts at the end."""
    package = {"name": "visites", "title": "Visites", "licenses": [{"name": "CC0-1.0"}]}
    url = server.gives("/datapackage.json", json.dumps(package).encode(), ETag='"1"')
    pull = ("ckan", "pull", "--partner", "theatre-b", "--lang", "en", "--url")
    assert run(*pull, url).stdout.splitlines() == [
        "theatre-b/visites: new; its record is to be read over, then mapped",
        "1 new, 0 updated, 0 edited here, 0 unchanged, 0 failed",
    ]
    assert json.loads(run(*pull, url, "--json").stdout) == [
        {"record": "theatre-b/visites", "status": "unchanged", "dataset": "theatre-b/visites"}
    ]
    bad = server.gives("/bad/datapackage.json", b'{"title": "Sans licence"}')
    result = run(*pull, bad)
    assert result.returncode == 1
    assert "has no licence" in result.stderr
    assert run(*pull, server.address("/x.ttl")).returncode == 3
    assert run("ckan", "pull", "--partner", "absent", "--url", url).returncode == 2


@pytest.mark.parametrize("content", [b"", b" \n", b"a\nb", "clé".encode(), b"\xff"])
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: bytes) -> None:
    """Before anything is sent; its content is not repeated."""
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="key"):
        read_key(file)
    with pytest.raises(UsageError, match="absent"):
        read_key(tmp_path / "absent")


def test_a_key_is_only_sent_over_a_trusted_connection() -> None:
    """Over https, or to a server that the steward allows."""
    plain = Address.parse("http://ckan.example/")
    with pytest.raises(UsageError, match="not https"):
        Ckan(plain, FetchSettings(), "secret")
    assert Ckan(plain, FetchSettings()).keyed is False
    assert Ckan(plain, FetchSettings(allow=("ckan.example",)), "secret").keyed
    assert Ckan(Address.parse("https://ckan.example/"), FetchSettings(), "secret").keyed
