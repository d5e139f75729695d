"""Invent the demo pool's source files, in the forms that partners really send.

Run as ``python tests/demo/invent.py [FOLDER]``. What is invented stands in
``invention/invented.toml``; the same seed gives the same bytes, so that the files here can be
compared with those of a new run.
"""

import sys
import tomllib
from pathlib import Path

from invention.audiences import (
    HOUSES,
    MUSEUMS,
    PROGRAMMES,
    house_audiences,
    house_programme,
    museum_audiences,
)
from invention.halls import SEATS, hall_box_office, hall_tickets
from invention.houses import (
    festival_programme,
    festival_survey,
    library_calendar,
    library_loans,
    museum_exhibitions,
    museum_visits,
)
from invention.neighbours import (
    magazine_outings,
    magazine_readers,
)
from invention.season import Invention
from invention.stages import (
    dance_publics,
    dance_tour,
    presenter_book,
    theatre_box_office,
    theatre_publics,
    theatre_season,
)

HERE = Path(__file__).parent
FORMS = {"centre-du-portage": "json", "theatre-des-ormes": "xlsx", "festival-grand-vent": "xlsx"}
PROGRAMME_FORMS = {"centre-du-portage": "json"}
"""The forms of files that are no CSV."""
DEMO = HERE.parents[1] / "catalog" / "demo"


def invent(folder: Path) -> None:
    """Write every source file under its dataset's folder."""
    made = Invention(
        tomllib.loads((HERE / "invention" / "invented.toml").read_text(encoding="utf-8"))
    )

    def at(path: str) -> Path:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        return file

    theatre_season(made, at("theatre-lanterne/programmation/programmation.csv"))
    theatre_publics(made, at("theatre-lanterne/publics/publics.csv"))
    theatre_box_office(made, at("theatre-lanterne/representations/representations.csv"))
    presenter_book(
        made,
        at("diffusion-rivage/saison/saison.xlsx"),
        at("diffusion-rivage/billetterie/saison.xlsx"),
    )
    museum_exhibitions(made, at("musee-marees/expositions/expositions.json"))
    museum_visits(made, at("musee-marees/frequentation/frequentation.json"))
    dance_tour(made, at("danse-petit-nord/tournee/tournee.jsonld"))
    dance_publics(made, at("danse-petit-nord/publics/publics.csv"))
    library_calendar(made, at("biblio-val-des-pins/activites/activites.ics"))
    library_loans(made, at("biblio-val-des-pins/prets/prets.csv"))
    festival_programme(made, at("festival-neiges/programme/programme.xlsx"))
    festival_survey(made, at("festival-neiges/sondage/sondage.xlsx"))
    magazine_outings(made, at("magazine-bottines/sorties/sorties.csv"))
    magazine_readers(made, at("magazine-bottines/lectorat/lectorat.csv"))
    for hall in SEATS:
        hall_tickets(made, at(f"{hall}/billets/billets.csv"))
        hall_box_office(made, at(f"{hall}/bilans/bilans.csv"))
    regions, publics = made.facts["regions"], made.facts["publics"]
    for house in HOUSES:
        house_audiences(regions, at(f"{house}/publics/publics.{FORMS.get(house, 'csv')}"))
    for museum in MUSEUMS:
        museum_audiences(regions, at(f"{museum}/visites/visites.csv"))
    for house in PROGRAMMES:
        file = at(f"{house}/programmation/programmation.{PROGRAMME_FORMS.get(house, 'csv')}")
        house_programme(publics, regions, file)


if __name__ == "__main__":
    invent(Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO)
