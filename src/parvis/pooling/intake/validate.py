"""RDF files validated without a pool."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from parvis.catalog.ontology import submission_shapes
from parvis.i18n import N_, both
from parvis.pooling import report_forms as forms
from parvis.pooling.report_model import Account
from parvis.pooling.staging_view import as_data, staged
from parvis.rdf.files import serialise_large
from parvis.report import Report, Score, Severity
from parvis.validation import Validation, load_shapes, validate

CONFORMS = N_("The data conform: nothing was found.")
DOES_NOT = N_("The data do not conform.")
NONE_WRONG = N_("Nothing was found to be wrong, but no shape found anything to look at.")
FORMS = ("human", "turtle", "json", "csv", "html")


@dataclass(frozen=True)
class Validated:
    """What a validation of some files found."""

    subject: str
    validation: Validation

    @property
    def conforms(self) -> bool:
        """Say whether the data conform, in SHACL's sense."""
        return self.validation.conforms

    def passes(self, fail_on: Severity | None) -> bool:
        """Say whether no finding is as grave as told; without that, whether the data conform."""
        if fail_on is None:
            return self.conforms
        return all(one.severity < fail_on for one in self.validation.findings)

    @property
    def account(self) -> Account:
        """Tell what was found, with a verdict."""
        found = self.validation
        report = Report(checked=found.checked, engine=found.engine)
        report.extend(found.findings)
        report.more += found.more
        verdict = DOES_NOT if not self.conforms else NONE_WRONG if found.findings else CONFORMS
        score = {"conforms": self.conforms, "score": Score.of(report).to_json()}
        return Account(
            subject=self.subject,
            report=report,
            good=self.conforms,
            verdict=both(verdict),
            data=score | report.to_json(),
        )

    def written(self, form: str, lang: str) -> str:
        """Write the report in one of the `FORMS`."""
        if form == "turtle":
            return self._looked_at() + serialise_large(self.validation.graph).decode()
        return forms.write(self.account, form, lang)

    def _looked_at(self) -> str:
        """Say in comments how many focus nodes each shape had, which SHACL has no terms for."""
        lines = (
            f"# {shape}: {count} focus nodes ({self.validation.engine[shape]})"
            for shape, count in self.validation.checked.items()
        )
        return "".join(f"{' '.join(line.split())}\n" for line in lines)

    def save(self, file: Path, form: str, lang: str) -> None:
        """Write the report into a file."""
        if form == "turtle":
            file.write_text(self.written(form, lang), encoding="utf-8")
        else:
            forms.save(self.account, file, form, lang)


def validate_files(data: Sequence[Path], shapes: Sequence[Path], engine: str) -> Validated:
    """Validate RDF files with shapes, else with those of what partners submit."""
    found = load_shapes(list(shapes)) if shapes else submission_shapes()
    with staged(data) as view:
        validation = validate(as_data(view, data), found, engine=engine)
    return Validated(", ".join(file.name for file in data), validation)
