"""The list of the pages that are opened in a browser is whole."""

from http import HTTPStatus
from pathlib import Path

from parvis.config import Settings, knowledge
from parvis.web import create_app
from tests.browser.pages import PAGES
from tests.web.test_routes import ROUTES, WATCHED

FILES = {"/metrics", "/replica/manifest.json", "/replica/<int:number>/<path:name>"}
"""What programs alone ask for."""


def test_every_page_of_the_application_has_an_address_in_the_list(tmp_path: Path) -> None:
    """What is new in HTML stands in `tests/browser/pages.py`, with its reader."""
    app = create_app(Settings.load(data=tmp_path, catalog=knowledge("catalog") / "demo"))
    shown = {one.rule for one in ROUTES if one.languages} | WATCHED - FILES
    read = (one for one in app.url_map.iter_rules() if "GET" in (one.methods or ()))
    pages = {rule.endpoint for rule in read if rule.rule in shown}
    asked = app.url_map.bind("localhost")
    opened = {
        asked.match(page.path.partition("?")[0].format(certificate="0"))[0]
        for page in PAGES
        if page.status != HTTPStatus.NOT_FOUND
    }
    app.extensions["parvis"].close()
    assert pages - opened == set()
