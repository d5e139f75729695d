"""What is served as files, for machines that serve a copy of it: a manifest, and what it names."""

from flask import Blueprint, Response, g, request, send_file

from parvis.i18n import N_
from parvis.pooling.serving.query import Dump
from parvis.pooling.stewardship.replicas import file_of, manifest_of
from parvis.web.http.access import host, identified
from parvis.web.http.errors import Refusal
from parvis.web.http.inputs import reads

replicas = Blueprint("replicas", __name__)

NOT_YOURS = N_("A copy of all that is served is for who has a token of scope “replica”.")


@replicas.get("/replica/manifest.json")
@reads(files=True)
def manifest() -> Response:
    """Give the manifest of the generation that is served."""
    _refuse_others()
    return _file(manifest_of(host().settings), "application/json")


@replicas.get("/replica/<int:number>/<path:name>")
@reads(files=True)
def file(number: int, name: str) -> Response:
    """Give a file of a generation, or the part of it that is asked for; it never changes."""
    _refuse_others()
    return _file(file_of(host().settings, number, name), "application/octet-stream")


def _refuse_others() -> None:
    """Refuse who may not have everything."""
    found = identified(request)
    if found is None or not found.copies:
        raise Refusal(403, NOT_YOURS)


def _file(found: Dump, media_type: str) -> Response:
    """Give a file under its digest as a tag."""
    g.generation = found.generation
    response = send_file(found.path, mimetype=media_type, conditional=True, etag=found.sha256)
    response.accept_ranges = "bytes"
    return response
