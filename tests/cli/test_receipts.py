"""Receipts at the terminal: printed, stamped after a publication, verified with keys alone."""

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from parvis.config import Settings
from parvis.governance import ANONYMOUS
from parvis.pooling.pool import Pool
from parvis.pooling.publics.receipts.keys import Signer, draw_signer, keys_to_json
from parvis.pooling.publics.receipts.receipt import SignedRelease, plant_tree, write_receipt
from parvis.pooling.serving.figures.figures import read_figures
from parvis.pooling.serving.service import PoolService
from parvis.pooling.stewardship.generations import stamp_releases
from tests.authority import make_authority
from tests.cli.conftest import Run
from tests.conftest import Server

WORDS = {"fr": "Entrées : 45", "en": "Attendance: 45"}
FIGURE: dict[str, Any] = {"iri": "https://pool.example/id/observation/1", "words": WORDS}
LOOPBACK = '[fetch]\nallow = ["127.0.0.1"]\n'

Verify = Callable[..., Any]


def sign(signer: Signer, status: str) -> bytes:
    """Return the receipt of the only figure of a release."""
    tree = plant_tree([FIGURE])
    release = SignedRelease(
        publisher="https://pool.example/id/partner/tiers",
        dataset="tiers/portrait",
        title={"fr": "Portrait des publics", "en": "Portrait of audiences"},
        number=3,
        released=datetime(2026, 11, 30, tzinfo=UTC),
        content="a" * 64,
        rules={},
        figures=1,
        root=tree.root.hex(),
        keys="https://pool.example/keys",
        status=status,
    )
    return write_receipt(FIGURE, 0, tree, release, signer)


@pytest.fixture
def verify(pool: Settings, run: Run, server: Server, tmp_path: Path) -> Verify:
    """Return a function that verifies a receipt by its keys, which no pool here has."""
    with (pool.catalog / "parvis.toml").open("a", encoding="utf-8") as file:
        file.write(LOOPBACK)
    signer = draw_signer(tmp_path / "elsewhere")
    keys, receipt = tmp_path / "keys.json", tmp_path / "receipt.json"
    keys.write_text(json.dumps(keys_to_json(signer.keys)), encoding="utf-8")
    body = sign(signer, server.address("/status"))

    def run_verify(*options: str, forge: tuple[bytes, bytes] = (b"", b"")) -> Any:  # noqa: ANN401
        receipt.write_bytes(body.replace(*forge))
        return run("--lang", "en", "verify-figure", receipt, "--keys", keys, *options)

    return run_verify


def test_a_receipt_is_verified_by_keys_alone(verify: Verify, server: Server) -> None:
    """Without a pool or a network; one that was changed is refused."""
    verified = verify("--offline")
    assert verified.returncode == 0
    for sentence in (WORDS["en"], "release 3 of Portrait", "no timestamp", "not looked up"):
        assert sentence in verified.stdout
    document = json.loads(verify("--offline", "--json").stdout)
    assert (document["status"], document["has_timestamp"], document["stamped"]) == (
        None,
        False,
        None,
    )
    forged = verify("--offline", forge=(b"Attendance: 45", b"Attendance: 46"))
    assert (forged.returncode, forged.stdout) == (1, "")
    assert "was changed" in forged.stderr
    assert server.calls == 0


def test_the_site_that_a_receipt_names_says_whether_its_release_was_recalled(
    verify: Verify, server: Server
) -> None:
    status: dict[str, Any] = {"status": "current", "reason": None}
    server.gives("/status", json.dumps(status).encode())
    assert (verified := verify()).returncode == 0
    assert "the one that is served" in verified.stdout
    status = {"status": "recalled", "reason": {"fr": "une erreur", "en": "a mistake"}}
    server.gives("/status", json.dumps(status).encode())
    recalled = verify()
    assert recalled.returncode == 1
    assert "do not use its figures" in recalled.stderr
    assert "a mistake" in recalled.stderr
    assert verify("--json").returncode == 1
    server.gives("/status", b"<html>")
    assert verify().returncode > 1


def test_keys_are_listed_and_replaced(pool: Settings, run: Run) -> None:
    """The first is drawn where there is none; the former stay, with the day of their end."""
    (first,) = json.loads(run("keys", "--json").stdout)["keys"]
    latest = json.loads(run("keys", "rotate", "--json").stdout)["keys"]
    assert latest[0]["key"] == first["key"]
    assert latest[0]["until"] == latest[1]["since"]
    lines = run("--lang", "en", "keys").stdout.splitlines()
    assert ["signed until" in line for line in lines] == [True, False]
    assert (pool.data / "receipts").stat().st_mode & 0o777 == 0o600


def test_a_publication_has_its_releases_stamped_once_for_each_key(
    classes_pool: Settings, run: Run, server: Server, tmp_path: Path
) -> None:
    """An authority that is away delays nothing, and is asked again after the next one."""
    authority = make_authority(tmp_path)
    data, catalog, receipt = (tmp_path / name for name in ("data", "catalog", "receipt.json"))
    shutil.copytree(classes_pool.data, data, ignore=shutil.ignore_patterns("views"))
    shutil.copytree(classes_pool.catalog, catalog)
    address = server.address("/stamps")
    settings = f'base = "{classes_pool.base}"\ntimestamp_server = "{address}"\n'
    shutil.copy(authority.certificate, catalog / "root.pem")
    certificate = 'timestamp_certificate = "root.pem"\n'
    (catalog / "parvis.toml").write_text(settings + certificate + LOOPBACK, encoding="utf-8")
    folders = ("--data", data, "--catalog", catalog)
    with closing(PoolService(classes_pool)) as service:
        name = read_figures(service, ANONYMOUS)[0].iri

    def verify_again(*options: object) -> tuple[str, int]:
        receipt.write_text(run("receipt", name, *folders).stdout, encoding="utf-8")
        verified = run("--lang", "en", "verify-figure", receipt, *options, *folders)
        return verified.stdout + verified.stderr, verified.returncode

    published = run("--lang", "en", "publish", *folders)
    assert published.returncode == 0
    assert "no timestamp yet" in published.stderr
    assert "no timestamp of an independent authority yet" in verify_again()[0]
    (tmp_path / "impostor").mkdir()
    server.answers["/stamps"] = make_authority(tmp_path / "impostor").answer
    with Pool.open(Settings.load(data, catalog)) as pool:
        assert "not of the authority" in str(stamp_releases(pool)[0])
        assert not [*data.glob("releases/*/*/*.timestamp")]
    server.answers["/stamps"] = authority.answer
    with Pool.open(Settings.load(data, catalog)) as pool:
        assert stamp_releases(pool) == []
        calls = server.calls
        said, code = verify_again("--tsa-certificate", authority.certificate)
        assert "an independent authority stamped it on" in said
        assert code == 0
        assert "which was not verified" in verify_again()[0]
        stamps = [*data.glob("releases/*/*/*.timestamp")]
        assert {file.stat().st_mode & 0o777 for file in stamps} == {0o600}
        assert stamp_releases(pool) == []
        assert server.calls == calls
        run("keys", "rotate", *folders)
        assert stamp_releases(pool) == []
    assert server.calls == calls + len(stamps)
    assert verify_again("--tsa-certificate", authority.certificate)[1] == 0
