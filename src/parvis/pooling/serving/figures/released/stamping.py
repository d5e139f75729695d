"""Asks an authority for the timestamps of the releases that are served, after a publication.

Once for each release and key, and never while a reader waits. What is published is published: an
authority that is away changes nothing of it, and is asked again after the next publication.
"""

from contextlib import closing

from parvis.errors import AddressError, FetchError, LimitError, ParvisError, SourceError
from parvis.fetch.address import Address
from parvis.i18n import N_
from parvis.ledger.queries.release_questions import QuestionState, ReleaseQuestions
from parvis.pooling.pool import Pool
from parvis.pooling.publics.receipts.keys import has_signer, read_signer
from parvis.pooling.publics.receipts.receipt import compose_stamped
from parvis.pooling.publics.receipts.timestamps import (
    read_certificates,
    request_timestamp,
    verify_timestamp,
)
from parvis.pooling.serving.access import find_reader
from parvis.pooling.serving.figures.figures import QUERY
from parvis.pooling.serving.figures.released.receipts import describe_release
from parvis.pooling.serving.figures.released.requested import describe_table, plant_table
from parvis.pooling.serving.figures.released.timestamp_files import (
    read_timestamp,
    store_timestamp,
)
from parvis.pooling.serving.figures.released.trees import plant_trees
from parvis.pooling.serving.service import PoolService

AWAY = N_(
    "the receipts of {dataset} have no timestamp yet: it is asked for again after the next"
    " publication"
)

NO_AUTHORITY = N_(
    "no timestamp is asked for: {file}, which the setting “timestamp_certificate” names, holds no"
    " certificate (PEM)"
)


def stamp_served(pool: Pool) -> list[ParvisError]:
    """Store a timestamp of each served release that has none; return what was in the way.

    The first authority's failure ends it, so that one that is away delays nobody twice.
    """
    settings = pool.settings
    if not has_signer(settings.data):
        return []
    file = settings.catalog / settings.timestamp_certificate
    try:
        certificates = read_certificates(file.read_bytes(), file)
    except (OSError, SourceError):
        return [SourceError(NO_AUTHORITY, file=file)]
    signer = read_signer(settings.data)
    reader = find_reader(pool, pool.catalog.third_party.iri)
    with closing(PoolService(settings)) as host:
        trees = host.compute_of_rows(reader, QUERY, plant_trees)
        described = (describe_release(host, reader, graph, tree) for graph, tree in trees.items())
        releases = [release for release in described if release is not None]
    third_party = str(pool.catalog.third_party.iri)
    for question in ReleaseQuestions(settings.data).in_state(QuestionState.RELEASED):
        planted = plant_table(pool.iris, question)
        releases.append(describe_table(pool.iris, third_party, question, planted))
    for release in releases:
        if read_timestamp(settings.data, release, signer) is not None:
            continue
        try:
            address = Address.parse(settings.timestamp_server)
            message = compose_stamped(release, signer)
            timestamp = request_timestamp(address, message, settings.fetch)
            # It is asked for once: a false one would be in all receipts of the release for ever.
            verify_timestamp(timestamp, message, certificates, address)
        except (AddressError, FetchError, LimitError, SourceError) as error:
            return [error, FetchError(AWAY, dataset=release.dataset)]
        store_timestamp(settings.data, release, signer, timestamp)
    return []
