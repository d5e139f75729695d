"""The steward's pages of the pool's surroundings: other portals, and the settings in force."""

import re
from functools import cache

from flask import Blueprint, Response, jsonify, render_template

from parvis.i18n import N_, both
from parvis.pooling.stewardship.settings import EffectiveSetting, settings_in_force
from parvis.web.api.guide_texts import read_text
from parvis.web.http.access import host
from parvis.web.http.inputs import reads
from parvis.web.http.language import language, localise
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending
from parvis.web.pages.steward.rights import require_steward, require_watcher
from parvis.web.pages.steward.subjects import partner_choices

portals = Blueprint("portals", __name__)

PAGES = ("settings", "notices", "people")
"""The pages of the guide that describe settings."""
TABLE, NAME = re.compile(r"`\[([a-z.]+)\]`"), re.compile(r"`([a-z_]+)`")
SECTIONS = {
    "remote": N_("SPARQL engine"),
    "oidc": N_("Accounts of a provider"),
    "mail": N_("Server that sends e-mail"),
}
OTHERS = N_("Other settings")
LINK = re.compile(r"\[([^]]+)\]\([^)]+\)")


@portals.get("/steward/portals")
def overview() -> Response:
    """Offer to send records to a CKAN, to take records from a portal, to check the catalogue."""
    require_watcher()
    ckan = host().settings.ckan
    page = render_template("steward/portals.html", ckan=ckan, partners=partner_choices())
    return negotiated_response(page, store=False)


@portals.get("/steward/settings")
@portals.get("/steward/settings.<any(html,json):ending>")
@reads(offers=PAGE_OR_JSON)
def settings(ending: str | None = None) -> Response:
    """Show the settings in force, and who says each; what they name is never opened here."""
    require_steward()
    listed = settings_in_force(host().settings)
    if (ending or require_ending(PAGE_OR_JSON)) != HTML:
        return negotiated_response(jsonify([s.to_json() for s in listed]), store=False)
    sections: dict[str, list[tuple[str, EffectiveSetting]]] = {}
    described = describe_settings(language())
    for setting in listed:
        others = localise(both(SECTIONS.get(setting.table.partition(".")[0], OTHERS)))
        section, meaning = described.get((setting.table, setting.name), (others, ""))
        sections.setdefault(section, []).append((meaning, setting))
    page = render_template("steward/settings.html", sections=sections)
    return negotiated_response(page, store=False)


@cache
def describe_settings(lang: str) -> dict[tuple[str, str], tuple[str, str]]:
    """Return the section of the guide, and what it says first, of each setting of a table."""
    described, section, tables = dict[tuple[str, str], tuple[str, str]](), "", [""]
    for line in "\n".join(read_text(lang, page) for page in PAGES).splitlines():
        if line.startswith("#"):
            section = line.partition("`")[0].strip("#:\u00a0 ")
            tables = TABLE.findall(line) or (tables if line.startswith("###") else [""])
        elif not line.startswith("|") and (named := TABLE.findall(line)):
            tables = named
        elif line.startswith("| `"):
            cells = line.strip("| ").split(" | ")
            meaning = LINK.sub(r"\1", cells[-1]).replace("`", "").partition("\u00a0;")[0]
            for name in NAME.findall(cells[0]):
                for table in tables:
                    text = meaning.partition(";")[0].strip()
                    described.setdefault((table, name), (section, text))
    return described
