"""What the reconciliation service says of itself, in each version of the API (§3.1)."""

from typing import Any

from flask import request, url_for

from parvis import __version__
from parvis.i18n import N_, say
from parvis.pooling.reconciling.kinds import ROOTS, kinds
from parvis.pooling.reconciling.queries import BATCH
from parvis.vocab.namespaces import PARVIS
from parvis.web.access import host
from parvis.web.language import FIXED

WIDTH, HEIGHT = 480, 320
"""Pixels of a preview."""

NAME = N_("parvis: organisations, venues, works, events and concepts")
FEWER = N_("Values at most")
FEWER_HELP = N_("How many values of this property are wanted at most; 0 for all")


def stable(lang: str) -> dict[str, Any]:
    """Give the manifest of version 0.2."""
    endpoint = _address("reconciliation.service", lang)
    suggest = {
        what: {"service_url": endpoint, "service_path": f"/suggest/{what}"}
        for what in ("entity", "property", "type")
    }
    return {
        "versions": ["0.2"],
        **_common(lang),
        "identifierSpace": host().settings.base,
        "schemaSpace": str(PARVIS._NS),  # noqa: SLF001 - a closed namespace's own
        "view": {"url": f"{_describing(lang)}{{{{id}}}}"},
        "preview": {
            "url": f"{endpoint}/preview?id={{{{id}}}}",
            "width": WIDTH,
            "height": HEIGHT,
        },
        "suggest": suggest,
        "extend": {
            "propose_properties": {"service_url": endpoint, "service_path": "/extend/propose"},
            "property_settings": [
                {
                    "name": "limit",
                    "label": say(lang, FEWER),
                    "type": "number",
                    "default": 0,
                    "help_text": say(lang, FEWER_HELP),
                }
            ],
        },
    }


def draft(lang: str) -> dict[str, Any]:
    """Give the manifest of version 1.0-draft."""
    setting = {"id": "limit", "name": say(lang, FEWER), "type": "number", "default": 0}
    return {
        "versions": ["1.0-draft"],
        **_common(lang),
        "lang": lang,
        "view": {"url": f"{_describing(lang)}{{id}}"},
        "preview": {"width": WIDTH, "height": HEIGHT},
        "suggest": {"entity": True, "property": True, "type": True},
        "extend": {
            "proposeProperties": True,
            "propertySettings": [setting | {"helpText": say(lang, FEWER_HELP)}],
        },
        "standardizedScore": True,
    }


def _common(lang: str) -> dict[str, Any]:
    """Give what both versions say alike."""
    known = kinds().types
    base = host().settings.base
    return {
        "name": f"{say(lang, NAME)} ({base})",
        "serviceVersion": __version__,
        "logo": f"{base}static/mark.svg",
        "defaultTypes": [{"id": one, "name": known[one].label[lang]} for one in ROOTS],
        "batchSize": BATCH,
    }


def _describing(lang: str) -> str:
    """Give the address of descriptions, but for the identifier at its end."""
    return f"{_address('resources.describe', lang)}?iri="


def _address(endpoint: str, lang: str) -> str:
    """Give a public address, in the language that was chosen by an address."""
    path = url_for(endpoint).removeprefix(request.script_root).lstrip("/")
    chosen = request.environ.get(FIXED) or request.args.get("lang") == lang
    return f"{host().settings.base}{f'{lang}/' if chosen else ''}{path}"
