"""The published version as files, for replicas: a manifest, and the files that it lists."""

from functools import partial
from operator import attrgetter

from flask import Blueprint, Response, g, send_file

from parvis.i18n import N_
from parvis.pooling.serving.query import DownloadFile
from parvis.pooling.stewardship.replicas import file_of, manifest_of
from parvis.web.http.access import host
from parvis.web.http.errors import require_identity
from parvis.web.http.inputs import reads

replicas = Blueprint("replicas", __name__)

NOT_YOURS = N_("A copy of all that is served is for who has a token of scope “replica”.")

_require_replica_token = partial(require_identity, attrgetter("may_copy"), NOT_YOURS)


@replicas.get("/replica/manifest.json")
@reads(files=True)
def manifest() -> Response:
    """Return the manifest of the version that is served."""
    _require_replica_token()
    return _send(manifest_of(host().settings), "application/json")


@replicas.get("/replica/<int:number>/<path:name>")
@reads(files=True)
def file(number: int, name: str) -> Response:
    """Return a file of a version, or the requested range of it; it never changes."""
    _require_replica_token()
    return _send(file_of(host().settings, number, name), "application/octet-stream")


def _send(dump: DownloadFile, media_type: str) -> Response:
    g.generation = dump.generation
    # The digest as tag lets a replica resume a download by If-Range.
    response = send_file(dump.path, mimetype=media_type, conditional=True, etag=dump.sha256)
    response.accept_ranges = "bytes"
    return response
