"""What a partner gets back from its own figures, and its profile next to the pool's and its peers'.

All of it is computed on request, for the partner and the steward alone; nothing is stored.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files

from rdflib import Graph, Literal, URIRef

from parvis.catalog.codelists import organization_size, scheme
from parvis.catalog.ontology import has_flag, last_segment, load_words
from parvis.governance import Reader
from parvis.i18n import N_, both
from parvis.pooling.cards import Texts
from parvis.pooling.publics.strata import age_bounds
from parvis.pooling.serving.figures.box_office import (
    NAMES,
    list_past_totals,
    require_own,
)
from parvis.pooling.serving.figures.figures import TOTALS, choose_release, read_figures
from parvis.pooling.serving.figures.portrait import read_own_figures
from parvis.pooling.serving.figures.tables import (
    COUNT,
    DOLLARS,
    NUMBER,
    SHARE,
    Cell,
    Column,
    ResultTable,
    describe_concept,
    round_share,
)
from parvis.pooling.serving.service import PoolService
from parvis.statistics import profile
from parvis.statistics.box_office import SixFigures
from parvis.statistics.box_office_results import (
    MonthTrend,
    Sales,
    add_up_openings,
    add_up_weekdays,
    compute_sales_curve,
    compute_trend,
)
from parvis.statistics.cube import LAYERS, LISTS, CubeFigure
from parvis.vocab.namespaces import CONCEPT, PARVIS

SIZE = files(__package__).joinpath("organization_size.rq").read_text(encoding="utf-8")
PARTS = tuple(layer for layer in LAYERS if layer != "size")
"""The layers that profiles break figures down by."""
LAYER_NAMES = {
    "discipline": both(N_("Discipline")),
    "area": both(N_("Place of residence")),
    "event": both(N_("Place of the event")),
    "age": both(N_("Age")),
    "public": both(N_("Kind of public")),
    "language": both(N_("Language")),
    "channel": both(N_("Channel")),
}
TABLES = ("sales", "weekdays", "openings", "trend", "profile")
RUNS = {
    "opening": both(N_("Opening day")),
    "first_week": both(N_("Rest of the first week")),
    "later": both(N_("Later")),
}

SIX = (
    Column("performances", NAMES["performances"], COUNT),
    Column("tickets_available", NAMES["tickets_available"], COUNT),
    Column("attendance", NAMES["attendance"], COUNT),
    Column("occupancy", both(N_("Occupancy rate")), SHARE),
    Column("revenue", NAMES["revenue"], DOLLARS),
    Column("average_revenue", NAMES["average_revenue"], DOLLARS),
)


def read_results(host: PoolService, reader: Reader, slug: str) -> list[ResultTable]:
    """Return the results of a partner, for it and the steward; raise as `require_own`."""
    party = require_own(host, reader, slug)
    totals, sales = list_past_totals(host, reader, party)
    return [
        _tabulate_curve(sales),
        _tabulate_weekdays(add_up_weekdays(totals)),
        _tabulate_openings(add_up_openings(totals)),
        _tabulate_trend(compute_trend(totals)),
        compare_profile(host, reader, party),
    ]


def _six(figures: SixFigures) -> tuple[Cell, ...]:
    average = figures.average_revenue
    return (
        figures.performances,
        figures.available or None,
        figures.attendance,
        round_share(figures.occupancy),
        round(figures.revenue, 2) if figures.paying else None,
        None if average is None else round(average, 2),
    )


def _tabulate_curve(sales: Iterable[Sales]) -> ResultTable:
    columns = (
        Column("weeks", both(N_("Weeks before the performance")), COUNT),
        Column("performances", NAMES["performances"], COUNT),
        Column("sold", both(N_("Tickets sold by then")), COUNT),
        Column("final", both(N_("Tickets sold in the end")), COUNT),
        Column("share", both(N_("Share sold by then")), SHARE),
    )
    rows = [
        (point.weeks, point.performances, point.sold, point.final, round_share(point.share))
        for point in compute_sales_curve(sales)
    ]
    note = N_("A performance counts in the weeks in which its sales were sent.")
    return ResultTable("sales", both(N_("When tickets sell")), columns, rows, both(note))


def _tabulate_weekdays(weekdays: Mapping[int, SixFigures]) -> ResultTable:
    days = _weekdays()
    columns = (Column("weekday", both(N_("Day of the week"))), *SIX)
    rows = [(days[number], *_six(figures)) for number, figures in weekdays.items()]
    note = N_("All performances that took place until today.")
    return ResultTable("weekdays", both(N_("Best days")), columns, rows, both(note))


@cache
def _weekdays() -> dict[int, Texts]:
    """Return the names of the days of the week, from Monday (1) to Sunday (7)."""
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    concepts = (f"{CONCEPT}weekday/{name}" for name in names)
    return {n: describe_concept(scheme("weekday"), day) for n, day in enumerate(concepts, 1)}


def _tabulate_openings(openings: Mapping[str, SixFigures]) -> ResultTable:
    columns = (Column("run", both(N_("When in the run of a show"))), *SIX)
    rows = [({"code": name, **RUNS[name]}, *_six(figures)) for name, figures in openings.items()]
    note = N_("A show that comes back in another season opens again.")
    return ResultTable("openings", both(N_("Openings")), columns, rows, both(note))


def _tabulate_trend(trend: Iterable[MonthTrend]) -> ResultTable:
    columns = (
        Column("month", both(N_("Month"))),
        *SIX,
        Column("attendance_before", both(N_("Attendance a year before")), COUNT),
        Column("occupancy_before", both(N_("Occupancy rate a year before")), SHARE),
        Column("revenue_before", both(N_("Box-office revenue a year before ($)")), DOLLARS),
        Column("venues", both(N_("Venues of both years")), COUNT),
        Column("index", both(N_("Index of attendance (a year before: 100)")), NUMBER),
    )
    rows = []
    for month in trend:
        before: tuple[Cell, ...] = (None, None, None)
        if month.before is not None:
            _, _, attendance, occupancy, revenue, _ = _six(month.before)
            before = (attendance, occupancy, revenue)
        index = None if month.index is None else round(month.index, 1)
        rows.append((month.month, *_six(month.figures), *before, month.venues or None, index))
    note = N_(
        "The index is of the venues that have performances in the month and in the same month a"
        " year before: what opened or closed in between does not move it."
    )
    return ResultTable("trend", both(N_("Trend")), columns, rows, both(note))


# The profile: own shares next to published ones.

PROFILE = (
    Column("measure", both(N_("Measure"))),
    Column("period", both(N_("Period"))),
    Column("dimension", both(N_("Broken down by"))),
    Column("concept", both(N_("Part"))),
    Column("own", both(N_("Your figure")), COUNT),
    Column("own_share", both(N_("Your share")), SHARE),
    Column("pool_share", both(N_("Share in the pool")), SHARE),
    Column("peers_share", both(N_("Share among your peers")), SHARE),
    Column("peers", both(N_("Peers"))),
)
NO_PEERS = both(N_("not enough peers"))
NO_CLASS = both(N_("size class not declared"))
NO_CLASSES = both(N_("no figures by size class are published"))


def compare_profile(host: PoolService, reader: Reader, party: str) -> ResultTable:
    """Compare a party's shares with those of the pool and of its size class, as published."""
    figures = read_figures(host, reader)
    release = choose_release(figures, host)
    published = [
        figure
        for figure in figures
        if figure.graph == release
        and figure.place in TOTALS
        and has_flag(figure.measure, PARVIS.additive)
    ]
    size = read_size(host, reader, party)
    own = (
        profile.Cell(measure, period, list_concepts(LAYERS, concepts), value)
        for (measure, period, *concepts), value in read_own_figures(host, reader, party).items()
        if has_flag(measure, PARVIS.additive)
    )
    comparisons = profile.compare_profiles(
        own,
        [_to_cell(figure) for figure in published if figure.size in TOTALS],
        [_to_cell(figure) for figure in published if figure.size == size],
        profile_lists(),
    )
    label = NO_CLASS if size is None else scheme("organization-size").label(size)
    has_classes = any(figure.size not in TOTALS for figure in published)
    absence = NO_CLASS if size is None else NO_PEERS if has_classes else NO_CLASSES
    # The latest periods first; what the release tells nothing of is left out.
    comparisons.sort(key=lambda comparison: comparison.stratum.period, reverse=True)
    rows = [row for row in _list_rows(comparisons, label, absence) if row[6] is not None]
    note = N_(
        "Shares are compared, not sizes. Those of the pool and of peers are of published, rounded"
        " figures; peers are the organisations of the same size class, four at least. Only you and"
        " the trusted third party see this table, which is not stored."
    )
    title = both(N_("Profile next to the pool’s"))
    return ResultTable("profile", title, PROFILE, rows, both(note))


def _list_rows(
    comparisons: Iterable[profile.Comparison], label: Texts, absence: Texts
) -> Iterator[tuple[Cell, ...]]:
    for comparison in comparisons:
        measure, period, dimension, concept = comparison.stratum
        pool, peers = comparison.pool, comparison.peers
        yield (
            {"code": last_segment(measure), **load_words().of_term(measure)},
            describe_concept(scheme("period"), period),
            {"code": dimension, **LAYER_NAMES[dimension]},
            describe_concept(scheme(LISTS.get(dimension, dimension)), concept),
            round(comparison.own.value),
            round_share(comparison.own.ratio),
            round_share(pool and pool.ratio),
            round_share(peers and peers.ratio),
            absence if peers is None else label,
        )


def _to_cell(figure: CubeFigure) -> profile.Cell:
    concepts = list_concepts(PARTS, [getattr(figure, name) for name in PARTS])
    # A step such as “5+” is the fewest contributors that there are.
    count = (figure.contributors or "").removesuffix("+")
    contributors = int(count) if count.isdecimal() else 0
    return profile.Cell(figure.measure, figure.period, concepts, figure.value, contributors)


def list_concepts(layers: Iterable[str], concepts: Iterable[str]) -> profile.Concepts:
    """Return the layers that are not at their total, with their concepts."""
    pairs = zip(layers, concepts, strict=True)
    return frozenset(pair for pair in pairs if pair[1] not in TOTALS)


@cache
def profile_lists() -> profile.Lists:
    """Return what code lists say of the concepts of profiles."""
    names = {LISTS.get(name, name) for name in PARTS}
    wider = {
        concept: frozenset(steps) - {concept}
        for name in names
        for concept, steps in scheme(name).above.items()
    }
    return profile.Lists(wider, age_bounds("age"))


def read_size(host: PoolService, reader: Reader, party: str) -> str | None:
    """Return the size class of a party: declared, or computed of what its record says."""
    metadata = Graph()
    for row in host.rows(reader, SIZE, who=party):
        metadata.add((URIRef(party), URIRef(row["step"]), Literal(row["value"])))
    return organization_size(metadata, party)
