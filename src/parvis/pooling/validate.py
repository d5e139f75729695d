"""RDF files validated without a pool."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from parvis.config import knowledge
from parvis.i18n import N_, say
from parvis.pooling.staged import as_data, staged
from parvis.rdf.files import serialise_large
from parvis.report import Report
from parvis.validation import Validation, load_shapes, validate

CONFORMS = N_("The data conform: nothing was found.")


@dataclass(frozen=True)
class Validated:
    """What a validation found."""

    validation: Validation

    @property
    def conforms(self) -> bool:
        """Say whether the data conform, in SHACL's sense."""
        return self.validation.conforms

    def written(self, form: str, lang: str) -> str:
        """Write the report as Turtle, JSON or text for people."""
        if form == "turtle":
            return serialise_large(self.validation.graph).decode()
        report = Report(checked=self.validation.checked)
        report.extend(self.validation.findings)
        report.more += self.validation.more
        if form == "json":
            engine = {"conforms": self.conforms, "engine": self.validation.engine}
            return json.dumps(engine | report.to_json(), ensure_ascii=False, indent=2)
        lines = [*report.in_words(lang)][1:] or [say(lang, CONFORMS)]
        return "\n".join(lines) + "\n"


def validate_files(data: Sequence[Path], shapes: Sequence[Path], engine: str) -> Validated:
    """Validate RDF files with shapes, else with those of what partners submit."""
    found = load_shapes(list(shapes) or [knowledge("shapes")])
    with staged(data) as view:
        return Validated(validate(as_data(view, data), found, engine=engine))
