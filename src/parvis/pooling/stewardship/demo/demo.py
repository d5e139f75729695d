"""The demo: the invented pool, submitted and published like a real one."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urljoin

from parvis.config import Settings, clock
from parvis.config.durability import without_waiting
from parvis.governance import Role
from parvis.ledger import Grant, Membership, Tokens, TokenScope
from parvis.linking.judgements import pair
from parvis.mapping.engine.ahead import MappedFile
from parvis.pooling.intake.submit import Outcome, submit
from parvis.pooling.linking.candidates import link
from parvis.pooling.linking.judgements import judge, list_candidates, new_decisions, read
from parvis.pooling.people.people import make_link
from parvis.pooling.pool import Pool
from parvis.pooling.publication.downloads_ahead import DownloadsAhead
from parvis.pooling.publication.publish import publish
from parvis.pooling.publics.release import portray
from parvis.pooling.serving.readers import DAYS, list_tokens, revoke_token
from parvis.pooling.surveys import describe_headings
from parvis.store.files import workplace
from parvis.vocab.iris import Iris

JUDGED, JUDGE = "links.csv", "Camille (inventée)"
"""The file of an invented person's judgements in the demo's catalogue folder, and their name."""
STEWARD, MEMBER, RESEARCHER = "tiers-neutre", "theatre-lanterne", "recherche-sorties"
"""The invented parties whose tokens the demo shows."""
RESEARCH = "https://w3id.org/dpv#ResearchAndDevelopment"
"""The purpose for which an agreement opens figures to the researcher."""
LABEL = "demo"
"""The label of the demo's own tokens."""


def build_demo(settings: Settings, *, passing: bool = False) -> Iterator[Outcome]:
    """Submit every sample of the catalogue folder, then publish; yield each outcome.

    A `passing` pool is deleted with its folder when the demo ends: nothing of it waits for the
    disk, which takes longer than all computing where the disk is busy.
    """
    waiting = without_waiting() if passing else nullcontext()
    with waiting, Pool.open(settings) as pool, DownloadsAhead.begin(pool) as downloads:
        with convert_samples(pool):
            for key, dataset in pool.catalog.datasets.items():
                if dataset.sources:
                    outcome = submit(pool, key)
                    if outcome.stored:
                        downloads.add(key)
                    yield outcome
        # The judgements of an invented person, as far as their entities exist; their IRIs are
        # relative to the pool's base. A pool that was judged before stays so.
        file, data = pool.settings.catalog / JUDGED, pool.settings.data
        link(pool)
        if file.is_file():
            pairs = {entry.candidate.pair for entry in list_candidates(data)}
            judgements = []
            for row in read(file):
                ends = [urljoin(pool.iris.base, iri) for iri in (row.here, row.there)]
                if pair(*ends) in pairs:
                    judgements.append(replace(row, here=ends[0], there=ends[1]))
            judge(data, new_decisions(data, judgements), JUDGE)
        portray(pool)
        publish(pool, early=downloads.finish)


@contextmanager
def convert_samples(pool: Pool) -> Iterator[None]:
    """Let the converter's process go on to the next samples while the pool validates others."""
    datasets = pool.catalog.datasets.values()
    files = [(dataset, dataset.sources[0]) for dataset in datasets if len(dataset.sources) == 1]
    samples = [MappedFile(file, dataset.mapping_for(file)) for dataset, file in files]
    with (
        workplace(pool.settings.data) as folder,
        pool.converter.convert_ahead(samples, describe_headings(), folder),
    ):
        yield


@dataclass(frozen=True)
class DemoTokens:
    """The texts of the tokens that the demo shows, and the links of invitations."""

    steward: str
    member: str
    researcher: str
    steward_link: str
    member_link: str


def create_demo_tokens(settings: Settings) -> DemoTokens:
    """Create tokens of the served pool, in place of those of earlier runs, and invitations."""
    for token in list_tokens(settings):
        if token["label"] == LABEL and token["state"] == "live":
            revoke_token(settings, token["id"])
    # As `create_token` does for the parties of the sample catalogue, without reading it again.
    tokens, iris, now = Tokens(settings.data), Iris(settings.base), clock.machine_time()

    def create(party: str, scope: TokenScope, *purposes: str) -> str:
        grant = Grant(party, scope, LABEL, frozenset(purposes))
        credential, _ = tokens.create(grant, now, now + timedelta(days=DAYS))
        return credential.reveal()

    return DemoTokens(
        create(iris.partner(STEWARD), TokenScope.HOST),
        create(iris.partner(MEMBER), TokenScope.GIVE),
        create(iris.thing("party", RESEARCHER), TokenScope.READ, RESEARCH),
        make_link(settings, Membership(iris.partner(STEWARD), Role.STEWARD, third_party=True)).link,
        make_link(settings, Membership(iris.partner(MEMBER), Role.EDITOR)).link,
    )
