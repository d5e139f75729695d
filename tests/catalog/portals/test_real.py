"""Push to a real test CKAN, if PARVIS_CKAN_URL and PARVIS_CKAN_KEY name one."""

import os
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from parvis.catalog.portals.ckan import Ckan
from parvis.catalog.portals.fields import Fields
from parvis.catalog.portals.plan import IRI, POOL, extra
from parvis.config import FetchSettings, Settings
from parvis.fetch.address import Address
from parvis.pooling.stewardship.harvesting.portals import Push, prepare

URL, KEY = os.environ.get("PARVIS_CKAN_URL", ""), os.environ.get("PARVIS_CKAN_KEY", "")

pytestmark = pytest.mark.skipif(not (URL and KEY), reason="no CKAN for trials is named")


@pytest.fixture
def real(published: Settings) -> Settings:
    """Return the settings of a published pool that may call this CKAN."""
    host = urlsplit(URL).hostname or ""
    return replace(published, fetch=FetchSettings(allow=(host,)))


def push(settings: Settings) -> Push:
    """Plan and carry out a push."""
    ckan = Ckan(Address.parse(URL), settings.fetch, KEY)
    result = prepare(settings, ckan, Fields.load(), 100)
    list(result.carry_out())
    assert not result.failed
    return result


def test_a_second_push_to_a_real_ckan_changes_nothing(real: Settings) -> None:
    """Then everything is deleted there and pushed again."""
    push(real)
    repeated = push(real)
    assert not repeated.changes.pending
    for planned in repeated.changes.packages:
        name = planned.key.replace("/", "_")
        package = repeated.ckan.find("package_show", name)
        assert package is not None
        assert (extra(package, IRI), extra(package, POOL)) == (planned.iri, real.base)
        repeated.ckan.call("package_delete", id=package["id"])
    assert len(push(real).to_json()["update"]) == 2
    assert not push(real).changes.pending
