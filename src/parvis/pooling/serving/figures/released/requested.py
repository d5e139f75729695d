"""Tables that readers asked for, as releases whose figures have receipts: they are in no graph."""

import re
from hashlib import sha256
from pathlib import Path

from parvis.catalog.ontology import last_segment
from parvis.governance import Reader
from parvis.i18n import N_, both
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
TITLE = N_("a table that a reader asked for")


def find_question(data: Path, reader: Reader, name: str) -> ReleaseQuestion | None:
    """Return the question of whose table a figure is, if its reader may read it."""
    match = NAME.fullmatch(name)
    released = ReleaseQuestions(data).in_state(QuestionState.RELEASED) if match else ()
    for question in released:
        if match and question.id == match[1] and (reader.host or reader.iri == question.party):
            return question
    return None


def find_content(data: Path, content: str) -> ReleaseQuestion | None:
    """Return the question whose table, released or recalled since, has a digest."""
    questions = ReleaseQuestions(data)
    known = (
        question
        for state in (QuestionState.RELEASED, QuestionState.RECALLED)
        for question in questions.in_state(state)
    )
    return next((question for question in known if digest_table(question) == content), None)


def digest_table(question: ReleaseQuestion) -> str:
    """Return what stands for the content of a table: nothing of a recalled one is left."""
    return sha256(f"{question.id} {question.number}".encode()).hexdigest()


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
    table, content = question.table or {}, digest_table(question)
    dataset = f"{last_segment(third_party)}/tables"
    return SignedRelease(
        publisher=third_party,
        dataset=dataset,
        title=both(TITLE),
        number=question.number or 0,
        released=question.since,
        content=content,
        rules=table["rules"],
        figures=len(planted.figures),
        root=planted.tree.root.hex(),
        keys=f"{iris.base}{KEYS_PATH}",
        status=f"{iris.base}{STATUS_PATH}?dataset={dataset}&content={content}",
    )
