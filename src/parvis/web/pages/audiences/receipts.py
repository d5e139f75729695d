"""Receipts of released figures, the keys that verify them, and the page that does so offline."""

import re

from flask import Blueprint, Response, jsonify, render_template, request

from parvis.config.documents import SHA256
from parvis.errors import UnknownThing, UsageError
from parvis.i18n import N_
from parvis.pooling.publics.receipts.keys import keys_to_json, read_signer
from parvis.pooling.publics.receipts.receipt import MOST_BYTES
from parvis.pooling.serving.figures.released.parameters import KEYS_PATH, STATUS_PATH
from parvis.pooling.serving.figures.released.receipts import (
    find_release_status,
    make_receipt,
)
from parvis.vocab.iris import DatasetKey
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads

receipts = Blueprint("receipts", __name__)

SEGMENT = re.compile(r"[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9-]*")
NO_CONTENT = N_(
    "name the release: “dataset” as PARTNER/DATASET and “content”, as a receipt has them"
)


@receipts.get("/figures/<path:name>/receipt.json")
@reads()
def receipt(name: str) -> Response:
    """Return the receipt of a figure; raise `UnknownThing` for one that the reader may not read."""
    response = Response(make_receipt(host(), reader_of(request), name), mimetype="application/json")
    file = re.sub("[^a-z0-9]+", "-", name)
    response.headers["Content-Disposition"] = f'attachment; filename="receipt-{file}.json"'
    return response


@receipts.get("/receipts")
@reads()
def page() -> str:
    """Show the page that verifies a receipt in the browser, with the public keys in it."""
    try:
        keys = keys_to_json(read_signer(host().settings.data).keys)
    except UnknownThing:  # no release was made here yet
        keys = {"keys": []}
    return render_template("audiences/receipts.html", keys=keys, most=MOST_BYTES)


@receipts.get(f"/{KEYS_PATH}")
@reads()
def public_keys() -> Response:
    """Return the public keys of receipts, those of before too; raise `UnknownThing` for none."""
    return jsonify(keys_to_json(read_signer(host().settings.data).keys))


@receipts.get(f"/{STATUS_PATH}")
@reads("dataset", "content")
def status() -> Response:
    """Return whether a release is served, replaced or recalled; raise `UsageError` for no name."""
    dataset, content = (request.args.get(name, "") for name in ("dataset", "content"))
    if not SEGMENT.fullmatch(dataset) or not SHA256.fullmatch(content):
        raise UsageError(NO_CONTENT)
    key = DatasetKey.parse(dataset)
    return jsonify(vars(find_release_status(host(), reader_of(request), key, content)))
