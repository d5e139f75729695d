"""Rules on a partner's file that shapes cannot express.

What it may not hold, or not without its record saying why; and what is implausible in its figures:
codes that no list has, overlapping age groups, totals that do not add up. Such figures cannot be
compared, or count for less than they claim: nothing is refused for it, all is reported.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from importlib.resources import files
from itertools import groupby
from posixpath import normpath
from urllib.parse import unquote

from rdflib import URIRef
from rdflib.namespace import QB, RDF

from parvis.catalog.codelists import MEASURES, Areas, scheme
from parvis.catalog.entries import Dataset
from parvis.catalog.ontology import concept_labels, last_segment, load_words
from parvis.catalog.provenance import anonymisations
from parvis.errors import PolicyError
from parvis.governance.policies import DELETE, RuleKind
from parvis.i18n import LANGUAGES, N_, both, choose_text
from parvis.mapping.concepts import scheme_title
from parvis.pooling.pool import Pool
from parvis.pooling.publics.strata import EVERYWHERE, list_nestings
from parvis.report import Finding, Severity
from parvis.statistics.coherence import Misfit, Overlap, find_incoherences
from parvis.statistics.strata import FigureRow
from parvis.validation import DataView, Locate
from parvis.validation.names import key_of
from parvis.vocab.namespaces import CONCEPT, DPV, PARVIS, PREFIXES

# What a submission needs besides a good file: an agreement and, of data on publics, a purpose, a
# responsible party and an end (Québec's Law 25).
#
# Purposes must be determined before collection, and information destroyed or anonymised once they
# are accomplished (RLRQ c. P-39.1, ss. 4 and 23).

NO_AGREEMENT = N_(
    "no agreement in force speaks of the dataset {dataset}: draft one with {partner}, then sign it"
)
NO_PURPOSE = N_(
    "the dataset {dataset} holds figures on audiences, and its record does not say for what purpose"
)
NO_RESPONSIBLE = N_(
    "the dataset {dataset} holds figures on audiences, and its record names nobody who is"
    " responsible for them"
)
NO_END = N_(
    "the dataset {dataset} holds figures on audiences, and nothing says how long they are kept: its"
    " agreement must say when they are destroyed or, of a pooled release, its record how they were"
    " anonymised"
)
FRAME = {DPV.hasPurpose: NO_PURPOSE, DPV.hasResponsibleEntity: NO_RESPONSIBLE}


def list_needs(pool: Pool, dataset: Dataset, *, of_publics: bool) -> list[PolicyError]:
    """Return what a dataset still needs before a file is submitted; `of_publics` tells of which."""
    rules = pool.catalog.policies.rules_on(dataset.iri)
    needs = [] if rules else [NO_AGREEMENT]
    if of_publics:
        subject = URIRef(dataset.iri)
        needs += [
            template
            for term, template in FRAME.items()
            if (subject, term, None) not in dataset.metadata
        ]
        ends = any(rule.kind is RuleKind.OBLIGATION and rule.action == DELETE for rule in rules)
        needs += [] if ends or anonymisations(dataset) else [NO_END]
    fields = {"dataset": dataset.key, "partner": dataset.key.partner}
    return [PolicyError(template, **fields) for template in needs]


# Statements that are not the partner's to make. Policies are refused, since only the catalogue
# folder holds law. Statements on another party's entities would be read as its own: the steward
# decides.

POLICY = N_(
    "the file sets rules of access or use for “{thing}”, which only agreements do: they would"
    " decide nothing here, so the file is refused; agreements are signed with the third party"
)
OF_ANOTHER = "of-another"
"""The rule for statements about entities that are not the partner's own."""
ANOTHERS = N_(
    "the file says something of “{thing}”, which is {owner}’s to describe, not this partner’s: it"
    " waits for the steward’s approval; to link to it is free"
)
ANOTHER_PARTNER = N_("the partner {slug}")
THIRD_PARTY = N_("the trusted third party")
THIRD_PARTYS = frozenset(
    {"agreement", "catalog", "certificate", "distribution", "match", "party", "project", "query"}
    | {"service", "submission", "version"}
)
"""The kinds of entities that the third party alone describes, whoever they are about."""
CANONICAL = re.compile(r"[^/]+/[0-9a-f]{10}")
"""The path of a canonical IRI, which the third party mints."""
MOST = 1000
"""How many entities of others are reported."""


def statements_on_others(
    pool: Pool, dataset: Dataset, lines: Iterable[bytes], locate: Locate
) -> Iterator[Finding]:
    """Report a file's statements about others' entities: each a warning, with its row.

    `lines` are its triples, grouped by subject.
    """
    # The third party describes whatever it has to.
    if dataset.publisher == pool.catalog.third_party.iri:
        return
    base, before = f"<{pool.settings.base}".encode(), b""
    owners: dict[str, dict[str, str]] = {}
    for line in lines:
        if not line.startswith(base):
            continue
        subject = line.partition(b" ")[0]
        if subject != before:
            before, iri = subject, subject[1:-1].decode()
            owner = _find_owner(pool, dataset.key.partner, iri.removeprefix(pool.settings.base))
            if owner is not None:
                owners[iri] = owner
                if len(owners) == MOST:
                    break
    place_of = locate(set(owners))
    for iri, owner in owners.items():
        # Without the base and the kind: what is left names the owner, then the thing.
        path = iri.removeprefix(pool.settings.base).removeprefix("id/")
        text = both(ANOTHERS, thing=unquote(path.partition("/")[2]), owner=owner)
        place = place_of(iri, None)
        yield Finding(Severity.WARNING, OF_ANOTHER, text, place=place, focus=iri)


def _find_owner(pool: Pool, own: str, path: str) -> dict[str, str] | None:
    """Return the owner of an entity of the pool; None for the partner's own, or nobody's."""
    # However it is written: escapes and dots are resolved, as a reader of the IRI would.
    parts = normpath(unquote(path)).lower().split("/")
    if parts[0] != "id":
        return None if parts[:2] == ["graph", own] else both(THIRD_PARTY)
    kind, slug = (*parts[1:3], "", "")[:2]
    if kind in THIRD_PARTYS or CANONICAL.fullmatch("/".join(parts[1:])):
        return None if slug == own else both(THIRD_PARTY)
    if slug != own and slug in pool.catalog.partners:
        return both(ANOTHER_PARTNER, slug=slug)
    return None


def find_policies(view: DataView, locate: Locate) -> Iterator[Finding]:
    """Report a file's ODRL policies: each a violation, with its row."""
    terms = [(str(row["thing"]), str(row["term"])) for row in view.select(_query("policies.rq"))]
    place_of = locate({iri for iri, _ in terms})
    for iri, term in terms:
        text = both(POLICY, thing=key_of(iri))
        place = place_of(iri, None)
        yield Finding(Severity.VIOLATION, "policy", text, place=place, value=term, focus=iri)


# What is implausible among figures.

ADDITIVE = tuple(
    str(measure) for measure in (PARVIS.attendance, PARVIS.tickets, PARVIS.visits, PARVIS.loans)
)
"""The measures that may be summed: households, unlike them, have several members."""
SCHEMES = {
    str(PARVIS.refPeriod): "period",
    **{str(PARVIS[name]): "area" for name in ("eventArea", "residenceArea", "refArea")},
    str(PARVIS.ageGroup): "age",
    str(PARVIS.public): "public",
    str(PARVIS.language): "language",
    str(PARVIS.discipline): "discipline",
    str(PARVIS.channel): "channel",
}
"""The code list of each dimension; the shapes refuse what is of no code list at all."""
SHOWN = 6
"""How many parts of a total are named."""

UNLISTED = N_(
    "“{code}” is not in the list “{scheme}”: the figures that name it can be compared with nobody’s"
    " (their number: {count})"
)
SEASON = re.compile(r"(\d{4})-(\d{4})")
OVERLAPPING = N_(
    "the season “{code}” overlaps itself: a season runs from September of one year to August of the"
    " next, so its second year is {year} (figures that name it: {count})"
)
OVERLAP = N_(
    "the ages {one} and {other} overlap, {count} times for the same public: persons of the years"
    " that they share would be counted twice, so these figures are not comparable"
)
EXCEEDED = N_(
    "“{code}” is {value}, and its parts ({parts}) come to {added}, which is more: something is"
    " counted twice, or the total is not of all of them"
)
SHORT = N_(
    "“{code}” is {value}, and its parts ({parts}), which cover all of it, come to {added} only:"
    " the rest is not broken down, or was left out"
)


def find_doubts(view: DataView, locate: Locate, areas: Areas = EVERYWHERE) -> list[Finding]:
    """Report what is inconsistent among the figures of a file, each with its row.

    `areas` are accepted besides those of the list.
    """
    findings = []
    # A code of the pool's dimensions that no list has is reported once.
    for row in view.select(_query("unlisted.rq")):
        dimension, code = str(row["dimension"]), str(row["code"])
        name = SCHEMES[dimension]
        is_listed = code in scheme(name).labels or code in areas.within
        if code.startswith(f"{CONCEPT}{name}/") and not is_listed:
            focus, count = str(row["first"]), row["count"]
            years = SEASON.fullmatch(last_segment(code)) if name == "period" else None
            if years is not None and int(years[2]) != int(years[1]) + 1:
                severity, rule = Severity.VIOLATION, "season"
                text = both(OVERLAPPING, code=years[0], year=int(years[1]) + 1, count=count)
            else:
                severity, rule = Severity.WARNING, "unlisted"
                title = scheme_title(name)
                text = both(UNLISTED, code=last_segment(code), scheme=title, count=count)
            findings.append(Finding(severity, rule, text, focus=focus, path=dimension))
    findings += _find_incoherent(view, areas)
    place_of = locate({str(finding.focus) for finding in findings})
    return [replace(f, place=place_of(str(f.focus), f.path)) for f in findings]


def _find_incoherent(view: DataView, areas: Areas) -> Iterator[Finding]:
    """Yield each pair of overlapping age groups once, and each total that does not add up."""
    figures = []
    for solution in view.select(_query("figures_told.rq")):
        names = {*FigureRow._fields} & solution.keys() - {"value"}
        fields = {name: str(solution[name]) for name in names}
        row = FigureRow(**fields, value=float(str(solution["value"])))
        figures.append((str(solution["observation"]), row))
    if not figures:  # then the code lists need not be read
        return
    inconsistencies = list(find_incoherences(figures, list_nestings(areas), ADDITIVE))
    overlaps = [overlap for overlap in inconsistencies if isinstance(overlap, Overlap)]
    times = Counter(overlap.codes for overlap in overlaps)
    first = {overlap.codes: overlap.observation for overlap in reversed(overlaps)}
    for codes, observation in first.items():
        ages = dict(zip(("one", "other"), map(last_segment, codes), strict=True))
        text = both(OVERLAP, count=times[codes], **ages)
        path = str(PARVIS.ageGroup)
        yield Finding(Severity.WARNING, "overlap", text, focus=observation, path=path)
    measures = {name: row.measure for name, row in figures}
    for misfit in inconsistencies:
        if not isinstance(misfit, Misfit):
            continue
        exceeded = misfit.added > misfit.value
        labels = [*map(_label, misfit.parts[:SHOWN])]
        more = ["…"] * (len(misfit.parts) > SHOWN)
        text = both(
            EXCEEDED if exceeded else SHORT,
            code=_label(misfit.code),
            value=f"{misfit.value:.15g}",
            added=f"{misfit.added:.15g}",
            parts={x: ", ".join([*(label[x] for label in labels), *more]) for x in LANGUAGES},
        )
        # A total above its parts may count contributors who give none: that is information only.
        severity = Severity.WARNING if exceeded else Severity.INFO
        measure = measures[misfit.observation]
        yield Finding(severity, "total", text, focus=misfit.observation, path=measure)


def _label(code: str) -> dict[str, str]:
    labels = concept_labels(code)
    return {lang: choose_text(lang, labels) for lang in LANGUAGES}


def predicates_read(predicates: Collection[str] | None) -> set[str] | None:
    """Return the predicates that these rules read of data that have some; None for any."""
    # A measure may be any predicate.
    if predicates is None or str(QB.measureType) in predicates:
        return None
    texts = "".join(map(_query, ("policies.rq", "unlisted.rq", "figures_told.rq")))
    names = re.findall(r"\b(\w+):(\w+)", texts)
    return {f"{PREFIXES[prefix]}{name}" for prefix, name in names}


def _query(name: str) -> str:
    return files(__package__).joinpath("queries", name).read_text(encoding="utf-8")


# Totals of a file's figures, compared with those of the same periods that the pool has. Half of a
# file is a file like any other: only its totals tell. A person decides about a jump.

CHANGED_TOTAL = "changed-total"
CHANGE = 0.2
"""The change of a total, as a share of what it was, from which somebody decides."""
JUMP = N_(
    "{measure}, {period}: {before} in the pool, {after} in this file; such a change of figures that"
    " were there already waits for the steward"
)

OBSERVATION = f"<{RDF.type}> <{QB.Observation}> .".encode()
PERIOD = f"<{PARVIS.refPeriod}> ".encode()
VALUES = {f"<{measure}> ".encode(): measure for measure in MEASURES}
Totals = defaultdict[tuple[str, str], float]
"""The sum of all figures of a measure and period, by their IRIs: parts and wholes alike."""


def find_changed_totals(before: Iterable[bytes], after: Iterable[bytes]) -> Iterator[Finding]:
    """Report the totals that changed by more than `CHANGE`, of periods that were there already.

    Both are lines of N-Triples, grouped by subject.
    """
    former, latter = add_up_figures(before), add_up_figures(after)
    periods = {period for _, period in latter}
    words = load_words()
    for (measure, period), total in sorted(former.items()):
        new = latter[measure, period]
        if period in periods and abs(new - total) > CHANGE * abs(total):
            label = words.of_term(measure)
            names = {lang: label.get(lang, last_segment(measure)) for lang in LANGUAGES}
            fields = {"before": f"{total:.15g}", "after": f"{new:.15g}"}
            text = both(JUMP, measure=names, period=last_segment(period), **fields)
            yield Finding(Severity.WARNING, CHANGED_TOTAL, text, path=measure)


def add_up_figures(lines: Iterable[bytes]) -> Totals:
    """Return the total of each measure in each period; `lines` are grouped by subject."""
    totals: Totals = defaultdict(float)
    for _, group in groupby(lines, key=lambda line: line.partition(b" ")[0]):
        statements = [line.partition(b" ")[2].rstrip() for line in group]
        if OBSERVATION not in statements:
            continue
        period = next((s for s in statements if s.startswith(PERIOD)), b"")
        name = period.removeprefix(PERIOD).strip(b"<>. ").decode()
        for statement in statements:
            predicate, _, value = statement.partition(b" ")
            measure = VALUES.get(predicate + b" ")
            if measure is not None:
                totals[measure, name] += float(value.split(b'"')[1])
    return totals
