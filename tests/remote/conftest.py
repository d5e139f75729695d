"""Engines with the same graphs: embedded, of other makers, and our own site as a remote store."""

import io
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from flask import Flask
from pyoxigraph import Store
from werkzeug.serving import make_server

from parvis.config import RemoteStore, Settings, knowledge
from parvis.fetch.endpoint import Endpoint
from parvis.store.generation.generation import Generation, GenerationContent, build
from parvis.store.query.confinement import EmbeddedEngine, Engine
from parvis.store.remote.engine import RemoteEngine
from parvis.store.remote.publisher import RemoteStores
from parvis.store.remote.remote_process import open_engine
from parvis.web import create_app
from tests.remote.engines import ENGINES, repositories

BASE = "http://pool.example/"
OPEN, OTHER, HIDDEN, MANY = (
    f"{BASE}graph/a/{name}" for name in ("open", "other", "hidden", "many")
)
ROWS = 11_000

ID, SCHEMA, XSD = f"{BASE}id/", "http://schema.org/", "http://www.w3.org/2001/XMLSchema#"
LINES = {
    OPEN: [
        f'<{ID}e1> <{SCHEMA}name> "Le Cid"@fr .',
        f"<{ID}e1> <{SCHEMA}location> <{ID}v1> .",
        f'<{ID}e2> <{SCHEMA}name> "Antigone \\"1\\" _:x ."@fr .',
        f"<{ID}e2> <{SCHEMA}offers> _:b .",
        f'_:b <{SCHEMA}price> "12.5"^^<{XSD}decimal> .',
    ],
    OTHER: [
        f'<{ID}v1> <{SCHEMA}name> "Salle é" .',
        f"<{ID}v1> <{SCHEMA}containedInPlace> <{ID}c1> .",
        f'<{ID}c1> <{SCHEMA}population> "42"^^<{XSD}integer> .',
    ],
    HIDDEN: [
        f'<{ID}e1> <{SCHEMA}name> "hidden" .',
        f"<{ID}c1> <{SCHEMA}location> <{ID}h> .",
        f'<{ID}h> <{SCHEMA}name> "hidden too" .',
    ],
    MANY: [f'<{ID}n{n}> <{SCHEMA}position> "{n}" .' for n in range(ROWS)],
}
FILLERS = {
    f"{BASE}graph/p{n}/d": [f'<{ID}f{n}> <{SCHEMA}alternateName> "filler {n}" .']
    for n in range(1_000)
}
"""Graphs that only make lists of graphs long; all are open."""
SITE = {
    name: body
    for body, names in {
        b"[]": ("datasets.json", "partners.json", "queries.json", "projects.json"),
        b"": ("agreements.nt", "catalog.nt"),
    }.items()
    for name in names
}


def write_content(folder: Path, lines: dict[str, list[str]] = LINES) -> GenerationContent:
    """Write graphs as files: the last two of `LINES` are for members, the others open."""
    files = {}
    for number, (graph, graph_lines) in enumerate(lines.items()):
        files[graph] = folder / f"{number}.nt"
        files[graph].write_text(
            "".join(f"{line}\n" for line in sorted(graph_lines)), encoding="utf-8"
        )
    hidden = {graph: path for graph, path in files.items() if graph in {HIDDEN, MANY}}
    opened = {graph: path for graph, path in files.items() if graph not in hidden}
    return GenerationContent(open=opened, members=hidden, files=SITE)


def ship(data: Path, content: GenerationContent, remote: RemoteStore) -> Generation:
    """Publish a generation to repositories of an engine."""
    return build(data, content, maker=RemoteStores(remote, BASE))


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """Build the generation locally, of more than a thousand graphs."""
    folder = tmp_path_factory.mktemp("local")
    return build(folder / "data", write_content(folder, LINES | FILLERS))


@pytest.fixture(scope="session")
def embedded(local: Generation) -> Engine:
    """Open the embedded store of members."""
    return EmbeddedEngine(Store.read_only(str(local.members_store)))


@pytest.fixture(scope="session")
def embedded_open(local: Generation) -> Engine:
    """Open the embedded store of what is open to all."""
    return EmbeddedEngine(Store.read_only(str(local.open_store)))


@contextmanager
def serve_our_site(
    folder: Path, lines: dict[str, list[str]] = LINES, *, heedless: bool = False
) -> Iterator[RemoteStore]:
    """Serve all graphs openly on our own site.

    If `heedless`, the site ignores the dataset of a query.
    """
    content = write_content(folder, lines)
    build(folder / "data", replace(content, open={**content.open, **content.members}))
    app = create_app(Settings(folder / "data", knowledge("catalog"), BASE))
    wsgi_app = _Heedless(app) if heedless else app
    server = make_server("127.0.0.1", 0, wsgi_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    profile = folder / "parvis.toml"
    profile.write_text('name = "parvis"\nquery = "/sparql"\nupdate = ""\ngraphs = ""\n')
    try:
        yield RemoteStore(str(profile), members=(f"http://127.0.0.1:{server.server_port}",))
    finally:
        server.shutdown()
        thread.join()
        app.extensions["parvis"].close()


class _Heedless:
    """Remove the dataset from every query form."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's
        """Pass on the query alone."""
        form = parse_qs(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        body = urlencode({"query": form[b"query"][0]}).encode()
        size = str(len(body))
        changed_environ = environ | {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": size}
        return self._app(changed_environ, start)


Started = Callable[[str], dict[str, RemoteEngine]]


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """Publish the generation to an engine when it is first needed; return that of each part."""
    with ExitStack() as stack:

        @cache
        def start(name: str) -> dict[str, RemoteEngine]:
            folder = tmp_path_factory.mktemp(name.replace(" ", "-"))
            if name == "our site":
                remote = stack.enter_context(serve_our_site(folder))
                return {"members": RemoteEngine(Endpoint(remote, remote.members[0]), tuple(LINES))}
            remote = stack.enter_context(
                repositories(name, folder / "engine", {"open": 1, "members": 1})
            )
            generation = ship(folder / "data", write_content(folder, LINES | FILLERS), remote)
            return {
                part: open_engine(remote, built.folder)
                for part, built in generation.remote_parts().items()
            }

        yield start


@pytest.fixture(params=sorted(ENGINES))
def parts(request: pytest.FixtureRequest, started: Started) -> dict[str, RemoteEngine]:
    """Return the engine of each part, of another maker."""
    return started(request.param)


@pytest.fixture(params=["our site", *sorted(ENGINES)])
def engine(request: pytest.FixtureRequest, started: Started) -> RemoteEngine:
    """Return an engine that holds what members may read."""
    return started(request.param)["members"]
