"""Receipts of figures: any change is refused, keys are replaced, and a receipt is of one figure."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.config import Settings
from parvis.errors import SourceError, StoreError, UnknownThing
from parvis.pooling.publics.receipts.keys import (
    FILE,
    ReceiptKey,
    Signer,
    draw_signer,
    keys_to_json,
    parse_keys,
    read_signer,
    rotate_keys,
)
from parvis.pooling.publics.receipts.receipt import (
    MOST_BYTES,
    SIGNED,
    SignedRelease,
    plant_tree,
    verify_receipt,
    write_canonically,
    write_receipt,
)
from parvis.pooling.publics.receipts.tree import HashTree, compute_root
from parvis.pooling.serving.figures.released.verification import check_receipt

FIGURES = [{"iri": f"https://pool.example/{number}", "value": 5 * number} for number in range(11)]
TREE = plant_tree(FIGURES)


def release_at(instant: datetime) -> SignedRelease:
    return SignedRelease(
        publisher="https://pool.example/id/partner/tiers",
        dataset="tiers/portrait",
        title={"fr": "Portrait des publics", "en": "Portrait of audiences"},
        number=3,
        released=instant,
        content="a" * 64,
        rules={"min_contributors": 3},
        figures=len(FIGURES),
        root=TREE.root.hex(),
        keys="https://pool.example/keys",
        status="https://pool.example/status",
    )


class Signed(NamedTuple):
    """A key, and the receipt of a figure that it signed."""

    signer: Signer
    receipt: bytes

    def verify(self, body: bytes) -> None:
        verify_receipt(body, "receipt.json", self.signer.keys)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    signer = draw_signer(tmp_path_factory.mktemp("keys"))
    release = release_at(datetime(2026, 11, 30, tzinfo=UTC))
    return Signed(signer, write_receipt(FIGURES[6], 6, TREE, release, signer, b"stamped"))


@given(st.data())
def test_a_receipt_with_one_bit_changed_is_refused(signed: Signed, data: st.DataObject) -> None:
    """Wherever it is: in the figure, the path, the release, the signature or a space between."""
    signed.verify(signed.receipt)
    bit = data.draw(st.integers(0, 8 * len(signed.receipt) - 1))
    body = bytearray(signed.receipt)
    body[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SourceError):
        signed.verify(bytes(body))


def edit(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    """Return a way to change a receipt and write it as parvis writes receipts."""

    def write(body: bytes) -> bytes:
        receipt = json.loads(body)
        change(receipt)
        text = json.dumps(receipt, ensure_ascii=False, sort_keys=True, indent=2)
        return f"{text}\n".encode()

    return write


@pytest.mark.parametrize(
    ("forge", "reason"),
    [
        (edit(lambda r: r["figure"].update(value=35)), "this figure is not in the release"),
        (edit(lambda r: r.update(figure=FIGURES[7])), "this figure is not in the release"),
        (edit(lambda r: r.update(place=7)), "this figure is not in the release"),
        (edit(lambda r: r["path"].pop()), "this figure is not in the release"),
        (edit(lambda r: r["path"].append("0" * 64)), "this figure is not in the release"),
        (edit(lambda r: r.update(path=[d.hex() for d in TREE.list_path(5)])), "this figure is not"),
        (edit(lambda r: r["release"].update(number=4)), "did not sign this release"),
        (edit(lambda r: r["release"].update(key="0" * 16)), "none of the third party’s"),
        (edit(lambda r: r.update(more=1)), "is not a receipt"),
        (edit(lambda r: r["timestamp"].update(more=1)), "is not a receipt"),
        (edit(lambda r: r["timestamp"].update(response="00")), "did not receive this timestamp"),
        (edit(lambda r: r.update(place=-1)), "should be a whole number"),
        (lambda body: body[:-100], "is damaged"),
        (lambda body: body + b" " * MOST_BYTES, "bytes"),
        (lambda _: b"[" * 40_000, "is damaged"),
        (lambda _: b'{"figure": ' + b"[" * 900 + b"]" * 900 + b"}", "is not a receipt"),
        (lambda _: b"[]", "should be an object"),
        (lambda body: json.dumps(json.loads(body)).encode(), "was changed since it was made"),
    ],
)
def test_a_forged_receipt_is_refused_with_its_reason(
    signed: Signed, forge: Callable[[bytes], bytes], reason: str
) -> None:
    with pytest.raises(SourceError) as refusal:
        signed.verify(forge(signed.receipt))
    assert reason in str(refusal.value)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=3,
)
MEMBERS = [
    *vars(release_at(datetime.now(UTC))),
    "key",
    "format",
    "figure",
    "words",
    "place",
    "path",
]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([*MEMBERS, "timestamp", "response"]), ANYTHING)
def test_a_receipt_of_somebody_who_signs_anything_is_read_or_refused(
    signed: Signed, name: str, value: object
) -> None:
    """Keys may be a forger's: what they sign has every type, and is never taken for another."""
    receipt = json.loads(signed.receipt)
    figure, release = receipt["figure"], receipt["release"]
    if name in {"figure", "place", "path", "timestamp"}:
        receipt[name] = value
    elif name == "response":
        receipt["timestamp"]["response"] = value
    else:
        (figure if name == "words" else release)[name] = value
    tree = plant_tree([receipt["figure"]] if isinstance(receipt["figure"], dict) else [{}])
    if name == "words":
        receipt |= {"place": 0, "path": []}
        release |= {"figures": 1, "root": tree.root.hex()}
    message = SIGNED + write_canonically(release)
    receipt["signature"] = signed.signer.sign(message).hex()
    if name not in {"timestamp", "response"}:
        receipt["timestamp"] = None
    body = edit(lambda _: None)(json.dumps(receipt).encode())
    keys = json.dumps(keys_to_json(signed.signer.keys)).encode()
    folder = Settings(data=Path("none"), catalog=Path("none"))
    try:
        verdict = check_receipt(folder, body, "receipt", keys, offline=True)
    except SourceError:
        return
    described = verdict.receipt.release
    assert described.released.tzinfo
    assert {type(text) for text in (*described.title.values(), described.status)} == {str}
    json.dumps(verdict.to_json())


@given(st.integers(1, 40), st.data())
def test_a_path_leads_to_the_root_from_its_own_leaf_only(size: int, data: st.DataObject) -> None:
    leaves = [bytes([number]) for number in range(size)]
    tree, place = HashTree(leaves), data.draw(st.integers(0, size - 1))
    path = tree.list_path(place)
    for other in range(size):
        root = compute_root(leaves[place], other, size, path)
        assert (root == tree.root) == (other == place)
    assert compute_root(leaves[place], place, size, [*path, b""]) is None


def test_receipts_of_before_stay_valid_when_the_key_is_replaced(tmp_path: Path) -> None:
    """Not a release of later on that the former key signs, whoever has it."""
    former = draw_signer(tmp_path)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    receipt = write_receipt(FIGURES[0], 0, TREE, release_at(former.key.since), former)
    latest = rotate_keys(tmp_path)
    assert latest.key.key != former.key.key
    keys = parse_keys(json.dumps(keys_to_json(latest.keys)).encode(), "keys.json")
    assert keys == latest.keys
    assert verify_receipt(receipt, "receipt", keys).key.until == latest.key.since
    assert former.keys[-1].public.encode() in (tmp_path / FILE).read_bytes()
    forged = release_at(latest.key.since + timedelta(seconds=1))
    with pytest.raises(SourceError, match="has signed nothing since"):
        verify_receipt(write_receipt(FIGURES[0], 0, TREE, forged, former), "receipt", keys)
    with pytest.raises(SourceError, match="none of the third party"):
        verify_receipt(write_receipt(FIGURES[0], 0, TREE, forged, latest), "receipt", former.keys)


def test_a_key_that_others_may_read_signs_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnknownThing):
        read_signer(tmp_path)
    draw_signer(tmp_path)
    (tmp_path / FILE).chmod(0o640)
    with pytest.raises(StoreError, match="0600"):
        read_signer(tmp_path)


def test_public_keys_that_do_not_fit_their_numbers_are_refused(signed: Signed) -> None:
    document = keys_to_json(signed.signer.keys)
    document["keys"][0]["public"] = "0" * 64
    with pytest.raises(SourceError, match="does not have the number"):
        parse_keys(json.dumps(document).encode(), "keys.json")
    with pytest.raises(SourceError, match="no public key"):
        parse_keys(b'{"keys": []}', "keys.json")


def test_a_public_key_that_is_no_point_verifies_nothing() -> None:
    key = ReceiptKey("0" * 16, "f" * 64, datetime.now(UTC))
    assert not key.verifies(bytes(64), b"")
