"""Matches between programming and audiences, of invented strata."""

from hypothesis import given
from hypothesis import strategies as st

from parvis.statistics.cube import CubeFigure
from parvis.statistics.offer_audience_match import (
    Lists,
    MatchScope,
    Offering,
    OfferingMatches,
    match_offerings,
)

LISTS = Lists(
    above={"town": {"region": 1}, "puppetry": {"theatre": 1}, "toddlers": {"children": 1}},
    bounds={
        "children": (0, 12),
        "toddlers": (0, 3),
        "seniors": (65, 200),
        "0-12": (0, 12),
        "65+": (65, 200),
    },
    totals=frozenset({"all"}),
)


def figure(
    age: str, value: int | None, area: str = "region", discipline: str = "theatre"
) -> CubeFigure:
    """Make a pooled figure."""
    status = "free" if value is not None else "suppressed"
    return CubeFigure(
        "release", f"{area}-{discipline}-{age}", "cube", "attendance", "2025", discipline,
        area, age, "all", "all", "all", "all", "all", "all", status, value,
    )  # fmt: skip


def offering(*audiences: str, area: str = "region", discipline: str = "theatre") -> Offering:
    """Make programming of two events."""
    return Offering(discipline, area, audiences, 2)


def match(offerings: list[Offering], figures: list[CubeFigure], **scope: str) -> OfferingMatches:
    return match_offerings(offerings, figures, MatchScope(**scope), LISTS)


def test_an_event_of_a_part_counts_in_the_figure_of_the_whole() -> None:
    """A town in its region, puppetry in theatre; an event with two audiences counts once."""
    offered = [offering("children", "seniors", area="town", discipline="puppetry"), offering()]
    (met,) = match(offered, [figure("all", 500)]).met
    assert (met.area, met.discipline, met.events) == ("region", "theatre", 4)
    assert met.audiences == (("children", 2), ("seniors", 2))


def test_an_audience_without_programming_is_listed_once_with_other_places() -> None:
    """Through the figure of all ages, not through each of its parts."""
    figures = [figure("all", 500), figure("0-12", 200), figure("65+", 100)]
    (lacking,) = match([offering(area="elsewhere")], figures).unserved
    assert (lacking.figure.age, lacking.other_events) == ("all", 0)
    assert lacking.other_areas == (("elsewhere", 2),)


def test_an_age_lacks_programming_only_if_no_event_can_suit_it() -> None:
    """Events for families or without a stated audience may suit any age."""
    figures = [figure("all", 500), figure("0-12", 200), figure("65+", 100)]
    unserved = match([offering("toddlers")], figures).unserved
    assert [(gap.figure.age, gap.other_events) for gap in unserved] == [("65+", 2)]
    assert not match([offering("toddlers"), offering("families")], figures).unserved
    assert not match([offering("toddlers"), offering()], figures).unserved


def test_programming_with_suppressed_figures_has_no_audience() -> None:
    """Like uncounted programming; a suppressed figure is never an audience."""
    offered = [offering(), offering(discipline="circus")]
    matches = match(offered, [figure("all", None), figure("0-12", None)])
    assert not matches.met
    assert [(stratum.discipline, len(stratum.figures)) for stratum in matches.uncounted] == [
        ("circus", 0),
        ("theatre", 2),
    ]
    assert not match([], [figure("all", None)]).unserved


def test_the_scope_narrows_both_sides() -> None:
    """An audience with age bounds takes overlapping age figures and those of all ages."""
    figures = [figure("all", 500), figure("0-12", 200), figure("65+", 100)]
    offered = [offering("toddlers"), offering("seniors"), offering(area="elsewhere")]
    (met,) = match(offered, figures, public="children", area="region").met
    assert met.audiences == (("toddlers", 2),)
    assert [figure_.age for figure_ in met.figures] == ["all", "0-12"]
    assert not match(offered, figures, discipline="circus").met


offered = st.lists(
    st.builds(
        offering, st.sampled_from(["children", "seniors", "families"]),
        area=st.sampled_from(["region", "town"]), discipline=st.sampled_from(["theatre", "circus"]),
    )
)  # fmt: skip
cells = st.lists(
    st.builds(
        figure, st.sampled_from(["all", "0-12", "65+"]), st.none() | st.integers(0, 900),
        area=st.sampled_from(["region", "town"]), discipline=st.sampled_from(["theatre", "circus"]),
    ),
    unique_by=lambda figure: figure.iri,
)  # fmt: skip


@given(offered, cells)
def test_every_event_and_every_published_figure_is_listed(
    programming: list[Offering], figures: list[CubeFigure]
) -> None:
    """Programming is matched or not; a published audience is matched or lacks programming."""
    matches = match(programming, figures)
    listed = [*matches.met, *matches.uncounted]
    assert sum(entry.events for entry in listed) >= sum(entry.events for entry in programming)
    assert not [entry for entry in matches.uncounted if entry.has_published_figures]
    met = {(entry.area, entry.discipline) for entry in matches.met}
    lacking = {(entry.figure.area, entry.figure.discipline) for entry in matches.unserved}
    assert {(entry.area, entry.discipline) for entry in figures if entry.value} <= met | lacking
