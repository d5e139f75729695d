"""From an empty folder, ten partners bring their files in, each under another agreement."""

from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.governance import ANONYMOUS
from parvis.pooling.intake.templates import init
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.access import explain_access
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.pooling.stewardship.onboarding import OnboardingRequest, onboard

FILES = Path(__file__).parents[1] / "cases" / "recipes"
DAY = date(2026, 11, 29)
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
ROLE = {"fr": "direction générale", "en": "executive director"}
PROGRAMME = "Titre;Date;Lieu;Prix\nBoréale;2026-12-04 20:00;Salle A;32,50\nNu;2026-12-05;Salle B;\n"
AUDIENCES = "Année;0-17;18-34;65 et plus\n2024;120;340;80\n2025;130;350;90\n"
LOANS = "Année;0-17;18-64\n2024;900;1 200\n2025;950;1 150\n"
PARTNERS: dict[str, tuple[str, str, dict[str, str]]] = {
    # The name, then the kind of organisation, the file, and what is agreed.
    "scene": ("Diffuseur", "schema-org.jsonld", {"access": "open"}),
    "theatre": ("Compagnie de théâtre", "schema-org-rdfa.html", {"access": "members"}),
    "bibliotheque": ("library", "icalendar.ics", {"access": "open", "keep": "P18M"}),
    "festival": ("Festival", "spektrix.json", {"access": "members", "excluded": "Diffuseur"}),
    "municipalite": ("municipality", "geojson.geojson", {"access": "private"}),
    "agence": ("Diffuseur", "datascene.json", {"access": "members", "excluded": "Festival"}),
    "agenda": ("Museum", "openagenda.json", {"access": "members", "keep": "P1Y"}),
    "salle": ("Salle de spectacle", "programme.csv", {"access": "open"}),
    "musee": ("museum", "publics.csv", {"access": "aggregate", "keep": "P3Y"}),
    "prets": ("library", "prets.csv", {"access": "aggregate-members", "keep": "P6Y"}),
}
STATED = {
    "publics.csv": {"measure": "attendance", "method": "ticketing"},
    "prets.csv": {"measure": "loans", "method": "counter"},
}


def read_access(pool: Pool, at: datetime) -> dict[str, set[str]]:
    """Return who may read each partner's dataset, by its name."""
    return {
        key.partner: {
            reader
            for reader in ("anonymous", *PARTNERS)
            if explain_access(pool, reader, str(key), "read", at, None).allowed
        }
        for key in pool.catalog.datasets
        if key.partner in PARTNERS
    }


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Bring the ten files in, and publish them."""
    folder = tmp_path_factory.mktemp("ten")
    for name, text in (("programme", PROGRAMME), ("publics", AUDIENCES), ("prets", LOANS)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    init(folder / "catalog")
    settings = Settings.load(data=folder / "data", catalog=folder / "catalog")
    for partner, (kind, name, agreed) in PARTNERS.items():
        file = folder / name if name.endswith(".csv") else FILES / name
        excluded = agreed.get("excluded")
        request = OnboardingRequest(
            partner,
            kind,
            file,
            agreed["access"],
            keep=agreed.get("keep", ""),
            purpose="analytics",
            excluded=[excluded] if excluded else [],
            stated=STATED.get(name, {}),
            role=ROLE,
        )
        onboarding = onboard(settings, request, DAY)
        assert onboarding.outcome.stored, list(onboarding.outcome.report.in_words("fr"))
    with Pool.open(settings) as pool:
        publish(pool)
    return settings


def test_each_agreement_holds(settings: Settings) -> None:
    """Each partner reads its own; whoever else may read is whoever its agreement says."""
    everyone = {"anonymous", *PARTNERS}
    members = set(PARTNERS)
    presenters = {"scene", "agence", "salle"}
    with Pool.open(settings) as pool:
        access = read_access(pool, NOON)
    assert access == {
        "scene": everyone,
        "theatre": members,
        "bibliotheque": everyone,
        "festival": members - presenters,
        "municipalite": {"municipalite"},
        "agence": members - {"festival"},
        "agenda": members,
        "salle": everyone,
        "musee": {"musee"},
        "prets": {"prets"},
    }


def test_what_is_open_answers_everyone(settings: Settings) -> None:
    """The events of three partners, of three kinds of files."""
    query = "SELECT DISTINCT ?name { ?e schema:startDate ?d ; schema:name ?name } ORDER BY ?name"
    with closing(PoolService(settings)) as service:
        answer = service.ask(ANONYMOUS, QueryRequest(query, results_format="csv"))
        names = b"".join(answer.chunks).decode().split("\r\n")
    assert {"La cabane", "Heure du conte", "Boréale"} <= set(names)
    assert "Ciel de papier" not in names


def test_what_is_kept_for_a_time_is_destroyed_after_it(settings: Settings) -> None:
    """And is read by nobody from that day on."""
    with Pool.open(settings) as pool:
        late = read_access(pool, NOON + timedelta(days=370))
    assert late["agenda"] <= {"agenda"}
    assert late["theatre"] == set(PARTNERS)
