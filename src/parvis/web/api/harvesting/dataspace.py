"""The catalogue for data spaces: the Dataspace Protocol's, to be read (catalog/request)."""

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from parvis.config.documents import Document
from parvis.errors import InputError, ParvisError, StoreError, UnknownThing
from parvis.i18n import N_, both
from parvis.pooling.serving.harvest.dataspace import (
    CONTEXT,
    PATH,
    describe_catalogue,
    describe_dataset,
    list_versions,
)
from parvis.pooling.serving.service import NO_DATASET
from parvis.vocab.iris import DatasetKey
from parvis.web.api.harvesting.harvest import HarvestRequest
from parvis.web.http.access import host, reader_of
from parvis.web.http.errors import Refusal, problem_of
from parvis.web.http.inputs import reads

if TYPE_CHECKING:
    from collections.abc import Mapping

dataspace = Blueprint("dataspace", __name__)

REQUEST = "CatalogRequestMessage"
BODY = N_("the body of the request")
NO_REQUEST = N_("the body should be a {type} (“@type”), with “{context}” in “@context”")
NO_FILTER = N_("“filter” is not understood here: send it empty, and choose among the datasets")


@dataspace.get("/.well-known/dspace-version")
@reads()
def versions() -> Response:
    """Return where the protocol is spoken."""
    return jsonify(list_versions(host()))


@dataspace.post(f"/{PATH}/catalog/request")
@reads("page", "per_page")
def catalogue() -> Response:
    """Return the catalogue, page by page; the header Link leads to the others."""
    _require_message(Document.parse(request.get_data(), both(BODY), error=InputError))
    reader, harvest = reader_of(request), HarvestRequest.read()
    paging = harvest.paging(len(host().listing(reader).items))
    response = jsonify(describe_catalogue(host(), reader, paging))
    for name, page in paging.related_pages().items():
        if name in {"next", "previous"}:
            address = f"{host().iris.base}{PATH}/catalog/request?page={page}"
            address += f"&per_page={paging.per_page}"
            response.headers.add("Link", f'<{address}>; rel="{name}"')
    return response


@dataspace.get(f"/{PATH}/catalog/datasets/<path:identifier>", merge_slashes=False)
@reads()
def dataset(identifier: str) -> Response:
    """Return a dataset, by its IRI or its key, with its offer."""
    name = identifier.removeprefix(f"{host().iris.base}id/dataset/")
    try:
        key = DatasetKey.parse(name)
    except StoreError as error:
        raise UnknownThing(NO_DATASET, key=name[:100]) from error
    return jsonify(describe_dataset(host(), reader_of(request), key))


@dataspace.errorhandler(ParvisError)
@dataspace.errorhandler(HTTPException)
def answer_error(error: ParvisError | HTTPException) -> Response:
    """Answer an error as the protocol writes it (CatalogError)."""
    problem = problem_of(error)
    body: Mapping[str, Any] = {
        "@context": [CONTEXT],
        "@type": "CatalogError",
        "code": str(problem.status),
        "reason": [{"@value": text, "@language": lang} for lang, text in problem.detail.items()],
    }
    response = jsonify(body)
    response.status_code = problem.status
    response.headers.update(problem.headers)
    response.cache_control.no_store = True
    return response


def _require_message(message: Document) -> None:
    fields = message.table()
    contexts = fields.get("@context")
    contexts = contexts if isinstance(contexts, list) else [contexts]
    if fields.get("@type") != REQUEST or CONTEXT not in contexts:
        raise Refusal(400, NO_REQUEST, type=REQUEST, context=CONTEXT)
    if fields.get("filter"):
        raise Refusal(400, NO_FILTER)
