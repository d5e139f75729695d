"""Commands that serve: demo and serve."""

import errno
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.options import folders, settings
from parvis.config import Settings, knowledge
from parvis.errors import MachineError
from parvis.i18n import N_, counted, say
from parvis.pooling.publication.remote import prove_confinement
from parvis.pooling.stewardship.demo import build_demo, demo_token
from parvis.pooling.stewardship.generations import settle
from parvis.sandbox.trial import tried
from parvis.web.server import serve

PORT = N_("The port to listen on.")
HOST = N_("The address to listen on.")
BUILDING = N_("building the invented pool…")
STEP = N_("  {dataset}: {triples} facts, {findings} findings")
READY = N_("ready in {seconds} s: everything in this pool is invented. Ctrl-C stops it.")
SERVED = N_("the pool is served (Ctrl-C stops it): {address}")
OTHER_PORT = N_(
    "links and identifiers begin with {base}, not with port {port}: change “base” in parvis.toml,"
    " or PARVIS_BASE"
)
TAKEN = N_("another program listens on port {port}: choose another one by --port")
NO_PORT = N_("cannot listen on {host}, port {port}: {reason}")
PLACES = (
    (N_("the site"), ""),
    (N_("the SPARQL endpoint"), "sparql"),
    (N_("the catalogue"), "catalog"),
    (N_("its health"), "health"),
)
AS_MEMBER = N_("to read as a member, sign in at {address} with: {token}")
FELL_BACK = N_(
    "generation {damaged} is damaged: generation {number} is served instead; run “parvis verify”,"
    " then “parvis publish --anew”"
)
TRY = N_("try: {curl}")
WALLED = N_("queries run without network ({network}) and without writing files ({files})")
NO_NETWORK_WALL = N_(
    "this machine’s kernel does not keep queries off the network: only their text is checked"
)
NO_FILES_WALL = N_(
    "this machine’s kernel does not keep the processes of queries from writing files"
)


@click.command(cls=Command, name="serve")
@click.option("--host", default="127.0.0.1", show_default=True, help=HOST)
@click.option("--port", default=8000, show_default=True, type=int, help=PORT)
@folders
def serve_command(host: str, port: int, data: Path | None, catalog: Path | None) -> int:
    """Serve the site and the endpoint over the current generation."""
    found = settings(data, catalog)
    _tell_walls(spoken())
    if instead := settle(found):
        damaged, number = instead
        click.echo(say(spoken(), FELL_BACK, damaged=damaged, number=number), err=True)
    prove_confinement(found)
    lang, address = spoken(), f"http://{host}:{port}/"
    _require_free(host, port)
    if not found.proxies and names_other_port(found.base, port):
        click.echo(say(lang, OTHER_PORT, base=found.base, port=port), err=True)
    told = partial(click.echo, say(lang, SERVED, address=address), err=True)
    serve(found, host, port, ready=told)
    return 0


@click.command(cls=Command)
@click.option("--port", default=8000, show_default=True, type=int, help=PORT)
@click.option("--data", type=click.Path(path_type=Path), help="Keep the pool in this folder.")
def demo(port: int, data: Path | None) -> int:
    """Build the invented sample pool in a folder of its own, and serve it.

    Needs no network, no configuration and no special rights; nothing is left behind unless
    --data names a folder.
    """
    start = time.monotonic()
    lang = spoken()
    _require_free("127.0.0.1", port)
    with _folder(data) as folder:
        os.environ["PARVIS_BASE"] = f"http://localhost:{port}/"
        found = Settings.load(folder, knowledge("catalog") / "demo")
        click.echo(say(lang, BUILDING), err=True)
        for outcome in build_demo(found):
            report = outcome.report
            click.echo(
                counted(
                    lang,
                    STEP,
                    dataset=outcome.key,
                    triples=report.triples,
                    findings=report.total,
                ),
                err=True,
            )
        token = demo_token(found)
        _tell_walls(lang)
        serve(found, "127.0.0.1", port, ready=lambda: _tell(lang, found.base, start, token))
    return 0


def names_other_port(base: str, port: int) -> bool:
    """Say whether a base that is on this very machine names another port than is listened to.

    >>> bases = ("http://localhost:8000/", "https://pool.example/", "http://localhost/")
    >>> [names_other_port(base, 8000) for base in bases]
    [False, False, True]
    """
    parts = urlsplit(base)
    told = parts.port or {"http": 80, "https": 443}[parts.scheme]
    return parts.hostname in {"localhost", "127.0.0.1", "::1"} and told != port


def _require_free(host: str, port: int) -> None:
    """Refuse a port on which another program listens: the kernel would let both, in turn."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for family, kind, _, _, place in found[:1]:
            with socket.socket(family, kind) as one:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                one.bind(place)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise MachineError(TAKEN, port=port) from error
        raise MachineError(NO_PORT, host=host, port=port, reason=error.strerror) from error


@contextmanager
def _folder(told: Path | None) -> Iterator[Path]:
    """Give the told folder, or one that is gone afterwards."""
    if told:
        yield told
    else:
        with tempfile.TemporaryDirectory(prefix="parvis-demo-") as name:
            yield Path(name)


def _tell_walls(lang: str) -> None:
    """Say what keeps queries from the network and from files: what was tried, not what is hoped."""
    walls = tried()
    if walls.network and walls.files:
        click.echo(say(lang, WALLED, network=walls.network, files=walls.files), err=True)
    if not walls.network:
        click.echo(say(lang, NO_NETWORK_WALL), err=True)
    if not walls.files:
        click.echo(say(lang, NO_FILES_WALL), err=True)


def _tell(lang: str, base: str, start: float, token: str) -> None:
    """Print the addresses and one command that works, from whatever thread notices it."""
    click.echo(say(lang, READY, seconds=round(time.monotonic() - start, 1)))
    for words, path in PLACES:
        click.echo(f"  {base}{path}  ({say(lang, words)})")
    click.echo(say(lang, AS_MEMBER, address=f"{base}login", token=token))
    click.echo(say(lang, TRY, curl=f"curl {base}queries/offres-et-publics.csv"))
