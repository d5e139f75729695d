"""The pages that the portrait leads to: a region, a comparison, and a chapter to be embedded."""

from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, render_template, request, url_for

from parvis.catalog.codelists import region_tiles, scheme
from parvis.governance import ANONYMOUS
from parvis.i18n import N_
from parvis.pooling.serving.figures.comparing import COMPARABLE, OWN, compare
from parvis.pooling.serving.figures.portrait import read_portrait
from parvis.pooling.serving.figures.results import read_size
from parvis.pooling.serving.figures.story import TIMES, list_chapters, read_region
from parvis.statistics.cube import LAYERS
from parvis.vocab.namespaces import CONCEPT
from parvis.web.http.access import host, reader_of
from parvis.web.http.errors import Refusal
from parvis.web.http.inputs import reads
from parvis.web.http.security import FRAMED_POLICY, POLICY
from parvis.web.pages.audiences.portrait import (
    ASKED,
    concept_label,
    list_helpers,
    read_selection,
)

story = Blueprint("story", __name__)

NO_REGION = N_("There is no region of the code “{code}”: the 17 regions are 01 to 17.")
CHAPTERS = (*LAYERS, *TIMES)
NO_CHAPTER = N_("The portrait has no such chapter. These exist: {names}.")
MOST_CODE = 20
"""Characters of a code that a message repeats."""


@story.get("/portrait/region/<code>")
@reads("release", "measure", "period")
def region(code: str) -> str:
    """Show the audiences that live in a region, and those of the events there."""
    concept = f"{CONCEPT}area/{code}"
    if concept not in region_tiles():
        raise Refusal(404, NO_REGION, code=code[:MOST_CODE])
    portrait = read_portrait(host(), reader_of(request), read_selection())
    return render_template(
        "audiences/region.html",
        portrait=portrait,
        region=concept,
        regions=sorted(region_tiles(), key=lambda area: concept_label("area", area)),
        residents=read_region(portrait, concept, "area"),
        events=read_region(portrait, concept, "event"),
        area_name=scheme("area").label,
        **list_helpers(),
    )


@story.get("/portrait/embed")
@reads("chapter", *ASKED)
def embed() -> Response:
    """Show one chapter alone, for another site’s page to frame: public figures only."""
    name = request.args.get("chapter", "").strip()
    if name not in CHAPTERS:
        raise Refusal(404, NO_CHAPTER, names=", ".join(CHAPTERS))
    portrait = read_portrait(host(), ANONYMOUS, read_selection())
    chapters = [chapter for chapter in list_chapters(portrait) if chapter.name == name]
    query = urlencode({key: value for key, value in request.args.items() if key in ASKED})
    page = render_template(
        "audiences/embed.html",
        portrait=portrait,
        name=name,
        chapter=next(iter(chapters), None),
        address=f"{url_for('portrait.listing')}?{query}",
        **list_helpers(),
    )
    response = make_response(page)
    response.headers[POLICY] = FRAMED_POLICY
    return response


@story.get("/portrait/compare")
@reads("by", "first", "second", "release", "measure", "period")
def comparison() -> str:
    """Show two publics, two periods, or one’s own public and that of peers side by side."""
    reader = reader_of(request)
    portrait = read_portrait(host(), reader, read_selection())
    by, first, second = (request.args.get(name, "").strip() for name in ("by", "first", "second"))
    choices = [*COMPARABLE, *([OWN] if portrait.own else [])]
    by = by if by in choices else choices[0]
    size = read_size(host(), reader, reader.iri) if by == OWN and reader.iri else None
    return render_template(
        "audiences/compare.html",
        portrait=portrait,
        comparison=compare(portrait, by, (first, second), size),
        choices=choices,
        first=first,
        second=second,
        **list_helpers(),
    )
