"""How a release enters the record, whatever it is of: as any content of a dataset."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from parvis.catalog.entries import Dataset
from parvis.catalog.provenance import Submission
from parvis.config import Settings, clock
from parvis.config.json_data import to_json
from parvis.i18n import N_, both
from parvis.ledger import SHELL, Act, Author
from parvis.pooling.agreements import SOURCES
from parvis.pooling.audit import record_act
from parvis.pooling.notifications import NoticeKind, notify
from parvis.pooling.pool import Pool
from parvis.pooling.publics.editions import Edition, Input
from parvis.pooling.publics.history import PortraitRelease, Releases
from parvis.pooling.versions import version_fields
from parvis.statistics.strata import owner
from parvis.store.files import workplace
from parvis.store.record.content import pack

SOME_RELEASE = N_("a release for some organisations")


@dataclass(frozen=True)
class ReleaseOrigin:
    """Of which edition a release is, what it was made from, since when, and by whom."""

    edition: Edition
    sources: Sequence[Input]
    began: datetime
    author: Author = SHELL


def store_release(
    pool: Pool,
    origin: ReleaseOrigin,
    release: PortraitRelease,
    content: bytes,
    rows: int,
) -> None:
    """Store a release in the history, then its triples, of so many figures, in the record."""
    dataset, data = origin.edition.dataset, pool.settings.data
    # The history comes first: the next release is controlled against all that is published.
    Releases(data, dataset.key).add(release)
    with workplace(data) as folder:
        file = folder / "release.nt"
        file.write_bytes(content)
        packed, graph = pack(file, folder), dataset.graph
        version = version_fields(pool, graph, packed.digest, pool.record.changes(graph, packed))
        text = json.dumps(to_json(_describe_submission(dataset, release, rows, origin.began)))
        about = {"submission": text, "basis": release.basis} | version
        if not origin.edition.of_all:
            # A release for some goes to nobody whom its sources may not reach.
            about[SOURCES] = json.dumps(sorted(source.dataset.iri for source in origin.sources))
        pool.record.put(graph, packed, about)
    datasets = [(dataset.iri, None)]
    record_act(data, Act.SUBMIT, clock.machine_time(), {"rows": rows}, datasets, origin.author)
    # A release for some is not named: not all whose data it is made of may know of it.
    title = dataset.title if origin.edition.of_all else both(SOME_RELEASE)
    publishers = {source.dataset.publisher for source in origin.sources}
    announce_release(pool.settings, publishers, title, f"{dataset.iri}|{release.number}")


def announce_release(
    settings: Settings, publishers: Collection[str], title: Mapping[str, str], key: str
) -> None:
    """Tell the partners whose data a release is made of."""
    for party in sorted(publishers):
        slug = party.removeprefix(f"{settings.base}id/partner/")
        day = clock.machine_time().date().isoformat()
        facts = {"title": dict(title), "day": day, "path": f"partner/{slug}/uses"}
        notify(settings, NoticeKind.RELEASE_PUBLISHED, party, facts, f"{key}|{party}")


def _describe_submission(
    dataset: Dataset, release: PortraitRelease, rows: int, began: datetime
) -> Submission:
    """Give the provenance of a release the form of that of a partner's file."""
    return Submission(
        key=dataset.key,
        began=began,
        ended=clock.machine_time(),
        file_name=f"release-{release.number}",
        file_digest=sha256(repr(sorted(release.inputs.items())).encode()).hexdigest(),
        mapping_digest=release.basis,
        report_digest=sha256(release.record.encode()).hexdigest(),
        rows=rows,
        row_errors=0,
        findings=0,
        agent=dataset.publisher,
    )


def find_gone_partners(pool: Pool, release: PortraitRelease, inputs: Mapping[str, str]) -> set[str]:
    """Return the partners of whom figures went into a release that may not go into the next one.

    They withdrew a dataset, or their agreement lets it go elsewhere only: no figure that they
    brought something to is published again. `inputs` are those of the next one.
    """
    gone = release.inputs.keys() - inputs.keys()
    datasets = pool.catalog.datasets.values()
    publishers = {dataset.graph: dataset.publisher for dataset in datasets}
    if not gone <= publishers.keys() and release.snapshot.pooled is not None:
        # A dataset left the catalogue: it may be of any contributor.
        return set(map(owner, release.snapshot.pooled.contributors))
    return {publishers[graph] for graph in gone & publishers.keys()}
