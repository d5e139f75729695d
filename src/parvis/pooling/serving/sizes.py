"""How much the pool describes, in things that people count: activities, places and figures."""

from collections import defaultdict

from parvis.catalog.ontology import last_segment
from parvis.governance import Reader
from parvis.i18n import N_, both
from parvis.pooling.cards import Texts
from parvis.pooling.serving.service import PoolService

# Of the published statistics, which are counted once per content: no entity is counted here.
QUERY = """
PREFIX void: <http://rdfs.org/ns/void#>
SELECT ?dataset ?class (SUM(?entities) AS ?count) {
  ?dataset a void:Dataset ; void:classPartition [ void:class ?class ; void:entities ?entities ]
} GROUP BY ?dataset ?class
"""
KINDS = {
    "activities": both(N_("activities and performances")),
    "places": both(N_("places")),
    "observations": both(N_("figures on audiences")),
    "reaches": both(N_("audiences reached by intermediaries")),
}


def count_things(host: PoolService, reader: Reader) -> list[tuple[Texts, int]]:
    """Return how many things of each kind the datasets describe that a reader may read.

    A thing that two datasets describe counts twice. Raises as `PoolService.ask` does.
    """
    counts: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for row in host.rows(reader, QUERY):
        if kind := _kind_of(last_segment(row["class"])):
            counts[row["dataset"], kind].append(int(row["count"]))
    totals = dict.fromkeys(KINDS, 0)
    for (_, kind), numbers in counts.items():
        # A class may contain another of the dataset's: the largest one counts nothing twice.
        totals[kind] += max(numbers)
    return [(KINDS[kind], total) for kind, total in totals.items() if total]


def _kind_of(name: str) -> str:
    if name.endswith(("Event", "Festival")):
        return "activities"
    return {"Place": "places", "Observation": "observations", "Reach": "reaches"}.get(name, "")
