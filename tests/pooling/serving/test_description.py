"""What a page says of an entity, of the answer to its query."""

import json

from parvis.pooling.serving.description import parse_description

EVENT, OFFER, SHOW = (f"http://pool.test/id/{name}" for name in ("event/1", "offer/1", "show/1"))
SCHEMA = "http://schema.org/"


def describe(lang: str, *rows: dict[str, str]) -> list[str]:
    """Return the labels of what an event leads to by these rows, whose values are IRIs or texts."""
    bindings = [
        {
            name: {"type": "uri" if value.startswith("http") else "literal", "value": value}
            for name, value in (
                {"thing": EVENT, "graph": "http://pool.test/graph/a/b"} | row
            ).items()
        }
        for row in rows
    ]
    names = sorted({name for binding in bindings for name in binding})
    answer = json.dumps({"head": {"vars": names}, "results": {"bindings": bindings}}).encode()
    description = parse_description(EVENT, answer, lang, "http://pool.test/graph/")
    assert description
    return [value.label for group in description.groups for value in group.values]


def test_an_offer_is_said_by_its_price() -> None:
    """After its name, if it has one; what is no number is left out."""
    offer = {"way": "out", "property": f"{SCHEMA}offers", "other": OFFER, "currency": "CAD"}
    assert describe("fr", offer | {"price": "38.5"}) == ["38,50\xa0$"]
    assert describe("en", offer | {"price": "38.5", "label": "Regular"}) == ["Regular, $38.50"]
    assert describe("en", offer | {"price": "?"}) == ["1"]
    show = {"way": "out", "property": f"{SCHEMA}workPerformed", "other": SHOW}
    assert describe("en", show) == ["1"]
