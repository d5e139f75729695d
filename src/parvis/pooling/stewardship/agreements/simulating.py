"""What a draft agreement would open, to whom, before anybody signs it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from parvis.catalog.folder import Catalog
from parvis.catalog.ontology import concept_labels, names_in
from parvis.catalog.projects import agreement_file, text_of
from parvis.config import Settings, clock
from parvis.errors import UnknownThing, UsageError
from parvis.governance import EVERYONE, Reader
from parvis.governance.parties import HOST, MEMBERS
from parvis.governance.simulation import READERS, Level, Simulation, group_readers, simulate
from parvis.governance.wording import purpose_in_words
from parvis.i18n import LANGUAGES, N_, both
from parvis.ledger import Contributions
from parvis.pooling.agreements import with_agreements
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.entries import Texts, load_catalog, require_party
from parvis.pooling.stewardship.texts import try_out
from parvis.store.record.graph_record import GraphRecord
from parvis.vocab.iris import Iris

NO_DRAFT = N_("{party} has no draft of an agreement")
LOSES = N_(
    "with this text, {readers} would no longer have what they may read or know of now: {datasets}."
    " Look at what it would open, then confirm it to sign"
)
ANONYMOUS_NAME = N_("visitors who do not sign in")
GROUPS = {
    EVERYONE: ANONYMOUS_NAME,
    MEMBERS: N_("the members of the pool"),
    HOST: N_("the trusted third party"),
    READERS: N_("parties that read and give no data"),
}
OWNER = N_("{party} itself")
KIND = N_("kind of organisation: {kind}")
PROJECT = N_("members of the project {project}")
FOR_PURPOSE = N_("who states the purpose: {purpose}")
LEVELS = {
    Level.NOTHING: N_("nothing"),
    Level.EXISTENCE: N_("knows that it exists"),
    Level.CONTENT: N_("reads it"),
}


@dataclass(frozen=True)
class SimulationRow:
    """A change for a group of readers: how many of them, of how many, and the names of partners.

    Parties that only read are not on the site: they are counted, and not named.
    """

    group: Texts
    dataset: str
    title: Texts
    before: Level
    after: Level
    readers: int
    of: int
    names: tuple[Texts, ...]

    @property
    def is_loss(self) -> bool:
        return self.after < self.before

    def to_json(self) -> dict[str, Any]:
        levels = {"before": self.before.name.lower(), "after": self.after.name.lower()}
        counts = {"readers": self.readers, "of": self.of}
        named = {"group": self.group, "dataset": self.dataset, "title": self.title}
        return named | levels | counts | {"loss": self.is_loss}


@dataclass(frozen=True)
class GroupRow:
    """How many datasets a group of readers may read now, and with the draft."""

    group: Texts
    readers: int
    before: int
    after: int


@dataclass(frozen=True)
class DraftSimulation:
    """What a draft would change: by group and dataset, by group, and for pooled figures.

    `entering` and `leaving` are the titles of datasets whose figures the next release could take
    in, or would be made without; `releases` are those of today that have figures of the latter.
    """

    rows: tuple[SimulationRow, ...]
    groups: tuple[GroupRow, ...]
    entering: tuple[Texts, ...]
    leaving: tuple[Texts, ...]
    releases: tuple[Texts, ...]

    @property
    def losses(self) -> tuple[SimulationRow, ...]:
        return tuple(row for row in self.rows if row.is_loss)

    def to_json(self) -> dict[str, Any]:
        return {
            "changes": [row.to_json() for row in self.rows],
            "groups": [vars(group) for group in self.groups],
            "entering": list(self.entering),
            "leaving": list(self.leaving),
            "releases": list(self.releases),
        }


def simulate_draft(
    settings: Settings, party: str, project: str | None = None, *, own: bool = False
) -> DraftSimulation:
    """Simulate the draft of a party; raises `UnknownThing` where there is none."""
    folder = require_party(load_catalog(settings), party).folder
    draft = agreement_file(folder, project, "draft")
    if not draft.is_file():
        raise UnknownThing(NO_DRAFT, party=party)
    return simulate_text(settings, party, project, draft.read_text(encoding="utf-8"), own=own)


def simulate_text(
    settings: Settings, party: str, project: str | None, text: str, *, own: bool = False
) -> DraftSimulation:
    """Simulate a text as if it were in force; raises `CatalogError` or `PolicyError`.

    With `own`, only what it changes for the party's own datasets is returned: the party may not
    know of others yet.
    """
    member = require_party(load_catalog(settings), party)
    current = agreement_file(member.folder, project).relative_to(settings.catalog)
    after = try_out(settings, {str(current): text_of(text)})
    return _simulate(settings, member.iri, after, own=own)


def refuse_losses(settings: Settings, owner: str, after: Catalog) -> None:
    """Raise `UsageError` where a catalogue closes to readers what they may read or know now."""
    simulation = _simulate(settings, owner, after, own=False)
    if simulation.losses:
        readers = [row.group for row in simulation.losses]
        titles = [row.title for row in simulation.losses]
        raise UsageError(LOSES, readers=_join(readers), datasets=_join(titles))


def _simulate(settings: Settings, owner: str, after: Catalog, *, own: bool) -> DraftSimulation:
    record = GraphRecord(settings.data)
    pool = with_agreements(Pool(settings, Iris(settings.base), load_catalog(settings), record))
    # What was withdrawn is in neither; elapsed time and contributions count in both.
    drafted = with_agreements(replace(pool, catalog=after))
    policies = (pool.catalog.policies, drafted.catalog.policies)
    ledger = Contributions(settings.data)
    contributions = {iri: ledger.counting_until(iri) for iri in policies[0].parties.by_iri}
    projects = {project.iri: project.members for project in pool.catalog.projects.values()}
    groups = group_readers(*policies, owner, projects, contributions)
    targets = [
        dataset.iri
        for dataset in drafted.catalog.datasets.values()
        if not own or dataset.publisher == owner
    ]
    at = clock.now()
    # What was never submitted counts as received now: else nobody could tell how long it is kept.
    received = dict.fromkeys(targets, at)
    compared = [replace(p, received=received | dict(p.received)) for p in policies]
    simulation = simulate(compared[0], compared[1], groups, targets, at)
    return _describe(pool, simulation, owner, groups)


def _describe(
    pool: Pool, simulation: Simulation, owner: str, groups: Mapping[str, list[Reader]]
) -> DraftSimulation:
    catalog, names = pool.catalog, names_in(pool.catalog.law)
    datasets = {dataset.iri: dataset for dataset in catalog.datasets.values()}
    titles = {iri: dataset.title for iri, dataset in datasets.items()}
    partners = {partner.iri for partner in catalog.partners.values()}
    name_group = partial(_name_group, catalog, names, owner)
    cells: dict[tuple[str, str, Level, Level], list[str | None]] = {}
    for change in simulation.changes:
        key = (change.group, change.target, change.before, change.after)
        cells.setdefault(key, []).append(change.reader.iri)
    rows = tuple(
        SimulationRow(
            group=name_group(group),
            dataset=str(datasets[target].key) if target in datasets else target,
            title=titles.get(target, dict.fromkeys(LANGUAGES, target)),
            before=before,
            after=after,
            readers=len(iris),
            of=len(groups[group]),
            names=tuple(names[iri] for iri in iris if iri in partners and iri in names),
        )
        for (group, target, before, after), iris in cells.items()
    )
    counts = (
        GroupRow(name_group(count.group), count.readers, count.before, count.after)
        for count in simulation.counts
    )
    left = set(simulation.leaving)
    releases = [
        titles[iri]
        for iri, sources in catalog.policies.made_of.items()
        if iri in titles and left & sources
    ]
    return DraftSimulation(
        rows,
        tuple(counts),
        tuple(titles[iri] for iri in simulation.entering if iri in titles),
        tuple(titles[iri] for iri in simulation.leaving if iri in titles),
        tuple(releases),
    )


def _name_group(
    catalog: Catalog, names: Mapping[str, Texts], owner: str, group: str
) -> dict[str, str]:
    if group == owner:
        return both(OWNER, party=names.get(owner, dict.fromkeys(LANGUAGES, owner)))
    if group in GROUPS:
        return both(GROUPS[group])
    for project in catalog.projects.values():
        if project.iri == group:
            return both(PROJECT, project=project.title)
    if group in catalog.policies.parties.kinds:
        return both(KIND, kind=names.get(group) or concept_labels(group))
    purpose = {lang: purpose_in_words(group, lang) for lang in LANGUAGES}
    return both(FOR_PURPOSE, purpose=purpose)


def _join(texts: list[Texts]) -> Texts:
    """Join texts in every language, each once."""
    return {lang: ", ".join(dict.fromkeys(text[lang] for text in texts)) for lang in LANGUAGES}
