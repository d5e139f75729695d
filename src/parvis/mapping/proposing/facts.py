"""What a partner tells of its figures on publics that no heading of its file says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """Whose figures they are, and what holds for all of them: codes, empty where nothing is told.

    `measure` is the local name of a measure (``attendance``), the others notations of concepts.
    """

    partner: str = "partenaire"
    dataset: str = "jeu"
    measure: str = ""
    method: str = ""
    discipline: str = ""
    area: str = ""
    period: str = ""

    @property
    def of_figures(self) -> bool:
        """Say whether what is told is of figures on publics."""
        return bool(self.measure or self.method)

    def code(self, scheme: str) -> str:
        """Give what is told for a code list, if anything is."""
        told = {"discipline": self.discipline, "area": self.area, "period": self.period}
        return told.get(scheme, "")
