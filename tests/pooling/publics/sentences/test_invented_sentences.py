"""Sentences of invented cells: whatever is published, what must hold of a sentence holds."""

from dataclasses import asdict, replace

from hypothesis import given
from hypothesis import strategies as st

from parvis.catalog.codelists import POOLED, scheme
from parvis.pooling.publics.sentences.chapters import (
    describe_chapter,
    describe_figure,
    describe_release,
    take_share,
)
from parvis.pooling.publics.sentences.comparisons import (
    compare_shares,
    compare_with_own,
    describe_periods,
    describe_trend,
)
from parvis.pooling.publics.sentences.derived import Derived, describe_indices, describe_rates
from parvis.pooling.publics.sentences.sentence import COUNT, SHARE, SUPPRESSED
from parvis.statistics.cube import LAYERS, LISTS, CubeFigure
from parvis.vocab.namespaces import CONCEPT, PARVIS
from tests.sentences import check_form, check_sentence

ATTENDANCE = str(PARVIS.attendance)
TOTALS = {layer: f"{CONCEPT}{LISTS.get(layer, layer)}/total" for layer in LAYERS}
CONCEPTS = {
    layer: sorted(scheme(LISTS.get(layer, layer)).labels.keys() - {TOTALS[layer]})
    for layer in LAYERS
}
PERIODS = sorted(scheme("period").labels)
VALUES = st.none() | st.integers(0, 10**7)


def cell(value: int | None, **fields: str | float | None) -> CubeFigure:
    """Return a figure of attendance in 2025, of nothing but totals."""
    base: dict[str, object] = {
        **TOTALS,
        "graph": "g",
        "iri": "i",
        "cube": "c",
        "measure": ATTENDANCE,
        "period": f"{CONCEPT}period/2025",
        "place": f"{CONCEPT}place/total",
        "status": f"{CONCEPT}confidentiality/{'suppressed' if value is None else 'free'}",
        "contributors": None if value is None else "5+",
        "coverage": None if value is None else 0.5,
    }
    return CubeFigure(**base | fields | {"value": value})  # type: ignore[arg-type] # texts by name


def concept(layer: str, code: str) -> str:
    return f"{CONCEPT}{LISTS.get(layer, layer)}/{code}"


def restrict(figure: CubeFigure, layer: str, concept: str) -> CubeFigure:
    return CubeFigure(**asdict(figure) | {layer: concept})


@st.composite
def cells(draw: st.DrawFn) -> CubeFigure:
    """Draw a figure of any measure and period, restricted in two layers at most."""
    layers = draw(st.lists(st.sampled_from(LAYERS), max_size=2, unique=True))
    fields: dict[str, str | float | None] = {
        layer: draw(st.sampled_from(CONCEPTS[layer])) for layer in layers
    }
    fields["measure"] = draw(st.sampled_from(POOLED))
    fields["period"] = draw(st.sampled_from(PERIODS))
    value = draw(VALUES)
    if value is not None:
        fields["contributors"] = draw(st.sampled_from(["3+", "5+", "100+", "1", "12", None]))
        fields["coverage"] = draw(st.none() | st.floats(0, 1))
    return cell(value, **fields)


@st.composite
def chapters(draw: st.DrawFn) -> tuple[str, CubeFigure | None, list[CubeFigure]]:
    """Draw a layer with its parts, and their total or none."""
    layer = draw(st.sampled_from(LAYERS))
    context = restrict(draw(cells()), layer, TOTALS[layer])
    names = draw(st.lists(st.sampled_from(CONCEPTS[layer]), min_size=1, max_size=5, unique=True))
    restrictions = {name: getattr(context, name) for name in ("measure", "period", *LAYERS)}
    parts = [
        cell(draw(VALUES), **restrictions | {layer: name, "contributors": "4+"}) for name in names
    ]
    return layer, draw(st.sampled_from([context, None])), parts


@given(cells())
def test_a_figure_is_stated_with_unit_period_and_place(figure: CubeFigure) -> None:
    sentence = describe_figure(figure)
    check_sentence(sentence, [figure])
    assert sentence.kind == (SUPPRESSED if figure.value is None else COUNT)


@given(chapters())
def test_a_chapter_states_no_share_without_a_sound_base(
    chapter: tuple[str, CubeFigure | None, list[CubeFigure]],
) -> None:
    layer, total, parts = chapter
    sentence = describe_chapter(layer, total, parts)
    assert sentence is not None
    check_sentence(sentence, [*parts, *([total] if total else [])])
    if total is None or total.value is None:
        assert sentence.kind != SHARE


@given(chapters(), chapters())
def test_two_shares_compare_by_an_index(
    first: tuple[str, CubeFigure | None, list[CubeFigure]],
    second: tuple[str, CubeFigure | None, list[CubeFigure]],
) -> None:
    layer, total, parts = first
    _, whole, _ = second
    if total is None or whole is None:
        return
    # The same part, of another total of the same measure.
    other_total = restrict(replace(whole, measure=total.measure), layer, TOTALS[layer])
    other_part = restrict(other_total, layer, getattr(parts[0], layer))
    other_part = replace(other_part, value=parts[0].value)
    one, two = take_share(parts[0], total), take_share(other_part, other_total)
    if one is None or two is None:
        return
    sentence = compare_shares(layer, one, two)
    assert (sentence is None) == (two.value == 0)
    if sentence is not None:
        check_sentence(sentence, [parts[0], total, other_part, other_total])


@given(cells(), VALUES)
def test_a_trend_needs_both_figures(figure: CubeFigure, value: int | None) -> None:
    before = replace(figure, value=value, period=f"{CONCEPT}period/2024")
    sentence = describe_trend(figure, before)
    if figure.value is None or value is None:
        assert sentence is None
    if sentence is not None:
        check_form("fr", sentence.text["fr"])
        check_form("en", sentence.text["en"])


def test_own_shares_are_compared_with_those_of_all_partners() -> None:
    total = cell(1000)
    part = cell(400, discipline=concept("discipline", "theatre"))
    pooled = take_share(part, total)
    assert pooled is not None
    sentence = compare_with_own("discipline", 300, 500, pooled)
    assert sentence is not None
    assert sentence.text["fr"] == (
        "Sur 100 entrées chez vous en 2025, toutes régions confondues, 60 vont au théâtre, contre"
        " 40 chez tous les partenaires\u00a0: indice 150, où la seconde part vaut 100 (au moins 5"
        " partenaires\u00a0; couverture\u00a0: 50\u00a0% des lieux culturels connus)."
    )
    assert compare_with_own("discipline", 3, 5, pooled) is None
    assert compare_with_own("discipline", 600, 500, pooled) is None


def test_a_chapter_reads_as_a_person_would_write_it() -> None:
    parts = [
        cell(430, discipline=concept("discipline", "theatre")),
        cell(310, discipline=concept("discipline", "visual-arts")),
        cell(None, discipline=concept("discipline", "dance")),
    ]
    sentence = describe_chapter("discipline", cell(1000), parts)
    assert sentence is not None
    assert sentence.text["fr"] == (
        "Sur 100 entrées chez les partenaires en 2025, toutes régions confondues, 43 vont au"
        " théâtre et 31 aux arts visuels (au moins 5 partenaires\u00a0; couverture\u00a0: 50\u00a0%"
        " des lieux culturels connus\u00a0; 1 discipline masquée\u00a0; reste masqué ou non"
        " réparti\u00a0: 26 sur 100)."
    )
    assert sentence.text["en"] == (
        "Of every 100 entries at partners in 2025, all regions together, 43 go to theatre and 31 to"
        " the visual arts (at least 5 partners; coverage: 50% of known venues; 1 discipline"
        " suppressed; suppressed or not broken down: 26 of 100)."
    )


def test_regions_ages_and_small_shares_agree() -> None:
    estrie = cell(1000, area=concept("area", "05"))
    part = cell(13, area=concept("area", "05"), age=concept("age", "18-34"))
    sentence = describe_chapter("age", estrie, [part])
    assert sentence is not None
    assert sentence.statement["fr"] == (
        "Sur 100 entrées du public qui habite en Estrie, chez les partenaires en 2025, l’âge n’est"
        " publié que pour 1\u00a0: 1 vient des 18 à 34 ans"
    )
    assert sentence.statement["en"] == (
        "Of every 100 entries from audiences living in Estrie, at partners in 2025, the age is"
        " published for 1 only: 1 comes from the 18 to 34 age group"
    )


def test_a_suppressed_total_allows_counts_and_no_share() -> None:
    theatre = cell(430, discipline=concept("discipline", "theatre"))
    sentence = describe_chapter("discipline", cell(None), [theatre])
    assert sentence is not None
    assert sentence.kind == COUNT
    assert sentence.statement["fr"] == (
        "Les partenaires ont compté 430 entrées en théâtre en 2025, toutes régions confondues"
        "\u00a0; le total est masqué, si bien qu’aucune part ne peut être établie"
    )


def test_a_small_published_part_is_said_before_its_shares() -> None:
    parts = [
        cell(90, event=concept("event", "06")),
        cell(30, event=concept("event", "03")),
        cell(None, event=concept("event", "16")),
    ]
    sentence = describe_chapter("event", cell(1000), parts)
    assert sentence is not None
    assert sentence.statement == {
        "fr": "Sur 100 entrées chez les partenaires en 2025, toutes régions confondues, le lieu de"
        " l’événement n’est publié que pour 12\u00a0: 9 sont pour des événements tenus à Montréal"
        " (région) et 3 pour des événements tenus dans la Capitale-Nationale",
        "en": "Of every 100 entries at partners in 2025, all regions together, the place of the"
        " event is published for 12 only: 9 are for events held in Montréal (region) and 3 for"
        " events held in Capitale-Nationale",
    }
    (part, *_) = parts
    sentence = describe_chapter("event", cell(1000), [part])
    assert sentence is not None
    assert sentence.statement["fr"].endswith(
        "n’est publié que pour 9\u00a0: les 9 sont pour des événements tenus à Montréal (région)"
    )
    sentence = describe_chapter("event", cell(100_000), [part])
    assert sentence is not None
    assert sentence.statement["fr"].endswith("moins d’un centième du total est publié ainsi")


def test_few_partners_are_in_the_sentence_itself() -> None:
    """All entries of a region go to comedy where only the partners in comedy are counted."""
    region: dict[str, str | float | None] = {"event": concept("event", "16"), "coverage": 0.08}
    comedy = cell(10_045, discipline=concept("discipline", "comedy"), **region)
    sentence = describe_chapter("discipline", cell(10_040, **region), [comedy])
    assert sentence is not None
    assert sentence.statement == {
        "fr": "Sur 100 entrées pour des événements tenus en Montérégie, chez les partenaires"
        " (8\u00a0% des lieux culturels connus) en 2025, les 100 vont à l’humour",
        "en": "Of every 100 entries for events held in Montérégie, at partners (8% of known venues)"
        " in 2025, all 100 go to comedy",
    }


def test_rounded_parts_are_not_more_than_100_together() -> None:
    """59.7 and 40.5 of 100 are 60 and 41: the second is left out."""
    parts = [
        cell(5_995, area=concept("area", "16")),
        cell(4_070, area=concept("area", "05")),
    ]
    sentence = describe_chapter("area", cell(10_040), parts)
    assert sentence is not None
    assert sentence.statement["en"].endswith("60 come from audiences living in Montérégie")


def test_a_change_is_stated_of_the_same_partners_only() -> None:
    before = cell(1_000, iri="before", period=f"{CONCEPT}period/2024")
    now = cell(1_070, iri="now")
    texts = [
        describe_trend(replace(now, comparable_with="before"), before),
        describe_trend(now, before),
        describe_trend(now, before, marked=False),
    ]
    same, others, unknown = (s.statement["en"].partition("2024")[2] for s in texts if s)
    assert same == ": 7% more"
    assert others == (
        "; they are not the same partners as then, so the difference measures no change of the"
        " audience"
    )
    assert unknown == "; they may be other partners than then"
    assert texts[0] is not None
    assert (
        texts[0].statement["fr"].startswith("Les mêmes partenaires ont compté 1\u00a0070 entrées")
    )


def test_an_index_is_of_100_entries_of_the_year_before() -> None:
    before = cell(1_000, period=f"{CONCEPT}period/2024")
    dance = cell(1_090, discipline=concept("discipline", "dance"))
    song = cell(980, discipline=concept("discipline", "song"))
    several = describe_indices(
        "discipline", [Derived(dance, 109.0), Derived(song, 98.0)], before, 0
    )
    alone = describe_indices("discipline", [Derived(dance, 109.0)], before, 0)
    assert several is not None
    assert alone is not None
    assert several.statement["fr"] == (
        "Pour 100 entrées en 2024, toutes régions confondues, les mêmes partenaires en ont compté"
        " entre 98 (Chanson) et 109 (Danse) en 2025"
    )
    assert alone.statement["en"] == (
        "For every 100 entries in dance in 2024, all regions together, the same partners counted"
        " 109 in 2025"
    )
    assert describe_indices("discipline", [], before, 0) is None


def test_a_rate_is_of_1000_inhabitants_and_says_of_how_many_regions() -> None:
    estrie, laval = cell(900, area=concept("area", "05")), cell(90, area=concept("area", "13"))
    sentence = describe_rates("area", [Derived(estrie, 152.4), Derived(laval, 0.84)], 2)
    assert sentence is not None
    assert sentence.text["fr"] == (
        "Pour 1\u00a0000 habitants, les partenaires ont compté en 2025 entre 0,8 (Laval) et 152"
        " entrées (Estrie), sur 2 régions publiées (au moins 5 partenaires\u00a0; couverture\u00a0:"
        " 50\u00a0% des lieux culturels connus\u00a0; 2 régions masquées)."
    )
    alone = describe_rates("area", [Derived(laval, 1.0)], 0)
    assert alone is not None
    assert alone.statement["en"] == (
        "Per 1,000 inhabitants, partners counted 1 entry (Laval) in 2025"
    )
    assert describe_rates("area", [], 3) is None


def test_the_best_sentence_of_a_release_is_its_total_where_no_share_is_published() -> None:
    ends = {f"{CONCEPT}period/{year}": f"{year}-12-31" for year in (2024, 2025)}
    earlier = cell(900, period=f"{CONCEPT}period/2024")
    sentence = describe_release([earlier, cell(1000)], ends)
    assert sentence is not None
    assert sentence.statement["fr"] == (
        "Les partenaires ont compté 1\u00a0000 entrées en 2025, toutes régions confondues"
    )
    assert describe_release([], ends) is None
    assert describe_release([cell(None)], ends) is None


def test_the_best_sentence_states_no_share_that_is_nearly_all() -> None:
    ends = {f"{CONCEPT}period/2025": "2025-12-31"}
    figures = [
        cell(1000),
        cell(990, discipline=concept("discipline", "theatre")),
        cell(400, age=concept("age", "18-34")),
    ]
    sentence = describe_release(figures, ends)
    assert sentence is not None
    assert "40 viennent des 18 à 34 ans" in sentence.text["fr"]


def test_months_are_described_by_their_lowest_and_highest() -> None:
    values = {"2025-01": 1200, "2025-02": None, "2025-03": 800, "2025-04": 950}
    figures = [cell(value, period=f"{CONCEPT}period/{code}") for code, value in values.items()]
    sentence = describe_periods(figures, {})
    assert sentence is not None
    assert sentence.text["fr"] == (
        "Sur 3 mois publiés (janvier 2025 à avril 2025), les partenaires ont compté entre 800 (mars"
        " 2025) et 1\u00a0200 entrées (janvier 2025), toutes régions confondues (au moins 5"
        " partenaires\u00a0; couverture\u00a0: 50\u00a0% des lieux culturels connus\u00a0; 1 mois"
        " masqué)."
    )
    assert describe_periods(figures[1:3], {}) is None
    assert describe_periods([], {}) is None


def test_figures_that_were_not_controlled_say_so() -> None:
    status = f"{CONCEPT}confidentiality/not-controlled"
    sentence = describe_figure(cell(12, status=status, contributors="1"))
    assert sentence.details["fr"].startswith("1 partenaire\u00a0;")
    assert sentence.details["fr"].endswith("exemple, non contrôlé")
