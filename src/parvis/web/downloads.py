"""Whole datasets as files, at addresses that stay; each says its size, digest and parts."""

from flask import Blueprint, Response, g, request, send_file, url_for

from parvis.errors import UnknownThing
from parvis.pooling.ask import NO_DUMP, DatasetCard
from parvis.vocab import media
from parvis.vocab.iris import DatasetKey
from parvis.web.access import host, reader_of
from parvis.web.conditions import PUBLIC
from parvis.web.inputs import reads

downloads = Blueprint("downloads", __name__)

FILES = "any({})".format(",".join(f"'{ending}'" for ending in media.DUMPS))
"""The endings, as a converter of a route."""


@downloads.get(f"/dumps/<partner>/<dataset>.<{FILES}:ending>")
@reads(files=True)
def dump(partner: str, dataset: str, ending: str) -> Response:
    """Give a dataset's file, or the part of it that is asked for (RFC 9110 §14).

    Its tag is its SHA-256, so that it stands as long as the bytes are the same.
    """
    found = host().dump(reader_of(request), DatasetKey(partner, dataset), ending)
    g.generation = found.generation
    response = send_file(
        found.path,
        mimetype=media.DUMPS[ending],
        as_attachment=True,
        download_name=f"{partner}-{dataset}.{ending}",
        conditional=True,
        etag=found.sha256,
    )
    response.accept_ranges = "bytes"
    response.headers.remove("Expires")
    response.headers["Cache-Control"] = PUBLIC
    page = url_for("catalog.dataset", partner=partner, dataset=dataset)
    response.headers.add("Link", f'<{page}>; rel="describedby"')
    return response


@downloads.get("/dumps/<partner>/<dataset>.sha256")
def checksums(partner: str, dataset: str) -> Response:
    """Give the digests of a dataset's files, as ``sha256sum --check`` reads them."""
    key, reader = DatasetKey(partner, dataset), reader_of(request)
    card = host().readable(reader, key)
    if not card.downloads:
        raise UnknownThing(NO_DUMP, key=key, form="sha256")
    return Response(_lines(card), mimetype="text/plain")


def _lines(card: DatasetCard) -> str:
    """Write a line for each file, under the name that it is saved by."""
    name = f"{card.key.partner}-{card.key.dataset}"
    return "".join(f"{one.sha256}  {name}.{one.ending}\n" for one in card.downloads)
