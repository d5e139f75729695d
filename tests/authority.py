"""An authority that stamps, of OpenSSL, and its certificates."""

import shutil
import subprocess
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

CONFIGURATION = """
[tsa]
serial = {folder}/serial
signer_cert = {folder}/stamps.pem
signer_key = {folder}/stamps.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True)
class Authority:
    """The folder of an authority; its root certificate is `certificate`."""

    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "root.pem"

    def stamp(self, query: bytes) -> bytes:
        """Return the answer to a query."""
        asked, answer = self.folder / "query", self.folder / "answer"
        asked.write_bytes(query)
        _run("ts", "-reply", "-config", self.folder / "tsa.cnf", "-section", "tsa",
             "-queryfile", asked, "-out", answer)  # fmt: skip
        return answer.read_bytes()

    def answer(self, to: BaseHTTPRequestHandler) -> None:
        """Answer a query over HTTP."""
        give(to, self.stamp(to.rfile.read(int(to.headers["Content-Length"]))))


def give(to: BaseHTTPRequestHandler, body: bytes, status: int = 200) -> None:
    """Answer with a body."""
    to.send_response(status)
    to.send_header("Content-Length", str(len(body)))
    to.end_headers()
    to.wfile.write(body)


def make_authority(folder: Path) -> Authority:
    """Draw the keys of an authority, or skip where there is no OpenSSL."""
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9")
    root, key = folder / "root.pem", folder / "root.key"
    _run("req", "-x509", *new, "-keyout", key, "-out", root, "-subj", "/CN=Root")
    _run("req", "-x509", *new, "-keyout", folder / "stamps.key", "-out", folder / "stamps.pem",
         "-subj", "/CN=Stamps", "-CA", root, "-CAkey", key,
         "-addext", "extendedKeyUsage=critical,timeStamping",
         "-addext", "basicConstraints=critical,CA:FALSE")  # fmt: skip
    (folder / "tsa.cnf").write_text(CONFIGURATION.format(folder=folder), encoding="utf-8")
    (folder / "serial").write_text("01\n", encoding="ascii")
    return Authority(folder)


def _run(*arguments: object) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no OpenSSL here")
    subprocess.run([openssl, *map(str, arguments)], check=True, capture_output=True)  # noqa: S603
