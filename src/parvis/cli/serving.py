"""Commands that serve: demo and serve."""

import errno
import os
import socket
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.terminal import FILE, day_of, folders, print_line
from parvis.config import Settings, clock, knowledge
from parvis.errors import MachineError
from parvis.i18n import N_, say, say_counts

PORT = N_("The port to listen on.")
STEP = N_("  {dataset}: triples {triples}, findings {findings}")
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
SIGN_IN = N_("sign in at {address} with one of these tokens, which are of this address only:")
AS_STEWARD = N_("  the steward, who publishes, decides and reads everything: {token}")
AS_MEMBER = N_(
    "  a member, Théâtre de la Lanterne, which reads what members share and gives its files:"
    " {token}"
)
AS_RESEARCHER = N_("  a researcher, who also reads what an agreement opens to research: {token}")
INVITED = N_("or, as people do, open one of these invitations once, and create a passkey:")
INVITED_STEWARD = N_("  to the stewardship: {link}")
INVITED_MEMBER = N_("  to the Théâtre de la Lanterne: {link}")
TODAY = N_("Move the dates of the sample to those of this day (2026-11-24) instead of today’s.")
FELL_BACK = N_(
    "generation {damaged} is damaged: generation {number} is served instead; run “parvis verify”,"
    " then “parvis publish --anew”"
)
RESTORED = N_("what {address} had lost of what was published was sent again ({part})")
WALLED = N_("queries run without network ({network}) and without writing files ({files})")
NO_NETWORK_WALL = N_(
    "this machine’s kernel does not keep queries off the network: only their text is checked"
)
NO_FILES_WALL = N_(
    "this machine’s kernel does not keep the processes of queries from writing files"
)


@click.command(cls=Command)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=int, help=PORT)
@folders
def serve_command(host: str, port: int, settings: Settings) -> None:
    """Serve the site and the endpoint over the current generation."""
    from parvis.pooling.publication.remote import (
        check_engine_settings,
        prove_engines,
        repair_engines,
    )
    from parvis.pooling.stewardship.generations import ensure_sound_generation
    from parvis.web.server import serve

    _print_walls()
    if instead := ensure_sound_generation(settings):
        damaged, number = instead
        print_line(FELL_BACK, damaged=damaged, number=number, err=True)
    for check in repair_engines(settings, digests=False):
        print_line(RESTORED, part=check.part, address=check.repository, err=True)
    with ThreadPoolExecutor(1) as executor:
        # Observing how a query is ended takes as long as proving.
        checking = executor.submit(check_engine_settings, settings)
        prove_engines(settings)
        for warning in checking.result():
            print_line(warning.template, err=True, **warning.fields)
    lang, address = spoken(), f"http://{host}:{port}/"
    _require_free(host, port)
    if not settings.proxies and names_other_port(settings.base, port):
        print_line(OTHER_PORT, base=settings.base, port=port, err=True)
    announce = partial(click.echo, say(lang, SERVED, address=address), err=True)
    serve(settings, host, port, ready=announce)


@click.command(cls=Command)
@click.option("--port", default=8000, show_default=True, type=int, help=PORT)
@click.option("--data", type=FILE, help="Keep the pool in this folder.")
@click.option("--today", default="", metavar="DATE", help=TODAY)
def demo(port: int, data: Path | None, today: str) -> None:
    """Build the invented sample pool in a folder of its own, and serve it.

    Needs no network, no configuration and no special rights; nothing is left behind unless
    --data names a folder.
    """
    from parvis.pooling.stewardship.demo.dates import move_catalog

    start = time.monotonic()
    day = day_of(today) if today else clock.day_in_quebec()
    _require_free("127.0.0.1", port)
    opened: AbstractContextManager[str] = (
        nullcontext(str(data)) if data else tempfile.TemporaryDirectory(prefix="parvis-demo-")
    )
    with opened as folder:
        # `Settings.load` reads the base address from the environment.
        os.environ["PARVIS_BASE"] = f"http://localhost:{port}/"
        catalog = move_catalog(knowledge("catalog") / "demo", Path(folder), day)
        print_line("building the invented pool…", err=True)
        _serve_demo(Settings.load(Path(folder), catalog), port, start, passing=data is None)


def _serve_demo(settings: Settings, port: int, start: float, *, passing: bool) -> None:
    """Build the demo while the server's process starts, then print its addresses and tokens."""
    from parvis.pooling.stewardship.demo.demo import DemoTokens, build_demo, create_demo_tokens
    from parvis.web.server import serve

    lang, context = spoken(), click.get_current_context()
    tokens: list[DemoTokens] = []

    def build(ended: Event) -> None:
        with context.scope(cleanup=False):  # a thread has none of its own, nor a language
            for outcome in build_demo(settings, passing=passing):
                report = outcome.report
                counts = {"triples": report.triples, "findings": report.total}
                click.echo(say_counts(lang, STEP, dataset=outcome.key, **counts), err=True)
                if ended.is_set():
                    return
            tokens.append(create_demo_tokens(settings))
            _print_walls()

    def print_addresses() -> None:
        base, texts = settings.base, tokens[0]
        click.echo(say(lang, READY, seconds=round(time.monotonic() - start, 1)))
        for words, path in PLACES:
            click.echo(f"  {base}{path}  ({say(lang, words)})")
        click.echo(say(lang, SIGN_IN, address=f"{base}login"))
        click.echo(say(lang, AS_STEWARD, token=texts.steward))
        click.echo(say(lang, AS_MEMBER, token=texts.member))
        click.echo(say(lang, AS_RESEARCHER, token=texts.researcher))
        click.echo(say(lang, INVITED))
        click.echo(say(lang, INVITED_STEWARD, link=texts.steward_link))
        click.echo(say(lang, INVITED_MEMBER, link=texts.member_link))
        click.echo(say(lang, "try: {curl}", curl=f"curl {base}queries/offres-et-publics.csv"))

    serve(settings, "127.0.0.1", port, ready=print_addresses, prepare=build)


def names_other_port(base: str, port: int) -> bool:
    """Return whether a base on this machine names another port than the listening one.

    >>> bases = ("http://localhost:8000/", "https://pool.example/", "http://localhost/")
    >>> [names_other_port(base, 8000) for base in bases]
    [False, False, True]
    """
    parts = urlsplit(base)
    # A base without port has the default port of its scheme.
    base_port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    return parts.hostname in {"localhost", "127.0.0.1", "::1"} and base_port != port


def _require_free(host: str, port: int) -> None:
    # The kernel would let two programs listen on the same port, in turn.
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for family, kind, _, _, place in addresses[:1]:
            with socket.socket(family, kind) as listener:
                # A port that was just closed counts as free.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(place)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise MachineError(TAKEN, port=port) from error
        raise MachineError(NO_PORT, host=host, port=port, reason=error.strerror) from error


def _print_walls() -> None:
    from parvis.sandbox.trial import probe_walls

    # Each restriction was tested, since what a kernel should do may not hold.
    walls = probe_walls()
    if walls.network and walls.files:
        print_line(WALLED, network=walls.network, files=walls.files, err=True)
    if not walls.network:
        print_line(NO_NETWORK_WALL, err=True)
    if not walls.files:
        print_line(NO_FILES_WALL, err=True)
