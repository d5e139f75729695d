"""RDF files validated without a pool."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from parvis.catalog.ontology import submission_shapes
from parvis.i18n import N_, both
from parvis.pooling import report_forms as forms
from parvis.pooling.report_model import ReportModel
from parvis.pooling.staging_view import as_data, stage_files
from parvis.rdf.files import serialise_large
from parvis.report import Report, Score, Severity
from parvis.validation import Validation, load_shapes, validate

CONFORMS = N_("The data conform: nothing was found.")
DOES_NOT = N_("The data do not conform.")
NONE_WRONG = N_("Nothing was found to be wrong, but no shape found anything to look at.")
FORMS = ("human", "turtle", "json", "csv", "html")


@dataclass(frozen=True)
class ValidationOutcome:
    subject: str
    validation: Validation

    def passes(self, fail_on: Severity | None) -> bool:
        """Whether no finding is as severe as `fail_on`; by default, whether the data conform."""
        if fail_on is None:
            return self.validation.conforms
        return all(finding.severity < fail_on for finding in self.validation.findings)

    @property
    def account(self) -> ReportModel:
        validation = self.validation
        report = Report(
            checked=validation.checked, engine=validation.engine, titles=validation.titles
        )
        report.extend(validation.findings)
        report.more += validation.more
        # The findings of conforming data are of shapes that had no focus node.
        good = validation.conforms
        verdict = DOES_NOT if not good else NONE_WRONG if validation.findings else CONFORMS
        score = {"conforms": good, "score": Score.of(report).to_json()}
        return ReportModel(
            subject=self.subject,
            report=report,
            good=good,
            verdict=both(verdict),
            data=score | report.to_json(),
        )

    def render(self, form: str, lang: str) -> str:
        """Return the report in one of the `FORMS`."""
        if form != "turtle":
            return forms.write(self.account, form, lang)
        # SHACL has no terms for the number of focus nodes: comments state them.
        lines = (
            f"# {shape}: {count} focus nodes ({self.validation.engine[shape]})"
            for shape, count in self.validation.checked.items()
        )
        comments = "".join(f"{' '.join(line.split())}\n" for line in lines)
        return comments + serialise_large(self.validation.graph).decode()

    def save(self, file: Path, form: str, lang: str) -> None:
        if form == "turtle":
            file.write_text(self.render(form, lang), encoding="utf-8")
        else:
            forms.save(self.account, file, form, lang)


def validate_files(data: Sequence[Path], shapes: Sequence[Path], engine: str) -> ValidationOutcome:
    """Validate RDF files with shapes, by default those of what partners submit."""
    shapes_graph = load_shapes(list(shapes)) if shapes else submission_shapes()
    with stage_files(data) as view:
        validation = validate(as_data(view, data), shapes_graph, engine=engine)
    return ValidationOutcome(", ".join(file.name for file in data), validation)
