"""Receipts in a browser: verified on the page, with nothing sent but the question of a recall."""

import json
from typing import Any

from playwright.sync_api import FilePayload, Locator, expect

from parvis.pooling.publics.receipts.keys import read_signer
from parvis.pooling.publics.receipts.receipt import SIGNED, STAMPED, write_canonically
from tests.browser.conftest import Open
from tests.serving import Demo


def lay_out(receipt: dict[str, Any]) -> bytes:
    text = json.dumps(receipt, ensure_ascii=False, sort_keys=True, indent=2)
    return f"{text}\n".encode()


def change_bit(body: bytes, after: bytes) -> bytes:
    """Change the last bit of the byte that follows some others."""
    place = body.index(after) + len(after)
    return body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]


def test_a_receipt_is_valid_and_one_with_a_bit_changed_is_not(
    open_as_newcomer: Open, demo: Demo
) -> None:
    watched = open_as_newcomer()
    tab = watched.tab
    tab.goto(f"{watched.home}en/portrait")
    address = tab.get_by_role("link", name="Receipt").first.get_attribute("href")
    body = tab.request.get(f"{watched.home.rstrip('/')}{address}").body()
    tab.goto(f"{watched.home}en/receipts")

    def choose(content: bytes) -> Locator:
        file = FilePayload(name="receipt.json", mimeType="application/json", buffer=content)
        tab.get_by_label("Receipt").set_input_files([])
        tab.get_by_label("Receipt").set_input_files(file)
        return tab.locator("#verdict")

    receipt = json.loads(body)
    verdict = choose(body)
    expect(verdict).to_contain_text("Valid: the third party published this figure")
    expect(verdict).to_contain_text(receipt["figure"]["words"]["en"])
    expect(verdict).to_contain_text("no timestamp of an independent authority yet")
    expect(verdict).to_contain_text("the one that is served now")

    stamped = SIGNED + write_canonically(receipt["release"]) + bytes.fromhex(receipt["signature"])
    seal = read_signer(demo.settings.data).sign(STAMPED + stamped + b"an authority's answer")
    timestamp = {"response": b"an authority's answer".hex(), "signature": seal.hex()}
    body = lay_out(receipt | {"timestamp": timestamp})
    expect(choose(body)).to_contain_text("It has a timestamp of an independent authority")

    for after, reason in (
        (b'"en": "', "this figure is not in the release"),
        (b'"path": [\n    "', "this figure is not in the release"),
        (b'"number": ', "did not sign this release"),
        (b'  "signature": "', "did not sign this release"),
        (b'"response": "', "its timestamp was changed"),
        (b'"figure":', "not a receipt"),
    ):
        expect(choose(change_bit(body, after))).to_contain_text(reason)
        expect(tab.locator("#verdict")).to_have_class("problem")
    assert watched.faults == []
