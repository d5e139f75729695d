"""Dataclasses become JSON data and come back the same, by the types of their fields."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.catalog.distributions import DatasetFile
from parvis.catalog.projects import Project
from parvis.catalog.quality import DuplicateCounts
from parvis.catalog.versions import DatasetVersion, Tombstone
from parvis.config.json_data import from_json, to_json
from parvis.ledger import ChainLink
from parvis.mapping.proposing.vocabulary import PropertyTerm
from parvis.pooling.cards import DatasetCard, MissingElement
from parvis.report import Finding, Place, Severity
from parvis.store.record.graph_record import GraphVersion
from parvis.vocab.iris import DatasetKey


class Grade(IntEnum):
    LOW = 1


class Form(StrEnum):
    TABLE = "table"


@dataclass
class Part:
    name: str = field(metadata={"json": "of"})
    share: float | None = None

    omits_null: ClassVar = True


@dataclass
class Whole:
    key: DatasetKey
    at: datetime | None
    day: date
    grade: Grade
    form: Form
    parts: tuple[Part, ...]
    by_name: dict[str, Part]
    words: frozenset[str] = frozenset()
    lists: list[list[int]] = field(default_factory=list)


WHOLE = Whole(
    key=DatasetKey("musee-b", "visites"),
    at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    day=date(2026, 1, 2),
    grade=Grade.LOW,
    form=Form.TABLE,
    parts=(Part("a"), Part("b", 0.5)),
    by_name={"c": Part("c")},
    words=frozenset("zyx"),
    lists=[[1], []],
)
DOCUMENT = {
    "key": "musee-b/visites",
    "at": "2026-01-02T03:04:00+00:00",
    "day": "2026-01-02",
    "grade": "low",
    "form": "table",
    "parts": [{"of": "a"}, {"of": "b", "share": 0.5}],
    "by_name": {"c": {"of": "c"}},
    "words": ["x", "y", "z"],
    "lists": [[1], []],
}


def test_every_type_of_field_is_written_and_read_again() -> None:
    assert json.dumps(to_json(WHOLE)) == json.dumps(DOCUMENT)
    assert from_json(Whole, json.loads(json.dumps(DOCUMENT))) == WHOLE


def test_members_with_a_default_may_be_absent_and_no_others() -> None:
    required = {k: v for k, v in DOCUMENT.items() if k not in {"words", "lists"}}
    assert from_json(Whole, required | {"at": None}).words == frozenset()
    for document in ({"of": "a", "other": 1}, {}, {"share": 1.0}):
        with pytest.raises(TypeError):
            from_json(Part, document)


def test_a_class_may_write_itself() -> None:
    @dataclass
    class Total:
        parts: list[int]

        def to_json(self) -> dict[str, Any]:
            return {"total": sum(self.parts)}

    assert to_json({"a": [Total([1, 2])], "b": (Path("c/d"), None)}) == {
        "a": [{"total": 3}],
        "b": ["c/d", None],
    }


def test_what_is_not_data_is_refused() -> None:
    with pytest.raises(TypeError):
        to_json({"a": object()})


TEXT = st.text(max_size=5)
TEXTS = st.dictionaries(st.sampled_from(["fr", "en"]), TEXT)
INSTANTS = st.datetimes(timezones=st.just(UTC))
KEYS = st.just(DatasetKey("musee-b", "visites"))
VERSIONS = st.builds(DatasetVersion, label=TEXT, issued=INSTANTS)
OBJECTS = st.one_of(
    VERSIONS,
    st.builds(Tombstone, key=KEYS, withdrawn=INSTANTS, title=TEXTS, reason=TEXTS),
    st.builds(Project, closed=st.none() | INSTANTS, needs=st.tuples(st.tuples(TEXT, TEXTS))),
    st.builds(GraphVersion, submitted=INSTANTS, about=TEXTS),
    st.builds(ChainLink, entry=TEXTS),
    st.builds(PropertyTerm, names=st.sets(TEXT), labels=TEXTS),
    st.builds(Finding, severity=st.sampled_from(Severity), text=TEXTS, place=st.builds(Place)),
    st.builds(
        DatasetCard,
        key=KEYS,
        modified=st.none() | INSTANTS,
        unmet=st.tuples(st.builds(MissingElement, wanted=TEXTS)),
        duplicates=st.none() | st.builds(DuplicateCounts),
        downloads=st.tuples(st.builds(DatasetFile)),
        versions=st.lists(VERSIONS, max_size=2).map(tuple),
        themes=st.none() | st.lists(TEXT).map(tuple),
        years=st.none() | st.tuples(st.integers(), st.integers()),
    ),
)


@given(OBJECTS)
def test_what_is_stored_comes_back_the_same(value: Any) -> None:  # noqa: ANN401 - of any class
    assert from_json(type(value), json.loads(json.dumps(to_json(value)))) == value
