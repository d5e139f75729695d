"""What a partner states about its figures on publics that no heading of its file says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FigureFacts:
    """The partner and dataset, and the codes that hold for all figures, empty where none is stated.

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
        return bool(self.measure or self.method)

    def code(self, scheme: str) -> str:
        """Return the code stated for a scheme, empty if none is."""
        codes = {"discipline": self.discipline, "area": self.area, "period": self.period}
        return codes.get(scheme, "")
