"""A member's journey: its profile next to its peers', and the intermediaries of an audience."""

import pytest

from tests.browser.conftest import PHONE, Open
from tests.browser.pages import ReaderName


@pytest.mark.parametrize("scripts", [True, False])
def test_a_member_reaches_the_intermediaries_of_new_parents_in_three_clicks(
    open_as_newcomer: Open, tokens: dict[ReaderName, str], *, scripts: bool
) -> None:
    """From sign-in: the profile at once, the intermediaries in two clicks, their page in a third.

    On a phone, with scripts and without.
    """
    watched = open_as_newcomer(scripts=scripts, size=PHONE)
    tab, clicks = watched.tab, 0
    tab.goto(f"{watched.home}en/login")
    tab.get_by_label("Your token").fill(tokens["member"])
    tab.get_by_role("button", name="Sign in").click()
    tab.get_by_role("heading", name="My profile next to my peers’").wait_for()
    profile = tab.get_by_role("region", name="My profile next to my peers’").first
    assert profile.get_by_role("columnheader", name="Index, peers = 100").count() == 1
    assert any(text.isdigit() for text in profile.locator("td strong").all_inner_texts())
    tab.get_by_label("Audience to reach").select_option(label="New parents")
    clicks += 1
    tab.get_by_role("button", name="Find intermediaries").click()
    clicks += 1
    relay = tab.locator(".cards .panel-box").first
    relay.wait_for()
    assert relay.get_by_role("link").first.get_attribute("href")
    relay.get_by_role("link", name="Its page").click()
    clicks += 1
    tab.get_by_role("complementary", name="Contact").get_by_role("link").first.wait_for()
    assert clicks <= 3
    assert watched.faults == []


def test_a_visitor_who_may_not_read_a_page_signs_in_and_comes_back(
    open_as_newcomer: Open, tokens: dict[ReaderName, str]
) -> None:
    """From the error page to the page that was asked for."""
    watched = open_as_newcomer()
    watched.expected = 404
    tab = watched.tab
    tab.goto(f"{watched.home}en/partner/theatre-lanterne/dashboard")
    tab.get_by_role("main").get_by_role("link", name="Sign in").click()
    watched.expected = 200
    tab.get_by_label("Your token").fill(tokens["member"])
    tab.get_by_role("button", name="Sign in").click()
    tab.get_by_role("heading", name="My profile next to my peers’").wait_for()
    assert tab.url.endswith("/en/partner/theatre-lanterne/dashboard")
    assert watched.faults == []
