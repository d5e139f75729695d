"""A mapping document written from proposals: it loads, and says in comments what it doubts.

Only what is sure stands as a line of the mapping; the rest stands as comments beside it, to be
uncommented by somebody who knows the file.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from parvis.i18n import LANGUAGES, N_, say
from parvis.mapping.proposing.choosing import KINDS, Choice
from parvis.mapping.proposing.dormant import dormant
from parvis.mapping.proposing.facts import Facts
from parvis.mapping.proposing.figures import PERIOD_FIELD, added_up, dated, form_of, month_field
from parvis.mapping.proposing.kinds import NULLS
from parvis.mapping.proposing.measuring import BASE, measured
from parvis.mapping.proposing.objects import Written, one_line, quoted, reference, written
from parvis.mapping.proposing.proposals import Proposal, properties
from parvis.mapping.proposing.sampling import Sample
from parvis.mapping.proposing.spreading import (
    PERIOD,
    dimension_of,
    observation,
    strata,
    year_of,
)
from parvis.mapping.proposing.vocabulary import Part, Vocabulary

HEAD = N_("A first mapping of {file}, proposed from {rows} rows: to be read over.")
HOW = N_("A line that is commented out is not sure. “partenaire” and “jeu” stand for your names.")
OTHERS = N_("other sheets, not looked at: {names}")
DECIMAL = N_("how numbers seem to be written")
DATES = N_("day or month first? the sample does not tell")
SEEN = N_("seen in the file, read as “nothing”")
TOTALS = N_("rows of totals are left out")
KEY = N_("the key: it must name one row and stay the same from one file to the next")
SURE_OF = N_("{score} %")
OR = N_("{score} %; or {others}")
UNSURE = N_("“{column}”: {score} %; or {others}")
UNKNOWN = N_("“{column}”: nothing like it in the shared model")
UNMATCHED = N_("not in the code list: {values}")
ANSWERS = N_("What this file could already answer:")
UNLOCKS = N_("What one more column would unlock:")
ADDED = N_("several rows are of one figure: they are added up")
NEEDS = N_("with {terms}: {questions}")


@dataclass
class Entity:
    """An entity map that is being written: its properties, and the lines of its mapping."""

    cls: str
    kind: str
    subject: str
    lines: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)


def draft(
    found: Sample, choice: Choice, vocabulary: Vocabulary, lang: str, facts: Facts | None = None
) -> str:
    """Write the document, its comments in a language; the dormant data are told in both."""
    writer = _Draft(found, choice, vocabulary, lang, facts or Facts())
    mappings = list(writer.mappings())  # first: they tell which fields the source computes
    lines = [
        *writer.head(),
        *_dormant(writer.properties, vocabulary),
        "",
        *writer.sources(),
        "",
        *mappings,
    ]
    return "\n".join(lines) + "\n"


def _dormant(properties: set[str], vocabulary: Vocabulary) -> Iterator[str]:
    """Tell what the file could answer; a column is named by what it would hold."""
    told = dormant(properties)
    for lang in LANGUAGES:
        if told.answerable:
            yield f"# {say(lang, ANSWERS)}"
        for question in told.answerable:
            yield f"#   - {question.text[lang]}"
        if told.unlocked:
            yield f"# {say(lang, UNLOCKS)}"
        for need, unlocked in told.columns:
            texts = " ".join(question.text[lang] for question in unlocked)
            labels = (vocabulary.terms[one].labels.get(lang, one) for one in need)
            names = " / ".join(dict.fromkeys(labels))
            text = say(lang, NEEDS, questions=texts, terms=names)
            yield f"#   - {text}"


class _Draft:
    """One document: its entities grow as columns are placed."""

    def __init__(
        self, found: Sample, choice: Choice, vocabulary: Vocabulary, lang: str, facts: Facts
    ) -> None:
        """Begin with the entity that a row is about."""
        self.sample, self.proposed, self.vocabulary = found, choice.proposals, vocabulary
        self.lang, self.facts = lang, facts
        self.of_figures = choice.cls == "qb:Observation"
        year = year_of(self.proposed, found, facts)
        self.strata = strata(self.proposed, vocabulary, found, lang, year)
        self.measured = measured(self.proposed, facts if self.of_figures else Facts())
        timed = bool(self.strata.period or facts.period or PERIOD in self.dimensions)
        self.when = None if timed or not self.of_figures else dated(self.proposed)
        self.fields: list[str] = []
        kind = KINDS[choice.cls]
        key = f"{facts.dataset}-$(key)" if self.of_figures else "$(key)"
        self.main = Entity(choice.cls, kind, f"id/{kind}/{facts.partner}/{key}")
        self.entities = {kind: self.main}

    @property
    def dimensions(self) -> set[str]:
        """Give the dimensions that columns surely are, or what is spread."""
        found = {told for one in self.proposed if (told := dimension_of(one))}
        return found | set(self.strata.dimensions)

    @property
    def properties(self) -> set[str]:
        """Give the properties that the file has; of a table of figures, also what they count."""
        found = properties(self.proposed)
        if self.of_figures and self.measured.sure:
            found |= {*self.measured.measures, *self.strata.dimensions}
        return found

    def head(self) -> Iterator[str]:
        """Say what this is and what was found."""
        yield f"# {self._say(HEAD, file=self.sample.file.name, rows=self.sample.rows)}"
        if self.of_figures:
            yield f"# {self._say(form_of(self.proposed))}"
        yield f"# {self._say(HOW)}"
        if self.sample.others:
            yield f"# {self._say(OTHERS, names=', '.join(self.sample.others))}"

    def sources(self) -> Iterator[str]:
        """Write the source and how its values are read."""
        yield from ("sources:", "  rows:", f"    access: {quoted(self.sample.file.name)}")
        yield f"    referenceFormulation: {self.sample.formulation}"
        for key, value in self.sample.layout.items():
            yield f"    {key}: {_flow(value)}"
        yield from self._reading()
        yield from self._totals()
        if self.of_figures and self.measured.unpivot:
            names = _list(self.measured.unpivot)
            name = self.measured.name
            yield f"    unpivot: {{columns: {names}, name-as: {name}, value-as: figure}}"
        yield from self._sum()
        yield "    fields:"
        yield from (f"      {line}" for line in self.strata.fields)
        yield from [f"      {month_field(self.when)}"] if self.when else []
        yield from (f"      {line}" for line in self.fields)
        yield f"      key: {self._key()}  # {self._say(KEY)}"
        if tables := [*self.strata.tables, *(self.measured.tables if self.of_figures else ())]:
            yield "tables:"
            yield from tables

    def _sum(self) -> Iterator[str]:
        """Write what is added up, where rows are told order by order."""
        by = self._apart() if self.of_figures else []
        columns = added_up(self.proposed, self.measured, by, self.when) if self.of_figures else ()
        if columns:
            by += [PERIOD_FIELD] if self.when else []
            names, apart = _list(columns), _list(by)
            yield f"    sum: {{columns: {names}, by: {apart}}}  # {self._say(ADDED)}"

    def _reading(self) -> Iterator[str]:
        """Write how numbers, dates and nothing are written."""
        kinds = [one.kind for one in self.proposed]
        told = next(((k.group, k.point) for k in kinds if k.group or k.point != "."), None)
        if told:
            group, point = map(quoted, told)
            yield f"    decimal: {{group: {group}, point: {point}}}  # {self._say(DECIMAL)}"
        if forms := list(dict.fromkeys(form for kind in kinds for form in kind.forms[:1])):
            doubt = any(kind.ambiguous for kind in kinds)
            note = f"  # {self._say(DATES)}" if doubt else ""
            yield f"    dateformats: {_list(forms)}{note}"
        values = {v.strip() for one in self.proposed for v in one.column.values}
        if nulls := sorted(value for value in values if value.casefold() in NULLS - {"x"}):
            yield f"    nulls: {_list(nulls)}  # {self._say(SEEN)}"

    def _totals(self) -> Iterator[str]:
        """Leave out rows of totals under the first column, unless a code list has them."""
        if not self.proposed:
            return
        best, first = self.proposed[0].best, self.proposed[0].column
        totals = [one for one in first.values if one.casefold().strip().startswith("total")]
        scheme = best.scheme if best else None
        if totals and not any(scheme and self._known(scheme, one) for one in totals):
            rule = f"{{{quoted(first.name)}: '(?i)^\\s*total'}}"
            yield f"    skip-rows-matching: {rule}  # {self._say(TOTALS)}"

    def _known(self, scheme: str, text: str) -> bool:
        """Say whether a code list has a text."""
        return self.vocabulary.concepts.find(scheme, text) is not None

    def _key(self) -> str:
        """Write how a row is named: by its identifier, else by what tells it from others."""
        if self.of_figures:
            return self._key_of_figures()
        plain = [
            one for one in self.proposed if one.spread is None and "[*]" not in one.column.name
        ]
        for one in plain:
            values = one.column.filled
            unique = len(set(values)) == len(one.column.values) > 0
            if unique and one.best and one.best.term == "schema:identifier":
                return _slug([reference(one.column.name)])
        telling = {"schema:name", "schema:startDate", "parvis:place", "schema:location"}
        names = [one.column.name for one in plain if one.best and one.best.term in telling]
        names = names or [one.column.name for one in (plain or self.proposed)[:1]]
        names += [n for n in (self.sample.year_as,) if n]
        return _slug([reference(name) for name in names])

    def _key_of_figures(self) -> str:
        """Write the key of a figure: all by which it differs from others of its file."""
        found = self._apart() + ([PERIOD_FIELD] if self.when else [])
        found += [name for name in (self.sample.year_as,) if name]
        found += [self.measured.name] if self.measured.unpivot else []
        names = found or [one.column.name for one in self.proposed[:1]]
        return _slug([reference(name) for name in names])

    def _apart(self) -> list[str]:
        """Name the columns that tell figures apart: dimensions, and the measure."""
        held = self.measured.columns - {one.column.name for one in self.proposed if one.measures}
        return [
            one.column.name
            for one in self.proposed
            if one.column.name not in held and (one.measures or dimension_of(one))
        ]

    def mappings(self) -> Iterator[str]:
        """Write the entity maps."""
        columns = [one for one in self.proposed if one.spread is None]
        if self.of_figures:
            told, where = self.strata, self.measured
            facts = replace(self.facts, period=f"$({PERIOD_FIELD})") if self.when else self.facts
            self.main.lines += observation(self.proposed, told, where, facts, self.lang)
            # a name is that of a place, not of a figure; a measure is told once
            self.main.taken |= {"schema:name", BASE, *told.dimensions}
            self.main.taken |= {term.name for term in self.vocabulary.measures}
            months = PERIOD in told.dimensions
            year = year_of(self.proposed, self.sample, self.facts) if months else ""
            columns = [
                one
                for one in columns
                if one.column.name not in where.columns
                if reference(one.column.name) != year and one is not self.when
            ]
        things = [one for one in columns if self._names_thing(one)]
        for one in [*things, *(one for one in columns if one not in things)]:
            self._place(one)
        yield "mappings:"
        for entity in self.entities.values():
            yield f"  {entity.kind}:"
            yield "    sources: rows"
            yield f"    s: {quoted(entity.subject)}"
            yield "    po:"
            yield f"      - [a, {entity.cls}]"
            yield from (f"      {line}" for line in entity.lines)
        if self.of_figures:
            yield from self._cube()

    def _cube(self) -> Iterator[str]:
        """Write the cube, whose structure is shared by all."""
        yield from ("  cube:", "    sources: rows")
        yield f"    s: id/cube/{self.facts.partner}/{self.facts.dataset}"
        yield from (
            "    po:",
            "      - [a, qb:DataSet]",
            "      - [qb:structure, parvis:publics~iri]",
        )

    def _place(self, one: Proposal) -> None:
        """Write a column where its property belongs, or as a comment where that is not sure."""
        best = one.best
        if best is None:
            self.main.lines.append(f"# {self._say(UNKNOWN, column=one.column.name)}")
            return
        term = self.vocabulary.terms[best.term]
        if self._names_thing(one) and (part := self._part(best.term)):
            self._named(part, one)
            return
        entity = self._entity(term.classes) or self.main
        made = written(term, one)
        fits = entity.cls in term.classes and best.term not in entity.taken
        if one.sure and fits and made.complete:
            entity.taken.add(best.term)
            entity.lines.append(f"- {made.text}  # {self._doubts(one)}")
            entity.lines += [f"- {made.also}"] if made.also else []
            return
        entity.lines.append(f"# - {made.text}  # {self._unsure(one, made)}")

    def _named(self, part: Part, one: Proposal) -> None:
        """Make of a name an entity of its own, and lead to it."""
        slug = f"id/{part.kind}/{self.facts.partner}/$({part.kind})"
        if part.kind in self.entities:
            self.main.lines.append(f"# {self._unsure(one, written_name(one))}")
            return
        self.fields.append(f"{part.kind}: {_slug([reference(one.column.name)])}")
        self.entities[part.kind] = Entity(part.cls, part.kind, slug)
        name = f"- [schema:name, {quoted(reference(one.column.name))}, fr~lang]"
        self.entities[part.kind].lines.append(f"{name}  # {self._doubts(one)}")
        self.entities[part.kind].taken.add("schema:name")
        self.main.taken.add(part.property)
        self.main.lines.append(f"- [{part.property}, {quoted(slug + '~iri')}]")

    def _names_thing(self, one: Proposal) -> bool:
        """Say whether a column surely names a thing that gets an entity of its own."""
        nested = "[*]" in one.column.name
        return bool(one.sure and not nested and one.best and self._part(one.best.term))

    def _part(self, term: str) -> Part | None:
        """Give the thing that a property leads to from what a row is about."""
        found = (p for p in self.vocabulary.parts if (p.of, p.property) == (self.main.cls, term))
        return next(found, None)

    def _entity(self, classes: set[str]) -> Entity | None:
        """Give the entity that has a property of some classes, made if it can be reached."""
        if self.main.cls in classes:
            return self.main
        for part in self.vocabulary.parts:
            if part.cls not in classes:
                continue
            owner = self._of(part.of)
            if part.kind in self.entities:
                return self.entities[part.kind]
            if owner is not None and part.kind in {"address", "geo", "offer"}:
                return self._added(part, owner)
        return None

    def _of(self, cls: str) -> Entity | None:
        """Give the entity of a class."""
        return next((one for one in self.entities.values() if one.cls == cls), None)

    def _added(self, part: Part, owner: Entity) -> Entity:
        """Add an entity that hangs on another, under the same key."""
        subject = f"id/{part.kind}/{owner.subject.split('/', 2)[2]}"
        self.entities[part.kind] = Entity(part.cls, part.kind, subject)
        owner.lines.append(f"- [{part.property}, {quoted(subject + '~iri')}]")
        return self.entities[part.kind]

    def _doubts(self, one: Proposal) -> str:
        """Say how sure a line is, what else it may be, and which values have no concept."""
        others = ", ".join(one.others)
        score = round(100 * one.candidates[0].score)
        text = self._say(OR if others else SURE_OF, score=score, others=others)
        if one.unmatched:
            values = ", ".join(one.unmatched[:6])
            text += f" — {self._say(UNMATCHED, values=values)}"
        return text

    def _unsure(self, one: Proposal, made: Written) -> str:
        """Say why a line is not written."""
        others = ", ".join(one.others) or "…"
        score = round(100 * one.candidates[0].score)
        text = self._say(UNSURE, column=one.column.name, score=score, others=others)
        return f"{text} — {self._say(made.lacks)}" if made.lacks else text

    def _say(self, template: str, **fields: object) -> str:
        """Say a comment on one line."""
        return one_line(say(self.lang, template, **fields))


def written_name(one: Proposal) -> Written:
    """Write a column as a name."""
    return Written(f"[schema:name, {quoted(reference(one.column.name))}, fr~lang]")


def _slug(references: list[str]) -> str:
    """Write a key that is safe in an IRI."""
    if len(references) == 1:
        return f"{{function: fn:slug, parameters: [[value, {quoted(references[0])}]]}}"
    values = ", ".join(f"[value, {quoted(one)}]" for one in references)
    joined = f'{{function: fn:join, parameters: [[separator, "-"], {values}]}}'
    return f"{{function: fn:slug, parameters: [[value, {joined}]]}}"


def _flow(value: object) -> str:
    """Write a source key's value."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{_key_of(key)}: {quoted(str(part))}" for key, part in value.items())
        return f"{{{pairs}}}"
    return str(value) if isinstance(value, int) else quoted(str(value))


def _list(texts: Iterable[str]) -> str:
    """Write a list of texts."""
    return f"[{', '.join(map(quoted, texts))}]"


def _key_of(key: object) -> str:
    """Write a key: positions stay numbers."""
    return str(key) if isinstance(key, int) else quoted(str(key))
