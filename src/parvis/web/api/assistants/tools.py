"""The tools of the server for assistants: what each is called, takes, and runs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flask import current_app

from parvis.errors import (
    AnswerTooLarge,
    LimitError,
    MachineError,
    ParvisError,
    QueryError,
    ShareError,
)
from parvis.i18n import N_, explain, say
from parvis.pooling.stewardship.trail import Act
from parvis.statistics.cube import LAYERS
from parvis.web.api.assistants import digest, figures, reading
from parvis.web.api.assistants.pages import LONGEST_TEXT, ToolAnswer, compose, shorten
from parvis.web.api.assistants.parameters import LANG, OFFSET, Parameter, read_arguments

if TYPE_CHECKING:
    from parvis.web.api.assistants.turns import Turns

LONGEST_QUERY = 64_000
QUERY = "query"
"""The tool that mostly waits for the store."""


@dataclass(frozen=True)
class Tool:
    """A tool: its name, its title and description, its parameters, and what it runs.

    `act` is what the audit log calls its use; `listing` is the member of its answers that goes on.
    """

    name: str
    title: str
    description: str
    listing: str
    act: Act
    run: Callable[[dict[str, Any], str], ToolAnswer]
    own_parameters: tuple[Parameter, ...]

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        return (*self.own_parameters, OFFSET, LANG)

    def to_json(self, lang: str) -> dict[str, Any]:
        """Return the tool as ``tools/list`` has it."""
        return {
            "name": self.name,
            "title": say(lang, self.title),
            "description": say(lang, self.description),
            "inputSchema": {
                "type": "object",
                "properties": {p.name: p.to_schema(lang) for p in self.parameters},
                "required": [p.name for p in self.parameters if p.required],
                "additionalProperties": False,
            },
            "outputSchema": {
                "type": "object",
                "properties": {
                    self.listing: {"type": "array"},
                    "offset": {"type": "integer"},
                    "next_offset": {"type": ["integer", "null"]},
                    "source": {"type": "object"},
                },
                "required": ["offset", "next_offset", "source"],
            },
            "annotations": {
                "readOnlyHint": True,
                "destructiveHint": False,
                "idempotentHint": True,
                "openWorldHint": False,
            },
        }

    def call(self, value: object, lang: str) -> dict[str, Any]:
        """Return the result of a call; what an assistant can correct is an error in the result."""
        try:
            arguments = read_arguments({} if value is None else value, self.parameters)
            lang = arguments.pop("lang", lang)
            answer = self.run(arguments, lang)
            turns: Turns = current_app.extensions["parvis.turns"]
            with turns.compute():
                return compose(answer, arguments.get("offset", 0), lang)
        except ParvisError as error:
            text = shorten(explain(error, lang), LONGEST_TEXT)
            hint = next((hint for kind, hint in HINTS.items() if isinstance(error, kind)), "")
            if hint:
                text = f"{text.rstrip('.')}. {say(lang, hint)}"
            return {"content": [{"type": "text", "text": text}], "isError": True}


HINTS: dict[type[ParvisError], str] = {
    QueryError: N_(
        "Correct the query: “schema” has the classes, properties and prefixes, “example_queries”"
        " has queries that work."
    ),
    AnswerTooLarge: N_("Count or group in the query, or add a LIMIT."),
    ShareError: N_("Ask fewer and smaller questions; a token gives a larger share."),
    LimitError: N_("Narrow the query: name a class, a dataset or a period, and add a LIMIT."),
    MachineError: N_("This is no fault of yours: try again in a moment."),
}
"""What to do about an error, by its kind; the first kind that fits counts."""

_LAYERS = {
    "discipline": N_("Discipline: a code of the list “discipline”, or “each”."),
    "area": N_("Where the audience lives: a code of the list “area”, or “each”."),
    "age": N_("Age: a code of the list “age”, or “each”."),
    "public": N_("Kind of audience: a code of the list “public”, or “each”."),
    "language": N_("Language: a code of the list “language”, or “each”."),
    "channel": N_("Channel: a code of the list “channel”, or “each”."),
    "event": N_("Where the event takes place: a code of the list “area”, or “each”."),
    "size": N_("Size of the organisation: a code of the list “organization-size”, or “each”."),
}

TOOLS = (
    Tool(
        "search",
        N_("Search by words"),
        N_(
            "Search events, works, venues, organisations, datasets and concepts by words, in French"
            " or English. Returns names, kinds, dates, places and IRIs for “describe” and “query”."
        ),
        "results",
        Act.SEARCH,
        reading.search,
        (Parameter("query", N_("The words; all must occur."), required=True),),
    ),
    Tool(
        "describe",
        N_("Describe a resource"),
        N_(
            "List all that may be read about one resource, and which dataset says it. Takes the IRI"
            " of an answer of “search” or “query”."
        ),
        "statements",
        Act.DESCRIBE,
        reading.describe,
        (Parameter("iri", N_("The resource’s absolute IRI."), required=True, most=2_000),),
    ),
    Tool(
        "schema",
        N_("The schema"),
        N_(
            "Describe what queries can ask: classes and properties with how many entities there"
            " are, code lists, prefixes, advice. Read it before writing SPARQL. With “class” or"
            " “list”, the properties of one class or the codes of one list."
        ),
        "classes",
        Act.QUERY,
        digest.schema,
        (
            Parameter("class", N_("A class, such as schema:Event.")),
            Parameter("list", N_("A code list, such as discipline or area.")),
        ),
    ),
    Tool(
        "example_queries",
        N_("Example queries"),
        N_(
            "List questions that have a SPARQL query ready, those with most of your words first."
            " With “slug” and “parameters”, return the query of one, to be run by “query” or"
            " changed."
        ),
        "examples",
        Act.QUERY,
        reading.example_queries,
        (
            Parameter("words", N_("Words of a question.")),
            Parameter("slug", N_("The “slug” of an example, to have its query."), most=120),
            Parameter(
                "parameters",
                N_("What to fill in: codes or names by parameter, days as 2026-12-31."),
                "table",
                most=200,
            ),
        ),
    ),
    Tool(
        QUERY,
        N_("Ask in SPARQL"),
        N_(
            "Answer a SPARQL 1.1 SELECT or ASK query on all that you may read. Rows come in pages;"
            " go on with “next_offset” and the same “version”. Errors say what to correct."
        ),
        "rows",
        Act.QUERY,
        reading.query,
        (
            Parameter("query", N_("The query."), required=True, most=LONGEST_QUERY),
            Parameter(
                "limit",
                N_("How many rows are wanted at most."),
                "number",
                least=1,
                most=reading.MOST_ROWS,
            ),
            Parameter(
                "version",
                N_("A published version that is still stored; the latest by default."),
                "number",
                least=1,
                most=999_999_999,
            ),
        ),
    ),
    Tool(
        "figures",
        N_("Pooled figures on audiences"),
        N_(
            "List the pooled figures that were released, with status, coverage and how many"
            " organisations they are of. By default the totals of each measure and period; a layer"
            " set to “each” breaks them down. Suppressed figures are listed without value."
        ),
        "figures",
        Act.QUERY,
        figures.figures,
        (
            Parameter(
                "release", N_("The dataset of a release; that of the third party by default.")
            ),
            Parameter("measure", N_("A measure, such as attendance or tickets.")),
            Parameter("period", N_("A period, such as 2025 or 2025-07.")),
            *(Parameter(name, _LAYERS[name]) for name in LAYERS),
        ),
    ),
    Tool(
        "relays",
        N_("Intermediaries of an audience"),
        N_(
            "Rank the intermediaries (libraries, media, schools…) that reach an audience, with the"
            " reasons. Without “public”, list the audiences that they reach."
        ),
        "relays",
        Act.QUERY,
        figures.relays,
        (
            Parameter("public", N_("An audience: a code or a name of the list “audience”.")),
            Parameter("area", N_("Where it lives: a code or a name of the list “area”.")),
            Parameter("language", N_("A code or a name of the list “language”.")),
            Parameter("channel", N_("A code or a name of the list “channel”.")),
        ),
    ),
)
BY_NAME = {tool.name: tool for tool in TOOLS}
