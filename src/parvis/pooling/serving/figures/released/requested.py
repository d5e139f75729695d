"""Tables that readers asked for, as releases whose figures have receipts: they are in no graph."""

import re
from hashlib import sha256
from pathlib import Path

from parvis.catalog.ontology import last_segment
from parvis.errors import UnknownThing
from parvis.governance import Reader
from parvis.ledger.queries.release_questions import (
    QuestionState,
    ReleaseQuestion,
    ReleaseQuestions,
)
from parvis.pooling.publics.cube import FREE
from parvis.pooling.publics.receipts.receipt import SignedRelease
from parvis.pooling.publics.tables import EVERYWHERE
from parvis.pooling.serving.figures.figures import SUPPRESSED
from parvis.pooling.serving.figures.released.parameters import KEYS_PATH, STATUS_PATH
from parvis.pooling.serving.figures.released.trees import FigureTree, plant_figures
from parvis.statistics.cube import CubeFigure
from parvis.vocab.iris import Iris

NAME = re.compile("table/([0-9a-f]{16})/[0-9]{1,6}")
DATASET = "requested-tables"
"""What receipts call them, as if they were the versions of a dataset of the third party."""


def find_question(
    data: Path, reader: Reader, third_party: str, name: str
) -> ReleaseQuestion | None:
    """Return the question of whose table a figure is, if its reader may read it."""
    match = NAME.fullmatch(name)
    if match is None:
        return None
    try:
        question = ReleaseQuestions(data).require(match[1])
    except UnknownThing:
        return None
    is_own = reader.host or reader.iri in {question.party, third_party}
    return question if is_own and question.state is QuestionState.RELEASED else None


def is_recalled(data: Path, content: str) -> bool:
    """Return whether a table with a digest was recalled, or deleted with data that had to go."""
    for name, number, state in ReleaseQuestions(data).list_releases():
        if digest_table(name, number) == content:
            return state is QuestionState.RECALLED
    return True


def digest_table(name: str, number: int) -> str:
    """Return what stands for the content of a table: nothing of a recalled one is left."""
    return sha256(f"{name} {number}".encode()).hexdigest()


def plant_table(iris: Iris, question: ReleaseQuestion) -> FigureTree:
    """Return the figures of a released table, in the order of its rows."""
    table = question.table or {}
    return plant_figures(
        [
            CubeFigure(
                graph="",
                iri=iris.thing("observation", f"table/{question.id}/{place}"),
                cube="",
                measure=table["measure"],
                place=EVERYWHERE,
                status=SUPPRESSED if row["suppressed"] else str(FREE),
                value=row["value"],
                **table["fixed"],
                **dict(zip(table["dimensions"], row["codes"], strict=True)),
            )
            for place, row in enumerate(table["rows"])
        ]
    )


def describe_table(
    iris: Iris, third_party: str, question: ReleaseQuestion, planted: FigureTree
) -> SignedRelease:
    """Return what is signed of a released table, which the third party (an IRI) released."""
    table, number = question.table or {}, question.number or 0
    content, dataset = digest_table(question.id, number), f"{last_segment(third_party)}/{DATASET}"
    return SignedRelease(
        publisher=third_party,
        dataset=dataset,
        title=table["title"],
        number=number,
        released=question.since,
        content=content,
        rules=table["rules"],
        figures=len(planted.figures),
        root=planted.tree.root.hex(),
        keys=f"{iris.base}{KEYS_PATH}",
        status=f"{iris.base}{STATUS_PATH}?dataset={dataset}&content={content}",
    )
