"""Write a mapping document from proposals: it loads, and its comments say what is doubtful.

What is not sure is commented out, to be uncommented by somebody who knows the file.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from parvis.i18n import LANGUAGES, N_, say
from parvis.mapping.proposing import CLASS_KINDS, FigureFacts
from parvis.mapping.proposing.dormant import find_answerable
from parvis.mapping.proposing.figures import (
    BASE,
    PERIOD,
    PERIOD_FIELD,
    dimension_of,
    find_date_column,
    find_summed_columns,
    form_of,
    locate_figures,
    month_field,
    write_sum,
)
from parvis.mapping.proposing.keys import distinguish_rows, find_towns
from parvis.mapping.proposing.kinds import NULLS, OF_TOTAL
from parvis.mapping.proposing.moments import join_moments
from parvis.mapping.proposing.objects import (
    EntityDraft,
    one_line,
    quote_yaml,
    reference,
    write_concepts,
    write_list,
    write_property,
    write_slug,
    write_states,
    write_value,
)
from parvis.mapping.proposing.proposals import ColumnProposal, likely_properties
from parvis.mapping.proposing.row_class import RowClassChoice
from parvis.mapping.proposing.sales import find_sales, list_fields, propose_sales
from parvis.mapping.proposing.sampling import Sample
from parvis.mapping.proposing.spreading import (
    build_strata,
    find_period,
    find_year_and_month,
    write_observation,
    year_of,
)
from parvis.mapping.proposing.vocabulary import EntityPart, Vocabulary

HEAD = N_("A first mapping of {file}, to be read over. Rows it was proposed from: {rows}.")
HOW = N_(
    "What is written was right 98 times of 100 or more in the files that it was measured on; a line"
    " that is commented out is not sure. “partenaire” and “jeu” stand for your names."
)
OTHERS = N_("other sheets, not looked at: {names}")
DECIMAL = N_("how numbers seem to be written")
DATES = N_("day or month first? the sample does not tell")
SEEN = N_("seen in the file, read as “nothing”")
TOTALS = N_("rows of totals are left out")
BLANKS = N_("rows without a figure are left out")
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


def draft(
    rows: Sample,
    choice: RowClassChoice,
    vocabulary: Vocabulary,
    lang: str,
    facts: FigureFacts | None = None,
) -> str:
    """Return the document, its comments in a language; what it could answer in both languages."""
    writer = _Draft(rows, choice, vocabulary, lang, facts or FigureFacts())
    # The mappings come first, since they add the fields that the source computes.
    mappings = list(writer.mappings())
    lines = list(writer.head())
    answers = find_answerable(writer.file_properties)
    for language in LANGUAGES:
        if answers.answerable:
            lines.append(f"# {say(language, ANSWERS)}")
        lines += [f"#   - {question.text[language]}" for question in answers.answerable]
        if answers.unlocked:
            lines.append(f"# {say(language, UNLOCKS)}")
        for need, unlocked in answers.columns:
            texts = " ".join(question.text[language] for question in unlocked)
            # A column is named by the labels that it may have.
            labels = (vocabulary.terms[term].labels.get(language, term) for term in need)
            names = " / ".join(dict.fromkeys(labels))
            lines.append(f"#   - {say(language, NEEDS, questions=texts, terms=names)}")
    return "\n".join([*lines, "", *writer.sources(mappings), "", *mappings]) + "\n"


class _Draft:
    """One document: its entities grow as columns are placed."""

    def __init__(
        self,
        rows: Sample,
        choice: RowClassChoice,
        vocabulary: Vocabulary,
        lang: str,
        facts: FigureFacts,
    ) -> None:
        self.sample, self.proposed, self.vocabulary = rows, choice.proposals, vocabulary
        self.of_figures = choice.cls == "qb:Observation"
        dated = find_date_column(choice.proposals) is not None
        if self.of_figures and not facts.period and not dated:
            facts = replace(facts, period=find_period(rows))
        self.lang, self.facts = lang, facts
        year = year_of(self.proposed, rows, facts)
        self.strata = build_strata(self.proposed, vocabulary, rows, lang, year)
        self.measured = locate_figures(self.proposed, facts if self.of_figures else FigureFacts())
        timed = bool(self.strata.period or facts.period or PERIOD in self.dimensions)
        self.when = None if timed or not self.of_figures else find_date_column(self.proposed)
        self.fields: list[str] = []
        self.tables: list[str] = []
        self.moment_forms: tuple[str, ...] = ()
        kind = CLASS_KINDS[choice.cls]
        key = f"{facts.dataset}-$(key)" if self.of_figures else "$(key)"
        self.main = EntityDraft(choice.cls, kind, f"id/{kind}/{facts.partner}/{key}")
        self.entities = {kind: self.main}

    @property
    def dimensions(self) -> set[str]:
        """Return the dimensions that columns surely are, or that spread columns break down."""
        of_columns = {name for proposal in self.proposed if (name := dimension_of(proposal))}
        return of_columns | set(self.strata.dimensions)

    @property
    def file_properties(self) -> set[str]:
        """Return the properties of the file; for figures, also their measures and dimensions."""
        of_columns = likely_properties(self.proposed)
        if self.of_figures and self.measured.sure:
            of_columns |= {*self.measured.measures, *self.strata.dimensions}
        return of_columns

    def head(self) -> Iterator[str]:
        """Write what the document is, and what was detected."""
        yield f"# {self._comment(HEAD, file=self.sample.file.name, rows=self.sample.rows)}"
        if self.of_figures:
            yield f"# {self._comment(form_of(self.proposed))}"
        yield f"# {self._comment(HOW)}"
        if self.sample.skipped_sheets:
            yield f"# {self._comment(OTHERS, names=', '.join(self.sample.skipped_sheets))}"

    def sources(self, mappings: Iterable[str]) -> Iterator[str]:
        """Write the source and how its values are read, for mappings that are written."""
        yield from ("sources:", "  rows:", f"    access: {quote_yaml(self.sample.file.name)}")
        yield f"    referenceFormulation: {self.sample.formulation}"
        # The layout has the keys of the mapping language, as `sampling` detected them.
        for key, value in self.sample.layout.items():
            yield f"    {key}: {write_value(value)}"
        yield from self._write_formats()
        yield from self._write_filters()
        if self.of_figures and self.measured.unpivot:
            names = write_list(self.measured.unpivot)
            name = self.measured.name
            yield f"    unpivot: {{columns: {names}, name-as: {name}, value-as: figure}}"
        if self.of_figures:
            by = self._key_columns()
            if columns := find_summed_columns(self.proposed, self.measured, by, self.when):
                by += [PERIOD_FIELD] if self.when else []
                yield f"    sum: {write_sum(columns, by, mappings)}  # {self._comment(ADDED)}"
        yield "    fields:"
        yield from (f"      {line}" for line in self.strata.fields)
        yield from [f"      {month_field(self.when)}"] if self.when else []
        yield from (f"      {line}" for line in self.fields)
        yield f"      key: {self._write_key()}  # {self._comment(KEY)}"
        of_figures = self.measured.tables if self.of_figures else ()
        if tables := [*self.tables, *self.strata.tables, *of_figures]:
            yield "tables:"
            yield from tables

    def _write_filters(self) -> Iterator[str]:
        """Write which rows are left out: those of totals, and of figures those without one."""
        if self.proposed:
            best, first = self.proposed[0].best, self.proposed[0].column
            totals = [value for value in first.values if OF_TOTAL.search(value)]
            scheme = best.scheme if best else None
            find = self.vocabulary.concepts.find
            # A total that is a concept of the column's code list is a figure like any other.
            if totals and not any(scheme and find(scheme, value) for value in totals):
                rule = f"{{{quote_yaml(first.name)}: '{OF_TOTAL.pattern}'}}"
                yield f"    skip-rows-matching: {rule}  # {self._comment(TOTALS)}"
        for name in sorted(self.measured.columns) if self.of_figures else ():
            column = next(p.column for p in self.proposed if p.column.name == name)
            blank = len(column.values) - len(column.nonblank_values)
            if blank and reference(name) == self.measured.figure:
                rule = f"{{{quote_yaml(name)}: '\\d'}}"
                yield f"    keep-rows-matching: {rule}  # {self._comment(BLANKS)}"

    def _write_formats(self) -> Iterator[str]:
        """Write how numbers, dates and empty values are written."""
        kinds = [proposal.kind for proposal in self.proposed]
        separators = next(((k.group, k.point) for k in kinds if k.group or k.point != "."), None)
        if separators:
            group, point = map(quote_yaml, separators)
            yield f"    decimal: {{group: {group}, point: {point}}}  # {self._comment(DECIMAL)}"
        forms = [*(form for kind in kinds for form in kind.forms[:1]), *self.moment_forms]
        if forms := list(dict.fromkeys(forms)):
            ambiguous = any(kind.ambiguous for kind in kinds)
            note = f"  # {self._comment(DATES)}" if ambiguous else ""
            yield f"    dateformats: {write_list(forms)}{note}"
        values = {v.strip() for proposal in self.proposed for v in proposal.column.values}
        # “x” may be a check mark as well as a figure that is suppressed: a person decides.
        if nulls := sorted(value for value in values if value.casefold() in NULLS - {"x"}):
            yield f"    nulls: {write_list(nulls)}  # {self._comment(SEEN)}"

    def _write_key(self) -> str:
        """Write how a row is named: by its identifier, else by the columns that distinguish it."""
        sheet_year = [name for name in (self.sample.year_as,) if name]
        if self.of_figures:
            names = self._key_columns() + ([PERIOD_FIELD] if self.when else []) + sheet_year
            names += [self.measured.name] if self.measured.unpivot else []
            return write_slug([reference(name) for name in names])
        plain = [p for p in self.proposed if p.spread is None and "[*]" not in p.column.name]
        for proposal in plain:
            values = proposal.column.nonblank_values
            unique = len(set(values)) == self.sample.rows > 0  # every row has one of its own
            if unique and proposal.best and proposal.best.term == "schema:identifier":
                return write_slug([reference(proposal.column.name)])
        distinctive = {"schema:name", "schema:startDate", "parvis:place", "schema:location"}
        names = [p.column.name for p in plain if p.sure and p.best and p.best.term in distinctive]
        names = names or [p.column.name for p in (plain or self.proposed)[:1]]
        names = distinguish_rows(names, plain, self.sample.rows)
        return write_slug([reference(name) for name in names + sheet_year])

    def _key_columns(self) -> list[str]:
        """Return the columns that distinguish figures: dimensions, and the measure's name."""
        measure_names = {p.column.name for p in self.proposed if p.measures}
        figure_columns = self.measured.columns - measure_names
        names = [
            p.column.name
            for p in self.proposed
            if p.column.name not in figure_columns and (p.measures or dimension_of(p))
        ]
        places = [p for p in self.proposed if dimension_of(p) == "parvis:place"]
        names += [town for place in places for town in find_towns(place, self.proposed)]
        dated = self.when or self.sample.year_as
        return names or [p.column.name for p in self.proposed[: 0 if dated else 1]]

    def mappings(self) -> Iterator[str]:
        """Write the entity maps."""
        # Spread columns become rows of the source: they are no columns to map.
        columns = [proposal for proposal in self.proposed if proposal.spread is None]
        if self.of_figures:
            columns = self._begin_observation(columns)
        else:
            sales = find_sales(columns, self.main.cls)
            columns = [proposal for proposal in columns if proposal not in sales]
            columns, fields, self.moment_forms = join_moments(columns)
            self.fields += [*fields, *list_fields(self.proposed, self.main.cls)]
        # The columns that add entities come first: properties of these may follow.
        naming = [proposal for proposal in columns if self._names_entity(proposal)]
        for proposal in [*naming, *(p for p in columns if p not in naming)]:
            self._place(proposal)
        yield "mappings:"
        for entity in self.entities.values():
            yield f"  {entity.kind}:"
            yield "    sources: rows"
            yield f"    s: {quote_yaml(entity.subject)}"
            yield "    po:"
            yield f"      - [a, {entity.cls}]"
            yield from (f"      {line}" for line in entity.lines)
        if self.main.cls == "schema:Event":
            yield from propose_sales(self.proposed, self.entities, self.facts, self.lang)
        if self.of_figures:
            yield from ("  cube:", "    sources: rows")
            yield f"    s: id/cube/{self.facts.partner}/{self.facts.dataset}"
            yield from (
                "    po:",
                "      - [a, qb:DataSet]",
                "      - [qb:structure, parvis:publics~iri]",
            )

    def _begin_observation(self, columns: list[ColumnProposal]) -> list[ColumnProposal]:
        """Write the observation's own lines, and return the columns left to be placed."""
        spread, measured = self.strata, self.measured
        facts = replace(self.facts, period=f"$({PERIOD_FIELD})") if self.when else self.facts
        joined = find_year_and_month(self.proposed) or () if not spread.dimensions else ()
        dimensions = [proposal for proposal in self.proposed if proposal not in joined]
        self.main.lines += write_observation(dimensions, spread, measured, facts, self.lang)
        # A name is that of a place, not of a figure; a measure is written once.
        self.main.properties |= {f"schema:name@{lang}" for lang in LANGUAGES}
        self.main.properties |= {BASE, *spread.dimensions}
        self.main.properties |= {term.name for term in self.vocabulary.measures}
        months = PERIOD in spread.dimensions
        year = year_of(self.proposed, self.sample, self.facts) if months else ""
        return [
            proposal
            for proposal in columns
            if proposal.column.name not in measured.columns
            and reference(proposal.column.name) != year
            and proposal is not self.when
            and proposal not in joined
        ]

    def _place(self, proposal: ColumnProposal) -> None:
        """Write a column where its property belongs, or as a comment where that is not sure."""
        best, column = proposal.best, reference(proposal.column.name)
        if best is None:
            self.main.lines.append(f"# {self._comment(UNKNOWN, column=proposal.column.name)}")
            return
        if self._names_entity(proposal) and (part := self._find_part(best.term)):
            # A second column of a kind, as of organisations, is told by its property.
            kind = part.kind if part.kind not in self.entities else best.term.partition(":")[2]
            if kind in self.entities or part.property in self.main.properties:
                self.main.lines.append(f"# {self._comment_unsure(proposal)}")
                return
            slug = f"id/{part.kind}/{self.facts.partner}/$({kind})"
            doubts = self._comment_doubts(proposal)
            name = f"- [schema:name, {quote_yaml(column)}, {proposal.lang}~lang]  # {doubts}"
            towns = find_towns(proposal, self.proposed) if part.cls == "schema:Place" else []
            self.fields.append(f"{kind}: {write_slug([column, *map(reference, towns)])}")
            self.entities[kind] = EntityDraft(
                part.cls, kind, slug, [name], {f"schema:name@{proposal.lang}"}
            )
            self.main.properties.add(part.property)
            self.main.lines.append(f"- [{part.property}, {quote_yaml(slug + '~iri')}]")
            return
        term = self.vocabulary.terms[best.term]
        pair = write_property(term, proposal)
        is_state = best.term == "schema:eventStatus"
        if is_state and (states := write_states(proposal, self.vocabulary.statuses)):
            pair, lines = states
            self.tables += lines
        written = proposal.sure and pair.complete
        entity = self._find_entity(term.classes, add=written) or self.main
        property_name = proposal.property_name
        fits = entity.cls in term.classes and property_name not in entity.properties
        if written and fits:
            self.tables += write_concepts(term, proposal)
            entity.properties.add(property_name)
            entity.lines.append(f"- {pair.text}  # {self._comment_doubts(proposal)}")
            entity.lines += [f"- {pair.also}"] if pair.also else []
            return
        entity.lines.append(f"# - {pair.text}  # {self._comment_unsure(proposal, pair.lacks)}")

    def _names_entity(self, proposal: ColumnProposal) -> bool:
        """Return whether a column surely names a resource that gets an entity of its own."""
        best = proposal.best
        names = proposal.kind.name == "text" and "[*]" not in proposal.column.name
        return bool(proposal.sure and names and best and self._find_part(best.term))

    def _find_part(self, term: str) -> EntityPart | None:
        """Find the resource that a property of the main entity leads to."""
        parts = (p for p in self.vocabulary.parts if (p.of, p.property) == (self.main.cls, term))
        return next(parts, None)

    def _find_entity(self, classes: set[str], *, add: bool) -> EntityDraft | None:
        """Find the entity that has a property of some classes; `add` it if it can be reached."""
        if self.main.cls in classes:
            return self.main
        for part in self.vocabulary.parts:
            if part.cls not in classes:
                continue
            if part.kind in self.entities:
                return self.entities[part.kind]
            owner = next((e for e in self.entities.values() if e.cls == part.of), None)
            # These belong to their owner alone, so they share its key.
            if add and owner is not None and part.kind in {"address", "geo", "offer", "offers"}:
                subject = f"id/{part.kind}/{owner.subject.split('/', 2)[2]}"
                self.entities[part.kind] = EntityDraft(part.cls, part.kind, subject)
                owner.lines.append(f"- [{part.property}, {quote_yaml(subject + '~iri')}]")
                return self.entities[part.kind]
        return None

    def _comment_doubts(self, proposal: ColumnProposal) -> str:
        """Return how sure a line is, what else it may be, and which values have no concept."""
        alternatives = ", ".join(proposal.rejected)
        score = round(100 * proposal.candidates[0].score)
        text = self._comment(OR if alternatives else SURE_OF, score=score, others=alternatives)
        if proposal.unmatched:
            values = ", ".join(proposal.unmatched[:6])
            text += f" — {self._comment(UNMATCHED, values=values)}"
        return text

    def _comment_unsure(self, proposal: ColumnProposal, lacks: str = "") -> str:
        """Return why a line is commented out."""
        alternatives = ", ".join(proposal.rejected) or "…"
        score = round(100 * proposal.candidates[0].score)
        text = self._comment(UNSURE, column=proposal.column.name, score=score, others=alternatives)
        return f"{text} — {self._comment(lacks)}" if lacks else text

    def _comment(self, template: str, **fields: object) -> str:
        return one_line(say(self.lang, template, **fields))
