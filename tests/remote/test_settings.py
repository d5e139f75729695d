"""An engine that is not set as its profile wants is told of, with the setting to change."""

import re
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from parvis.config import RemoteStore, Settings, knowledge
from parvis.config.engine import profile_names, read_profile
from parvis.errors import StoreError, UsageError
from parvis.fetch.endpoint import Endpoint
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publication.remote import prove_engines
from parvis.pooling.stewardship.generations import observe_engines, verify
from parvis.store.remote.engine import RemoteEngine
from parvis.store.remote.probes import check_settings, require_writable
from parvis.store.remote.proof import prove_rows, prove_whole
from parvis.store.remote.remote_process import open_engine
from tests.remote.conftest import LINES, OPEN, ship, write_content
from tests.remote.engines import (
    ENGINES,
    PASSWORD,
    Running,
    find_sql_port,
    jena,
    oxigraph,
    repositories,
    virtuoso,
)


def run_sql(folder: Path, *statements: str) -> None:
    """Run statements of Virtuoso's own language."""
    for statement in statements:
        address = f"127.0.0.1:{find_sql_port(folder)}"
        command = ["isql-vt", address, "dba", PASSWORD, f"exec={statement}"]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - fixed words


def list_faults(remote: RemoteStore, *, writes: bool = True) -> list[str]:
    (address,) = remote.open
    return [str(error) for error in check_settings(remote, address, writes=writes)]


def engine_of(remote: RemoteStore) -> RemoteEngine:
    """Return the engine of a repository of which nothing is read."""
    return RemoteEngine(Endpoint(remote, remote.open[0], secret=remote.secret()), ())


def store_of(folder: Path, running: Running, user: str = "dba") -> RemoteStore:
    """Return the settings for a Virtuoso, whose users' passwords are their names."""
    (folder / "password").write_text(f"{user}\n")
    return RemoteStore(
        "virtuoso", open=(running.address,), user=user, password_file=str(folder / "password")
    )


@pytest.mark.parametrize("name", sorted(ENGINES))
def test_an_engine_that_is_set_as_its_profile_says_is_not_told_of(
    tmp_path: Path, name: str
) -> None:
    options = {"seconds": 120} if name == "virtuoso" else {}
    with repositories(name, tmp_path / "engine", {"open": 1}, options) as remote:
        assert list_faults(remote) == []
        require_writable(remote, remote.open[0])


WRONG: dict[str, tuple[Callable[[Path], AbstractContextManager[Running]], str, str]] = {
    "oxigraph that only reads": (
        lambda folder: oxigraph(folder, command="serve-read-only"),
        "oxigraph",
        r"refuses changes.* serve \(serve-read-only\) \(its reason: 403",
    ),
    "jena that only reads": (
        lambda folder: jena(folder, wrong=["read-only"]),
        "fuseki",
        "refuses changes.* fuseki:update",
    ),
    "jena that never ends a query": (
        lambda folder: jena(folder, wrong=["no-timeout"]),
        "fuseki",
        "goes on with a query.* arq:queryTimeout",
    ),
    "jena that calls others": (
        lambda folder: jena(folder, wrong=["service"]),
        "fuseki",
        "calls other servers.* arq:httpServiceAllowed",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_setting_that_is_wrong_is_named(tmp_path: Path, case: str) -> None:
    """That an engine takes no change is nothing to a copy, which writes nothing."""
    start, profile, words = WRONG[case]
    if profile == "oxigraph":
        with oxigraph(tmp_path):  # a server that only reads needs a store
            pass
    with start(tmp_path) as running:
        remote = RemoteStore(profile, open=(running.address,))
        (fault,) = list_faults(remote)
        assert re.search(words, fault)
        if "refuses changes" in fault:
            with pytest.raises(StoreError, match=words):
                require_writable(remote, remote.open[0])
            assert list_faults(remote, writes=False) == []


def test_virtuoso_is_told_of_for_each_of_its_settings(tmp_path: Path) -> None:
    with virtuoso(tmp_path, rows=5_000) as running:
        run_sql(
            tmp_path,
            "DB.DBA.USER_CREATE('reader', 'reader')",
            'GRANT SPARQL_UPDATE TO "SPARQL"',
            "DB.DBA.RDF_DEFAULT_USER_PERMS_SET('nobody', 7)",
        )
        remote = store_of(tmp_path, running, "reader")
        faults = " ".join(list_faults(remote))
        assert "refuses changes" in faults
        assert "setting SPARQL_UPDATE" in faults
        assert "takes changes at its address for queries" in faults
        assert "set MaxQueryExecutionTime 120" in faults
        with pytest.raises(StoreError, match="ResultSetMaxRows"):
            prove_rows(engine_of(remote), remote.profile.settings["rows"])


def test_an_answer_that_virtuoso_cuts_is_told_of_once_published(tmp_path: Path) -> None:
    """It is not served; the message is for the steward, and names the engine and the setting."""
    (tmp_path / "engine").mkdir()
    with virtuoso(tmp_path / "engine", rows=5_000, seconds=120) as running:
        remote = store_of(tmp_path, running)
        ship(tmp_path / "data", write_content(tmp_path, {OPEN: LINES[OPEN]}), remote)
        settings = Settings(tmp_path / "data", knowledge("catalog"), remote=remote)
        (error,) = observe_engines(settings)
        assert "cuts an answer of 10201 rows short" in str(error)
        assert "ResultSetMaxRows" in str(error)
        with pytest.raises(StoreError, match="ResultSetMaxRows"):
            prove_engines(settings)


def test_jena_without_the_union_of_its_graphs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "engine").mkdir()
    with jena(tmp_path / "engine", wrong=["no-union"]) as running:
        remote = RemoteStore("fuseki", open=(running.address,))
        generation = ship(tmp_path / "data", write_content(tmp_path), remote)
        engine = open_engine(remote, generation.open_store)
        with pytest.raises(StoreError, match="tdb2:unionDefaultGraph"):
            prove_whole(engine, remote.profile.settings["whole"])


def test_publishing_and_verifying_tell_of_settings_in_both_languages(
    tmp_path: Path,
) -> None:
    """A published pool stays published; an engine that takes no change gets nothing."""

    def settings_for(running: Running) -> Settings:
        remote = RemoteStore("fuseki", open=(running.address,))
        return Settings(tmp_path / "data", knowledge("catalog"), remote=remote)

    (tmp_path / "a").mkdir()
    with jena(tmp_path / "a", wrong=["service"]) as running:
        settings = settings_for(running)
        with Pool.open(settings) as pool:
            publish(pool)
        (warning,) = verify(settings)["warnings"]
        assert "calls other servers for a query (SERVICE)" in warning["en"]
        assert "vérifiez son réglage arq:httpServiceAllowed false" in warning["fr"]
    (tmp_path / "b").mkdir()
    with jena(tmp_path / "b", wrong=["read-only"]) as running:
        settings = settings_for(running)
        with Pool.open(settings) as pool, pytest.raises(StoreError, match="fuseki:update"):
            publish(pool)


def test_every_profile_says_what_nothing_can_observe() -> None:
    for name in profile_names():
        profile = read_profile(name)
        assert profile.unobserved, name
        assert all(profile.settings.values())


def test_a_profile_with_a_setting_that_parvis_cannot_observe_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('name = "a"\nquery = ""\nupdate = ""\ngraphs = ""\nsettings = { memory = "x" }')
    with pytest.raises(UsageError, match="memory"):
        RemoteStore(str(file))
