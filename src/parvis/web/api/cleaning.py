"""What a browser loads to clean a file: Pyodide, parvis's own modules, and the worker."""

from pathlib import Path

from flask import Blueprint, Response, current_app, request, send_file

from parvis.config import PYODIDE
from parvis.errors import UnknownThing
from parvis.pooling.cleaning.browser_archive import browser_archive
from parvis.web.http.access import host
from parvis.web.http.compression import WASM, compress_file
from parvis.web.http.inputs import reads
from parvis.web.http.security import POLICY

cleaning = Blueprint("cleaning", __name__)

WORKER, ARCHIVE = "worker.js", "parvis.zip"
_NAMES = ",".join(f"'{name}'" for name in (WORKER, ARCHIVE, *PYODIDE))
TYPES = {".wasm": WASM, ".mjs": "text/javascript", ".zip": "application/zip"}
WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
"""The content security policy of the worker alone: the page runs no WebAssembly."""


@cleaning.get(f"/check/clean/<any({_NAMES}):name>")
@reads()
def runtime(name: str) -> Response:
    """Return a file that the worker loads, the same for all readers."""
    if name == ARCHIVE:
        response = Response(browser_archive(), mimetype=TYPES[".zip"])
        response.add_etag()
        response.cache_control.no_cache = True
        response.make_conditional(request)
        return response
    if name == WORKER:
        file = Path(current_app.static_folder or "", "cleaning_worker.js")
    elif host().settings.pyodide:
        file = host().settings.catalog / host().settings.pyodide / name
    else:
        raise UnknownThing("there is no {name} here", name=name)
    response = send_file(file, mimetype=TYPES.get(file.suffix), max_age=0)
    compress_file(response, file)
    if name == WORKER:
        response.headers[POLICY] = WORKER_POLICY
    return response
