"""The judgements of identity, for programs that align vocabularies."""

from flask import Blueprint, Response, request

from parvis.pooling.serving.site.mappings import MEDIA_TYPE, write_mappings
from parvis.web.http.access import host, reader_of

mappings = Blueprint("mappings", __name__)


@mappings.get("/mappings.sssom.tsv")
def listing() -> Response:
    """Return the judgements that the reader may read, positive and negative, as SSSOM/TSV."""
    response = Response(write_mappings(host(), reader_of(request)), mimetype=MEDIA_TYPE)
    response.headers.set("Content-Disposition", "attachment", filename="mappings.sssom.tsv")
    return response
