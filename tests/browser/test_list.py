"""The list of the pages that are opened in a browser is complete."""

from collections import defaultdict
from http import HTTPStatus
from pathlib import Path

from parvis.config import Settings, knowledge
from parvis.web import create_app
from tests.browser.pages import PAGES
from tests.web.test_routes import ROUTES, WATCHED

FILES = {
    *("/metrics", "/replica/manifest.json", "/replica/<int:number>/<path:name>"),
    "/partner/<slug>/results/<any(sales,weekdays,openings,trend,profile):name>.csv",
    *("/box-office/<dataset>", "/box-office/<dataset>/missing", "/notices/<link>.atom"),
    "/q/<name>/crate.zip",
    *("/figures/<path:name>/receipt.json", "/releases/status.json"),
    "/.well-known/parvis-receipt-keys.json",
    "/steward/register.<any(csv,json):ending>",
    "/partner/<slug>/rounds/<project>/<int:number>",
    "/partner/<slug>/rounds/<project>/<int:number>.json",
    "/partner/<slug>/rounds/<project>/<int:number>/certificate",
    # Of a file that somebody dropped: `test_workbench.py` opens them.
    *("/drafts/<name>/agreement", "/drafts/<name>/submission"),
    *("/drafts/<name>", "/drafts/<name>/mapping", "/drafts/<name>/mapping.yml"),
    *("/requests/<name>/law25/assessment", "/requests/<name>/law25/document"),
}
"""Addresses for programs only."""


def test_every_page_of_the_application_has_an_address_in_the_list(tmp_path: Path) -> None:
    """A new HTML page belongs in `tests/browser/pages.py`, with its reader."""
    app = create_app(Settings.load(data=tmp_path, catalog=knowledge("catalog") / "demo"))
    html_rules = {route.rule for route in ROUTES if route.languages} | WATCHED - FILES
    get_rules = (rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()))
    pages = {rule.endpoint for rule in get_rules if rule.rule in html_rules}
    adapter = app.url_map.bind("localhost")
    opened = {
        adapter.match(page.path.partition("?")[0].format_map(defaultdict(lambda: "0")))[0]
        for page in PAGES
        if page.status != HTTPStatus.NOT_FOUND
    }
    app.extensions["parvis"].close()
    assert pages - opened == set()
