"""Citations of datasets and of answers, in words and for programs that keep bibliographies."""

from flask import Blueprint, Response, request, url_for

from parvis.errors import UnknownThing
from parvis.i18n import N_
from parvis.report.citations import FORMS, Citation
from parvis.vocab.iris import DatasetKey
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import negotiated_response, require_ending

citations = Blueprint("citations", __name__)

OFFERS = {media_type: ending for ending, (media_type, _) in FORMS.items()}
ENDINGS = f"any({','.join(FORMS)})"
NO_VERSION = N_("the dataset {key} has no version “{label}” that is remembered here")


@citations.get("/dataset/<partner>/<dataset>/citation")
@citations.get(f"/dataset/<partner>/<dataset>/citation.<{ENDINGS}:ending>")
@reads("version", offers=OFFERS)
def dataset(partner: str, dataset: str, ending: str | None = None) -> Response:
    """Cite a version of a dataset, by default its last."""
    card = host().dataset(reader_of(request), DatasetKey(partner, dataset))
    version = card.find_version(label := request.args.get("version", ""))
    if version is None:
        raise UnknownThing(NO_VERSION, key=card.key, label=label)
    citation = card.citation(host().settings.base, version, language())
    page = url_for("catalog.dataset", partner=partner, dataset=dataset)
    return answer_with_citation(citation, ending or require_ending(OFFERS), page)


def answer_with_citation(
    citation: Citation, ending: str, page: str, *, store: bool = True
) -> Response:
    """Answer with a citation, to be read in a browser or saved; `page` is of what it cites.

    Caches may `store` it.
    """
    media_type, write = FORMS[ending]
    response = negotiated_response(
        Response(f"{write(citation)}\n", mimetype=media_type), store=store
    )
    response.headers.set(
        "Content-Disposition",
        "inline" if ending == "txt" else "attachment",
        filename=f"{citation.name}.{ending}",
    )
    response.headers.add("Link", f'<{page}>; rel="describes"')
    return response
