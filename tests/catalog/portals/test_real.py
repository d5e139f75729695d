"""The same against a real CKAN, where PARVIS_CKAN_URL and PARVIS_CKAN_KEY name one for trials."""

import os
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from parvis.catalog.portals.ckan import Ckan
from parvis.catalog.portals.fields import Fields
from parvis.catalog.portals.package import IRI, POOL, extra
from parvis.config import FetchSettings, Settings
from parvis.fetch.address import Address
from parvis.pooling.stewardship.portals import Push, prepare

URL, KEY = os.environ.get("PARVIS_CKAN_URL", ""), os.environ.get("PARVIS_CKAN_KEY", "")

pytestmark = pytest.mark.skipif(not (URL and KEY), reason="no CKAN for trials is named")


@pytest.fixture
def real(published: Settings) -> Settings:
    """Give a published pool that may call the CKAN wherever it is."""
    host = urlsplit(URL).hostname or ""
    return replace(published, fetch=FetchSettings(allow=(host,)))


def push(settings: Settings) -> Push:
    """Push, all at once."""
    ckan = Ckan(Address.parse(URL), settings.fetch, KEY)
    found = prepare(settings, ckan, Fields.load(), 100)
    list(found.carry_out())
    assert not found.failed
    return found


def test_a_real_ckan_has_what_it_should_and_a_second_push_changes_nothing(real: Settings) -> None:
    """Then all of it is deleted there, and comes back."""
    push(real)
    again = push(real)
    assert not again.changes.needed
    for one in again.changes.packages:
        name = one.key.replace("/", "_")
        found = again.ckan.find("package_show", name)
        assert found is not None
        assert (extra(found, IRI), extra(found, POOL)) == (one.iri, real.base)
        again.ckan.call("package_delete", id=found["id"])
    assert len(push(real).to_json()["update"]) == 2
    assert not push(real).changes.needed
