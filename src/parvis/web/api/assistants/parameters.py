"""The arguments of the tools: how they are described to an assistant, and how they are checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parvis.errors import UsageError
from parvis.i18n import LANGUAGES, N_, both, say

WRONG_TEXT = N_("“{name}” should be a text of 1 to {most} characters")
WRONG_NUMBER = N_("“{name}” should be a whole number from {least} to {most}")
WRONG_CHOICE = N_("“{name}” should be one of: {choices}")
WRONG_TABLE = N_("“{name}” should be an object of texts, as {example}")
MISSING = N_("“{name}” is missing: {description}")
UNKNOWN = N_("there is no argument “{name}” here; there are: {names}")
NO_OBJECT = N_("the arguments should be an object, such as {example}")
SHOWN, MEMBERS = 80, 20
"""The characters of a name that an error repeats, and the members of an object of texts."""


@dataclass(frozen=True)
class Parameter:
    """An argument of a tool, by the kind of its value: a text, a number, a choice or a table.

    `most` are the characters of a text, or the largest number.
    """

    name: str
    description: str
    kind: str = "text"
    required: bool = False
    least: int = 0
    most: int = 500
    choices: tuple[str, ...] = ()

    def to_schema(self, lang: str) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        described = {"description": say(lang, self.description)}
        match self.kind:
            case "number":
                limits = {"minimum": self.least, "maximum": self.most}
                return {"type": "integer", **limits, **described}
            case "choice":
                return {"type": "string", "enum": list(self.choices), **described}
            case "table":
                return {"type": "object", "additionalProperties": {"type": "string"}, **described}
        return {"type": "string", "minLength": 1, "maxLength": self.most, **described}

    def read(self, value: object) -> Any:  # noqa: ANN401 - of the kind
        """Return a value after checking it; raises `UsageError`."""
        match self.kind:
            case "number":
                # Booleans are integers to Python.
                if type(value) is int and self.least <= value <= self.most:
                    return value
                raise UsageError(WRONG_NUMBER, name=self.name, least=self.least, most=self.most)
            case "choice":
                if isinstance(value, str) and value in self.choices:
                    return value
                raise UsageError(WRONG_CHOICE, name=self.name, choices=", ".join(self.choices))
            case "table":
                if (
                    isinstance(value, dict)
                    and len(value) <= MEMBERS
                    and all(self._is_text(text) for text in value.values())
                ):
                    return value
                raise UsageError(WRONG_TABLE, name=self.name, example='{"area": "06"}')
        if not self._is_text(value):
            raise UsageError(WRONG_TEXT, name=self.name, most=self.most)
        return value

    def _is_text(self, value: object) -> bool:
        return isinstance(value, str) and len(value.strip()) > 0 and len(value) <= self.most


LANG = Parameter("lang", N_("The language of labels and messages."), "choice", choices=LANGUAGES)
OFFSET = Parameter(
    "offset",
    N_("Where to go on: the “next_offset” of the answer before."),
    "number",
    most=1_000_000,
)


def read_arguments(value: object, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return the arguments of a call after checking them; raises `UsageError`."""
    if not isinstance(value, Mapping):
        raise UsageError(NO_OBJECT, example='{"query": "…"}')
    accepted = [parameter.name for parameter in parameters]
    for name in value:
        if name not in accepted:
            names = ", ".join(accepted)
            raise UsageError(UNKNOWN, name=ascii(name)[1:-1][:SHOWN], names=names)
    arguments = {}
    for parameter in parameters:
        if value.get(parameter.name) is not None:
            arguments[parameter.name] = parameter.read(value[parameter.name])
        elif parameter.required:
            raise UsageError(MISSING, name=parameter.name, description=both(parameter.description))
    return arguments
