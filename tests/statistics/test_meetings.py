"""Offerings beside publics, of invented strata."""

from hypothesis import given
from hypothesis import strategies as st

from parvis.statistics.cube import CubeFigure
from parvis.statistics.meetings import Lists, MatchScope, Offering, OfferingMatches, match_offerings

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
        area, age, "all", "all", "all", "all", status, value,
    )  # fmt: skip


def offering(*audiences: str, area: str = "region", discipline: str = "theatre") -> Offering:
    """Make two events of one kind."""
    return Offering(discipline, area, audiences, 2)


def held(offerings: list[Offering], figures: list[CubeFigure], **asked: str) -> OfferingMatches:
    """Hold them against one another."""
    return match_offerings(offerings, figures, MatchScope(**asked), LISTS)


def test_an_event_of_a_part_counts_in_the_figure_that_holds_it() -> None:
    """Of a town in its region, of puppetry in theatre; an event with two audiences once."""
    offered = [offering("children", "seniors", area="town", discipline="puppetry"), offering()]
    (met,) = held(offered, [figure("all", 500)]).met
    assert (met.area, met.discipline, met.events) == ("region", "theatre", 4)
    assert met.audiences == (("children", 2), ("seniors", 2))


def test_a_public_without_any_offering_is_told_once_with_where_else_it_is() -> None:
    """By the figure of all ages, not by each of its parts."""
    figures = [figure("all", 500), figure("0-12", 200), figure("65+", 100)]
    (lacking,) = held([offering(area="elsewhere")], figures).unserved
    assert (lacking.figure.age, lacking.others) == ("all", 0)
    assert lacking.elsewhere == (("elsewhere", 2),)


def test_an_age_lacks_an_offering_only_where_nothing_can_be_for_it() -> None:
    """An event for families, or for no stated audience, may be for any age."""
    figures = [figure("all", 500), figure("0-12", 200), figure("65+", 100)]
    told = held([offering("toddlers")], figures).unserved
    assert [(one.figure.age, one.others) for one in told] == [("65+", 2)]
    assert not held([offering("toddlers"), offering("families")], figures).unserved
    assert not held([offering("toddlers"), offering()], figures).unserved


def test_an_offering_whose_figures_are_withheld_lacks_its_public() -> None:
    """As one that nobody counted does; a withheld figure is never called a public."""
    offered = [offering(), offering(discipline="circus")]
    found = held(offered, [figure("all", None), figure("0-12", None)])
    assert not found.met
    assert [(one.discipline, len(one.figures)) for one in found.uncounted] == [
        ("circus", 0),
        ("theatre", 2),
    ]
    assert not held([], [figure("all", None)]).unserved


def test_what_is_asked_narrows_both_sides() -> None:
    """A public with bounds takes the figures of ages that it shares, and of all ages."""
    figures = [figure("all", 500), figure("0-12", 200), figure("65+", 100)]
    offered = [offering("toddlers"), offering("seniors"), offering(area="elsewhere")]
    (met,) = held(offered, figures, public="children", area="region").met
    assert met.audiences == (("toddlers", 2),)
    assert [one.age for one in met.figures] == ["all", "0-12"]
    assert not held(offered, figures, discipline="circus").met


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
    unique_by=lambda one: one.iri,
)  # fmt: skip


@given(offered, cells)
def test_every_event_and_every_published_figure_is_told_somewhere(
    some: list[Offering], figures: list[CubeFigure]
) -> None:
    """An event meets its public or lacks it; a public that is published is met or lacks one."""
    found = held(some, figures)
    told = [*found.met, *found.uncounted]
    assert sum(one.events for one in told) >= sum(one.events for one in some)
    assert not [one for one in found.uncounted if one.published]
    met = {(one.area, one.discipline) for one in found.met}
    lacking = {(one.figure.area, one.figure.discipline) for one in found.unserved}
    assert {(one.area, one.discipline) for one in figures if one.value} <= met | lacking
