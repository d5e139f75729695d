"""``parvis person``, ``parvis token`` and ``parvis settings``."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parvis.cli import main
from parvis.config import Settings
from parvis.errors import TokenError
from parvis.governance import Reader
from parvis.ledger import Code, Details, Passkey, People, Sessions
from parvis.pooling import people
from parvis.pooling.serving.readers import Readers
from parvis.store.files import writing
from tests.cli.conftest import Run


def test_a_token_is_printed_alone_and_once(run: Run, pool: Settings) -> None:
    """Scripts take all of stdout; the explanation goes to stderr."""
    purpose = ("--purpose", "https://w3id.org/dpv#AcademicResearch")
    created = run("token", "create", "exemple", "--label", "caisse", *purpose, "--lang", "en")
    assert created.returncode == 0
    token = created.stdout.strip()
    grant = Readers(pool).by_token(token)
    assert grant.reader == Reader(f"{pool.base}id/partner/exemple", frozenset(purpose[1:]))
    assert grant.token in created.stderr
    listed = run("token", "list").stdout
    assert grant.token in listed
    assert "caisse" in listed
    secret = token.split("_")[2]
    assert secret not in created.stderr + listed + run("token", "list", "--json").stdout


def test_tokens_of_the_third_party_are_the_stewards(run: Run, pool: Settings) -> None:
    """Except read-only ones; no other party can get one."""
    for options, host in (((), True), (("--scope", "read"), False)):
        created = json.loads(
            run("token", "create", "tiers-de-confiance", *options, "--json").stdout
        )
        assert Readers(pool).by_token(created["token"]).reader.host is host
    refused = run("token", "create", "exemple", "--scope", "host", "--lang", "en")
    assert refused.returncode == 2
    assert "is not the third party" in refused.stderr


@pytest.mark.parametrize(
    ("party", "expected"),
    [
        ("personne", "there is no party “personne”"),
        ("sans-entente", "sans-entente has no agreement"),
    ],
)
def test_a_party_without_agreement_gets_no_token(
    run: Run, pool: Settings, party: str, expected: str
) -> None:
    """Print one line, exit with code 2, write nothing."""
    folder = pool.catalog / "sans-entente"
    folder.mkdir()
    (folder / "party.ttl").write_text(
        "@prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix schema: <http://schema.org/> ."
        ' <id/party/sans-entente> a foaf:Agent ; schema:name "X"@fr , "X"@en .',
        encoding="utf-8",
    )
    refused = run("token", "create", party, "--lang", "en")
    assert refused.returncode == 2
    assert expected in refused.stderr
    assert refused.stdout == ""
    assert not (pool.data / "ledger.sqlite").exists()


def test_a_token_is_replaced_then_revoked(run: Run, pool: Settings) -> None:
    """Both work for the days of grace; a third is refused; a revoked token opens nothing."""
    first = json.loads(run("token", "create", "exemple", "--days", "30", "--json").stdout)
    second = json.loads(run("token", "rotate", first["id"], "--grace", "3", "--json").stdout)
    assert {Readers(pool).by_token(entry["token"]).token for entry in (first, second)} == {
        first["id"],
        second["id"],
    }
    assert run("token", "create", "exemple").returncode == 2
    assert run("token", "rotate", second["id"]).returncode == 2
    revoked = run("token", "revoke", first["id"], "--json")
    assert json.loads(revoked.stdout)["state"] == "revoked"
    with pytest.raises(TokenError, match="revoked"):
        Readers(pool).by_token(first["token"])
    states = {
        entry["id"]: entry["state"] for entry in json.loads(run("token", "list", "--json").stdout)
    }
    assert states == {first["id"]: "revoked", second["id"]: "live"}


def test_a_token_can_be_revoked_while_another_command_writes(run: Run, pool: Settings) -> None:
    """Neither a long publication nor an invalid catalogue may keep a leaked token open."""
    created = json.loads(run("token", "create", "exemple", "--json").stdout)
    (pool.catalog / "catalog.ttl").write_text("this is not Turtle", encoding="utf-8")
    with writing(pool.data):
        assert run("token", "revoke", created["id"]).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("token",),
        ("token", "revoke", "unknown"),
        ("token", "rotate", "unknown"),
        ("token", "create", "exemple", "--days", "0"),
        ("token", "create", "exemple", "--scope", "all"),
        ("token", "create", "exemple", "--purpose", "research"),
    ],
)
def test_wrong_use_prints_no_traceback(
    run: Run, pool: Settings, arguments: tuple[str, ...]
) -> None:
    assert pool
    refused = run(*arguments)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_a_damaged_ledger_exits_with_3(run: Run, pool: Settings) -> None:
    pool.data.mkdir(parents=True, exist_ok=True)
    Path(pool.data / "ledger.sqlite").write_bytes(b"no database" * 500)
    refused = run("token", "list")
    assert refused.returncode == 3
    assert "ledger.sqlite" in refused.stderr


FILE = """\
base = "https://bassin.example/"
[fetch]
allow = ["données.interne"]
[limits.party]
rows = 7
"""


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a catalogue folder whose file sets a few settings."""
    for name in ("PARVIS_DATA", "PARVIS_CATALOG", "PARVIS_BASE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "parvis.toml").write_text(FILE, encoding="utf-8")
    return tmp_path


def print_settings(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command and return its output."""
    with pytest.raises(SystemExit) as exit_info:
        main(["settings", *arguments])
    assert not exit_info.value.code
    return capsys.readouterr().out


def test_the_output_is_a_settings_file_with_the_same_values(
    catalog: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """It holds every setting, because it is made from the settings themselves."""
    other = tmp_path_factory.mktemp("other")
    text = print_settings(capsys, "--catalog", str(catalog), "--lang", "fr")
    (other / "parvis.toml").write_text(text, encoding="utf-8")
    assert Settings.load(catalog=other) == replace(Settings.load(catalog=catalog), catalog=other)
    assert 'allow = ["données.interne"]  # parvis.toml' in text
    assert "keep_generations = 3  # par défaut" in text


def test_each_setting_names_its_origin(
    catalog: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command line, a variable, the file or the default; tables do not mix."""
    monkeypatch.setenv("PARVIS_BASE", "https://ailleurs.example/")
    text = print_settings(capsys, "--catalog", str(catalog), "--data", str(catalog / "d"), "--json")
    origins = {setting["name"]: setting["origin"] for setting in json.loads(text)}
    assert origins["data"] == "--data"
    assert origins["base"] == "PARVIS_BASE"
    assert origins["limits.party.rows"] == "parvis.toml"
    assert origins["disclosure.base"] == origins["limits.host.rows"] == "default"


def test_a_token_is_of_the_pool_in_the_data_folder(
    run: Run, pool: Settings, submitted_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under another address it would silently belong to a pool that is not served."""
    monkeypatch.setenv("PARVIS_DATA", str(submitted_data))
    monkeypatch.setenv("PARVIS_BASE", "http://localhost:8123/")
    refused = run("token", "create", "exemple", "--lang", "en")
    assert refused.returncode == 2
    assert f"has the address {pool.base}, not http://localhost:8123/" in refused.stderr
    monkeypatch.setenv("PARVIS_BASE", pool.base)
    assert run("token", "create", "exemple", "--label", "caisse").returncode == 0


def test_a_person_is_invited_listed_demoted_and_removed(run: Run, pool: Settings) -> None:
    """The link alone is on stdout; names are escaped; the only steward may be removed here."""
    invited = run("person", "invite", "tiers-de-confiance", "--role", "steward", "--lang", "en")
    code = Code.parse(invited.stdout.strip().rpartition("/")[2])
    assert code is not None
    assert "http" not in invited.stderr
    assert "with the role “steward”" in invited.stderr
    assert code.id in run("person", "list").stdout
    unsent = run("person", "invite", "exemple", "--role", "reader", "--email", "a@b.test")
    assert unsent.returncode == 2
    assert code.secret not in invited.stderr + run("person", "list", "--json").stdout
    now, pseudonym = datetime.now(UTC), "essai"
    until = now + timedelta(hours=1)
    key = Passkey("key", pseudonym, b"", 0, "", now)
    details = Details("Ana\x1b[2J", "ana@example.org", "fr")
    People(pool.data).join(code, pseudonym, details, key, now, challenge=b"x", until=until)
    Sessions(pool.data).begin(now, until, "Firefox/Windows", person=pseudonym)
    listed = run("person", "list", "--lang", "en").stdout
    assert f"{pseudonym}  steward" in listed
    assert "\x1b" not in listed
    assert "Firefox/Windows" in run("person", "sessions", pseudonym, "--end").stdout
    assert "Firefox" not in run("person", "sessions", pseudonym).stdout
    changed = run("person", "role", pseudonym, "protector", "--json")
    assert json.loads(changed.stdout)["role"] == "protector"
    assert run("person", "role", pseudonym, "editor").returncode == 2
    assert run("person", "remove", pseudonym).returncode == 0
    assert run("person", "remove", pseudonym).returncode == 2
    assert json.loads(run("person", "list", "--json").stdout) == {"people": [], "invitations": []}


def test_an_invitation_is_withdrawn_by_its_id(run: Run, pool: Settings) -> None:
    invited = json.loads(run("person", "invite", "exemple", "--role", "reader", "--json").stdout)
    assert run("person", "remove", invited["id"]).returncode == 0
    assert json.loads(run("person", "list", "--json").stdout)["invitations"] == []
    assert people.list_invitations(pool) == []
    refused = run("person", "invite", "exemple", "--role", "steward", "--lang", "en")
    assert refused.returncode == 2
    assert "is no role" in refused.stderr
