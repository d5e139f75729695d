"""A file checked without a submission: converted, validated, reported, and stored nowhere.

Whoever tries a file with a dataset's mapping learns nothing of that dataset's content: the record
is not read.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from rdflib import Graph

from parvis.config import Settings
from parvis.errors import SourceError
from parvis.fetch.address import Source
from parvis.i18n import N_, both
from parvis.pooling.intake.examination import Examination, examine
from parvis.pooling.intake.new_mappings import hints, init_mapping
from parvis.pooling.intake.sources import open_source, source_of, without_answers
from parvis.pooling.intake.submit import Outcome, SubmissionInput
from parvis.pooling.intake.summary import account_of
from parvis.pooling.intake.templates import facts as state_facts
from parvis.pooling.pool import Pool
from parvis.pooling.report_model import ReportModel
from parvis.pooling.surveys import as_estimates
from parvis.rdf.files import serialise
from parvis.report import Place
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PREFIXES

REFUSED = N_("would be refused as it is; nothing was stored")


def datasets_with_mapping(settings: Settings, keys: Iterable[DatasetKey]) -> list[DatasetKey]:
    return [key for key in keys if any((settings.catalog / str(key)).glob("mapping*.*"))]


def try_file(
    pool: Pool,
    file: Path,
    key: DatasetKey | None,
    lang: str,
    facts: Mapping[str, str] | None = None,
) -> ReportModel:
    """Report on a file, by a dataset's mapping or by one proposed for it.

    `facts` are those stated about figures on publics and about the file (`hints`), for a proposed
    mapping. Raises the errors of
    what is wrong with the request, as `examine` does. The data of the report have the proposed
    mapping.
    """
    with as_estimates(pool.converter, file) as source:
        return _try_file(pool, source, key, lang, facts or {})


def _try_file(
    pool: Pool, file: Path, key: DatasetKey | None, lang: str, facts: Mapping[str, str]
) -> ReportModel:
    if key is not None:
        submission = SubmissionInput.of(pool, key, file)
        with submission.examine(pool, compare=False) as examination:
            return _report(examination, file, None)
    proposed = ""

    def propose(folder: Path) -> Path:
        nonlocal proposed
        stated = state_facts(None, facts)
        said = hints(facts)
        proposed = init_mapping(file, lang, pool.settings, stated, hints=said, judged=True)
        (folder / "mapping.yml").write_text(proposed, encoding="utf-8")
        return folder / "mapping.yml"

    with examine(pool, file, propose, None, compare=False) as examination:
        return _report(examination, file, proposed)


def _report(examination: Examination, file: Path, mapping: str | None) -> ReportModel:
    outcome = replace(Outcome.of(examination), answers=examination.answers)
    account = account_of(outcome, file.name)
    if not outcome.accepted:
        account = replace(account, verdict=both(REFUSED))
    # A proposal quotes values that it could not use, of persons too; of the dataset's content, and
    # of what was submitted for it, nothing is known here.
    mapping = None if examination.identifying else mapping
    parts = ("dataset", "accepted", "wants_approval", "answers", "score", "report")
    data = {"file": file.name, "mapping": mapping} | {name: account.data[name] for name in parts}
    return replace(account, data=data)


# The first rows of a partner's file, as the triples they become.

IDENTIFYING = N_(
    "{file} holds what identifies persons, which data on audiences may not: “parvis check” tells"
    " where"
)


def preview(
    pool: Pool, key: DatasetKey, source: Source | None, count: int
) -> Iterator[tuple[Place | None, str]]:
    """Yield the prefixes, then the first rows that wrote something, each as Turtle with its place.

    Nothing is stored. Raises as `examine`, and `SourceError` for a file on publics that holds
    direct identifiers of persons.
    """
    # An entity of several rows is displayed with the first of them.
    with ExitStack() as stack:
        source = source_of(pool.catalog.require(key), source)
        received = stack.enter_context(open_source(pool.settings, source))
        file = stack.enter_context(without_answers(pool, received)).file
        submission = SubmissionInput.of(pool, key, file)
        examination = stack.enter_context(submission.examine(pool, compare=False))
        if examination.identifying:
            raise SourceError(IDENTIFYING, file=file.name)
        rows = examination.places.first_places(count)
        lines: dict[Place, list[str]] = {place: [] for place in rows.values()}
        with examination.triples.open(encoding="utf-8") as stream:
            for line in stream:
                if place := rows.get(line.partition(" ")[0][1:-1]):
                    lines[place].append(line)
    prefixes: set[str] = set()
    bodies: dict[Place, str] = {}
    for place, statements in lines.items():
        graph = Graph(bind_namespaces="none")
        for prefix, namespace in PREFIXES.items():
            graph.bind(prefix, namespace)
        graph.parse(data="".join(statements), format="nt")
        turtle = serialise(graph, "ttl").decode().splitlines()
        prefixes.update(line for line in turtle if line.startswith("@prefix"))
        body = (line for line in turtle if not line.startswith("@prefix"))
        bodies[place] = "\n".join(body).strip()
    yield None, "\n".join(sorted(prefixes))
    yield from bodies.items()
