"""Engines with the same graphs: embedded, of other makers, and our own site as a remote store."""

import io
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
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
from parvis.store.remote.shipping import RemotePublisher
from parvis.web import create_app
from tests.remote.engines import oxigraph, virtuoso

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
SITE = {
    name: body
    for body, names in {
        b"[]": ("datasets.json", "partners.json", "queries.json", "projects.json"),
        b"": ("agreements.nt", "catalog.nt"),
    }.items()
    for name in names
}


def write_content(folder: Path, lines: dict[str, list[str]] = LINES) -> GenerationContent:
    """Write graphs as files: the last two are for members, the others open."""
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
    """Publish a generation to a remote store."""
    publisher = RemotePublisher(Endpoint(remote, remote.secret()), BASE, 400_000)
    return build(data, content, maker=publisher)


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """Build the generation locally."""
    folder = tmp_path_factory.mktemp("local")
    return build(folder / "data", write_content(folder))


@pytest.fixture(scope="session")
def embedded(local: Generation) -> Engine:
    """Open the embedded store."""
    return EmbeddedEngine(Store.read_only(str(local.members_store)))


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
    try:
        yield RemoteStore(query=f"http://127.0.0.1:{server.server_port}/sparql")
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


ENGINES = {"oxigraph": oxigraph, "virtuoso": virtuoso}


@pytest.fixture(scope="session", params=sorted(ENGINES))
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RemoteStore]:
    """Run an engine of another maker."""
    with ENGINES[request.param](tmp_path_factory.mktemp(request.param)) as remote:
        yield remote


@pytest.fixture(scope="session", params=["our site", *sorted(ENGINES)])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """Return a remote engine that holds the graphs."""
    folder = tmp_path_factory.mktemp("elsewhere")
    with ExitStack() as stack:
        if request.param in ENGINES:
            remote = stack.enter_context(ENGINES[request.param](folder))
            ship(folder / "data", write_content(folder), remote)
        else:
            remote = stack.enter_context(serve_our_site(folder))
        yield RemoteEngine(Endpoint(remote, remote.secret()), tuple(LINES))
