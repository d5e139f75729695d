"""The resources of the server for assistants: the catalogue, the ontology, the guide.

A text that is too long for one answer goes on at the URI that its last line names.
"""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import request

from parvis.i18n import LANGUAGES, N_, choose_text, say
from parvis.web.api.assistants import digest
from parvis.web.api.assistants.messages import (
    INVALID_PARAMS,
    LONGEST_SHOWN,
    NOT_FOUND,
    Message,
    RpcError,
)
from parvis.web.api.assistants.pages import ToolAnswer, compose, encode, name_source
from parvis.web.api.guide_texts import INDEX, page_names, read_text
from parvis.web.http.access import host, reader_of

SCHEME = "parvis"
CATALOGUE, ONTOLOGY, GUIDE = "parvis:catalogue", "parvis:ontology", "parvis:guide"
MARKDOWN, JSON = "text/markdown", "application/json"
PIECE = 18_000
"""The bytes of a text that are sent at a time."""
LARGEST_OFFSET, LONGEST_URI = 10_000_000, 500

NO_RESOURCE = N_("there is no resource “{uri}”: “resources/list” lists them")
GOES_ON = N_("[The text goes on at {uri}]")
TITLES = {
    CATALOGUE: N_("The catalogue: datasets, licences, who may read them"),
    ONTOLOGY: N_("The schema: classes, properties, code lists"),
    GUIDE: N_("The guide"),
}
PAGE_OF_GUIDE = N_("The guide: {title}")
CODE_LIST = N_("A code list of the ontology")


def list_resources(lang: str) -> list[dict[str, Any]]:
    """List the catalogue, the ontology, and the pages of the guide in a language."""
    kinds = {CATALOGUE: JSON, ONTOLOGY: JSON, GUIDE: MARKDOWN}
    resources = [
        _to_json(uri, say(lang, title), kinds[uri], uri.partition(":")[2])
        for uri, title in TITLES.items()
    ]
    for name in page_names():
        title = read_text(lang, name).partition("\n")[0].removeprefix("# ")
        uri = f"{GUIDE}/{lang}/{name}"
        resources.append(_to_json(uri, say(lang, PAGE_OF_GUIDE, title=title), MARKDOWN, name))
    return resources


def _to_json(uri: str, title: str, kind: str, name: str) -> dict[str, Any]:
    return {"uri": uri, "name": name, "title": title, "mimeType": kind}


def list_templates(lang: str) -> list[dict[str, Any]]:
    rows = (
        (f"{CATALOGUE}{{?offset}}", TITLES[CATALOGUE], JSON, "catalogue"),
        (f"{ONTOLOGY}/{{list}}{{?offset}}", CODE_LIST, JSON, "code-list"),
        (f"{GUIDE}/{{lang}}/{{page}}{{?offset}}", TITLES[GUIDE], MARKDOWN, "guide-page"),
    )
    return [
        {"uriTemplate": uri, "name": name, "title": say(lang, title), "mimeType": kind}
        for uri, title, kind, name in rows
    ]


def read_resource(message: Message, lang: str) -> list[dict[str, Any]]:
    """Return the contents of a resource; raises `RpcError` where there is none."""
    uri = message.params.get("uri")
    # An answer repeats the address.
    contents = _read(uri, lang) if isinstance(uri, str) and len(uri) <= LONGEST_URI else None
    if contents is None:
        code = INVALID_PARAMS if message.stateless else NOT_FOUND
        excerpt = ascii(uri)[1:-1][:LONGEST_SHOWN]
        status = 400 if message.stateless else 200
        raise RpcError(code, NO_RESOURCE, status=status, uri=excerpt, data={"uri": excerpt})
    kind, text = contents
    return [{"uri": uri, "mimeType": kind, "text": text}]


def _read(uri: str, lang: str) -> tuple[str, str] | None:
    """Return the media type and text of a resource, None where there is none."""
    try:
        parts = urlsplit(uri)
        offset = int(parse_qs(parts.query).get("offset", ["0"])[0])
    except ValueError:
        return None
    if parts.scheme != SCHEME or not 0 <= offset < LARGEST_OFFSET:
        return None
    contents: tuple[str, str] | None = None
    match parts.path.split("/"):
        case ["catalogue"]:
            contents = JSON, _write(_list_datasets(lang, offset), offset, lang)
        case ["ontology"]:
            contents = JSON, _write(digest.schema({"offset": offset}, lang), offset, lang)
        case ["ontology", name] if name in digest.count_codes():
            answer = digest.schema({"list": name, "offset": offset}, lang)
            contents = JSON, _write(answer, offset, lang)
        case ["guide"]:
            text, address = read_text(lang, INDEX), f"{GUIDE}/{lang}/{INDEX}"
            contents = MARKDOWN, _cut(text, address, offset, lang)
        case ["guide", text_lang, name] if _is_page(text_lang, name):
            text, address = read_text(text_lang, name), uri.partition("?")[0]
            contents = MARKDOWN, _cut(text, address, offset, lang)
    return contents


def _is_page(lang: str, name: str) -> bool:
    return lang in LANGUAGES and name in {INDEX, *page_names()}


def _write(answer: ToolAnswer, offset: int, lang: str) -> str:
    text: str = compose(answer, offset, lang)["content"][0]["text"]
    return text


def _list_datasets(lang: str, offset: int) -> ToolAnswer:
    """List the datasets that the reader may know of."""
    cards = host().datasets(reader_of(request))[offset:]
    items = [
        {
            "dataset": str(card.key),
            "graph": host().iris.graph(card.key),
            "title": choose_text(lang, card.title),
            "description": choose_text(lang, card.description),
            "partner": choose_text(lang, card.partner_name),
            "licence": card.licence,
            "access": choose_text(lang, card.access),
            "readable": card.readable,
        }
        for card in cards
    ]
    return ToolAnswer("datasets", items, cards)


def _cut(text: str, uri: str, offset: int, lang: str) -> str:
    """Return a piece of a text, with the line that names the next and whose it is."""
    body = text.encode()
    piece = body[offset : offset + PIECE].decode(errors="ignore")
    end = offset + len(piece.encode())
    lines = [piece, "", encode(name_source((), lang))]
    if end < len(body):
        lines.append(say(lang, GOES_ON, uri=f"{uri}?offset={end}"))
    return "\n".join(lines)
