"""Bring a partner's file in by one step: record, mapping, agreement, check and, once signed, data.

A second file of a partner extends its agreement. Every text is a draft that people may change: the
catalogue folder stays the record.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from parvis.catalog.codelists import Scheme, scheme
from parvis.catalog.entries import Partner
from parvis.catalog.folder import Catalog, broader_purposes
from parvis.catalog.ontology import names_in
from parvis.catalog.projects import agreement_file
from parvis.config import Settings
from parvis.errors import SourceError, UsageError
from parvis.governance.wording import describe_rule
from parvis.i18n import LANGUAGES, N_, both
from parvis.ledger import SHELL, Author
from parvis.mapping.engine.texts import slug_of
from parvis.mapping.language import load
from parvis.mapping.screening.personal_data import observes
from parvis.pooling.intake.new_mappings import init_mapping
from parvis.pooling.intake.submit import Outcome, check, submit
from parvis.pooling.intake.templates import facts
from parvis.pooling.pool import Pool
from parvis.pooling.serving.readers import IssuedToken, create_token
from parvis.pooling.stewardship.agreements import sign
from parvis.pooling.stewardship.entries import TITLE, Texts, render_draft, unsigned_text
from parvis.pooling.stewardship.texts import change_texts, try_out
from parvis.pooling.texts.valid import last_valid
from parvis.vocab.iris import DatasetKey, slug
from parvis.vocab.namespaces import PREFIXES

ACCESS = {
    "open": N_("open to everyone"),
    "members": N_("for the members; everyone knows that it exists"),
    "aggregate": N_("for nobody else; the third party may publish pooled figures made of it"),
    "aggregate-members": N_("for nobody else; pooled figures made of it are for the members"),
    "private": N_("for nobody else"),
}
"""Who may read a dataset besides its partner, by the name of the choice."""
DESCRIPTION = N_("The file {file} of {name}, as it is pooled under its agreement.")
NO_ACCESS = N_("“{access}” is none of the choices of access: {choices}")
NO_KIND = N_("say what kind of organisation it is (--kind): {kinds}")
NO_DURATION = N_("“{text}” is no duration in years or months: P1Y is a year, P18M eighteen months")
NO_PURPOSE = N_(
    "{file} holds figures on audiences: say what they are for (--purpose), such as: {choices}"
)
UNKNOWN_PURPOSE = N_("“{text}” is no purpose of the vocabulary of purposes, such as: {choices}")
KEEP = N_("{file} holds figures on audiences: say how long they are kept (--keep), such as P3Y")
WITHOUT_EFFECT = N_(
    "a kind of organisation is refused what is for the members (--access members): what everyone"
    " may read it would read without signing in, and what is for nobody else it does not read"
)
UNSIGNED = N_(
    "{file} is a draft that also speaks of other data: sign it first (parvis agreement sign), or"
    " take it away"
)
ALREADY = N_("{dataset} exists already: parvis submit takes its new files")
PURPOSES = {"analytics": "ServiceUsageAnalytics", "research": "ResearchAndDevelopment"}
"""Short names of the usual purposes."""
DURATION = re.compile(r"P(?=\d)(\d+Y)?(\d+M)?")
CC_BY = "https://creativecommons.org/licenses/by/4.0/"
"""The licence of what is open to everyone; of the rest, it is the agreement."""


@dataclass(frozen=True)
class OnboardingRequest:
    """What a partner and the third party state of a file, besides what the file says itself.

    `kind` and `excluded` are kinds of organisation by code or label, `access` is one of `ACCESS`,
    `keep` an ISO 8601 duration, `stated` what no heading of figures on publics says. With a `role`,
    that of who signed for the partner, the agreement is signed and the file submitted. `in_return`
    opens figures to those members alone who give the same ones; a `mapping` takes the place of a
    proposed one.
    """

    partner: str
    kind: str
    file: Path
    access: str
    name: Texts | None = None
    title: Texts | None = None
    dataset: str = ""
    url: str = ""
    keep: str = ""
    purpose: str = ""
    responsible: str = ""
    excluded: Sequence[str] = ()
    stated: Mapping[str, str] = field(default_factory=dict)
    role: Texts | None = None
    in_return: bool = False
    mapping: str = ""


@dataclass(frozen=True)
class Onboarding:
    """What was written, and the outcome for the file; `token` is shown only once."""

    key: DatasetKey
    files: list[Path]
    outcome: Outcome
    signed: bool
    token: IssuedToken | None = None


def onboard(
    settings: Settings,
    request: OnboardingRequest,
    day: date,
    author: Author = SHELL,
    reason: str = "",
) -> Onboarding:
    """Write a partner's texts for a file, check it and, if it was signed for, submit it.

    Nothing is written where something is wrong with the request or the file identifies persons.
    Raises `UsageError`, `SourceError` or `PolicyError`.
    """
    catalog = Catalog.load(settings.catalog, settings.base, last_valid(settings.data))
    key, files = begin_dataset(settings, request, author, reason)
    with Pool.open(settings) as pool:
        outcome = check(pool, key, request.file)
    if request.role is None or not outcome.accepted:
        return Onboarding(key, files, outcome, signed=False)
    sign(settings, key.partner, None, request.role, day, author, reason)
    with Pool.open(settings) as pool:
        outcome = submit(pool, key, request.file, author=author)
    is_new = key.partner not in catalog.partners and outcome.stored
    token = create_token(settings, key.partner, scope="give", author=author) if is_new else None
    return Onboarding(key, files, outcome, signed=True, token=token)


def begin_dataset(
    settings: Settings, request: OnboardingRequest, author: Author = SHELL, reason: str = ""
) -> tuple[DatasetKey, list[Path]]:
    """Write the texts of a file's dataset, and the draft of its agreement; return its name too.

    Nothing is written where something is wrong with the request. Raises as `onboard`.
    """
    texts, key, draft = _try_request(settings, request)[1:]
    agreement = texts.pop(draft)
    exists = (settings.catalog / draft).is_file()
    new = texts if exists else {**texts, draft: agreement}
    changed = {draft: agreement} if exists else {}
    return key, change_texts(settings, new, changed, author, reason)


def explain_request(settings: Settings, request: OnboardingRequest) -> list[Texts]:
    """Return the rules on a dataset that a request would write, in words; nothing is written.

    Raises as `onboard`.
    """
    catalog, _, key, _ = _try_request(settings, request)
    names = names_in(catalog.law)
    rules = catalog.policies.rules_on(catalog.datasets[key].iri)
    return list(
        {text["fr"]: text for rule in rules if (text := describe_rule(rule, names))}.values()
    )


def _try_request(
    settings: Settings, request: OnboardingRequest
) -> tuple[Catalog, dict[str, str], DatasetKey, str]:
    """Return the catalogue folder as it would be, the texts, the dataset, the agreement's draft."""
    catalog = Catalog.load(settings.catalog, settings.base, last_valid(settings.data))
    texts, key = _prepare(catalog, settings, request)
    folder = Path(key.partner)
    draft, current = (str(agreement_file(folder, None, kind)) for kind in ("draft", ""))
    # The draft is tried as if it were in force, so that an error is found now.
    tried = {current if path == draft else path: text for path, text in texts.items()}
    return try_out(settings, tried), texts, key, draft


def adopt_mapping(  # noqa: PLR0913, PLR0917 - what is written down of a text
    settings: Settings, key: DatasetKey, file: Path, text: str, author: Author, reason: str = ""
) -> None:
    """Make a text the mapping of a dataset's files, if it is not so already.

    Raises as `change_texts`.
    """
    catalog = Catalog.load(settings.catalog, settings.base, last_valid(settings.data))
    dataset = catalog.require(key)
    path = dataset.mapping_for(file) if dataset.mappings else dataset.folder / "mapping.yml"
    before = path.read_text(encoding="utf-8") if path.is_file() else None
    if text != before:
        texts = {str(path.relative_to(settings.catalog)): text}
        new, changed = (texts, {}) if before is None else ({}, texts)
        change_texts(settings, new, changed, author, reason)


def _prepare(
    catalog: Catalog, settings: Settings, request: OnboardingRequest
) -> tuple[dict[str, str], DatasetKey]:
    """Return the texts of a file's dataset by their paths, and its name. Raises as `onboard`."""
    _refuse_wrong_choices(settings, request)
    kinds = scheme("organization-type")
    stem = re.sub(r"(\.\w{1,7})+$", "", request.file.name)
    key = DatasetKey(slug(request.partner), slug(request.dataset or slug_of(stem)))
    if key in catalog.datasets:
        raise UsageError(ALREADY, dataset=key)
    partner = catalog.partners.get(key.partner)
    names = partner.names if partner else request.name or dict.fromkeys(LANGUAGES, key.partner)
    texts: dict[str, str] = {}
    if partner is None:
        kind = kinds.code(_require_kind(kinds, request.kind))
        texts[f"{key.partner}/partner.ttl"] = render_draft(
            "partner.ttl", slug=key.partner, name=names, kind=kind, url=request.url
        )
    mapping = request.mapping or init_mapping(
        request.file, "fr", settings, facts(key, request.stated)
    )
    texts[f"{key}/mapping.yml"] = mapping
    of_publics = makes_figures(mapping)
    title = request.title or dict.fromkeys(LANGUAGES, stem.replace("-", " ").replace("_", " "))
    texts[f"{key}/dataset.ttl"] = render_draft(
        "dataset.ttl",
        key=key,
        name=title,
        description=both(DESCRIPTION, file=request.file.name, name=names),
        licence=CC_BY if request.access == "open" else f"id/agreement/{key.partner}",
        **(_frame(request, key) if of_publics else {}),
    )
    texts[str(agreement_file(Path(key.partner), None, "draft"))] = _extend_agreement(
        settings, key, partner, names, _render_rules(request, key, kinds, of_publics=of_publics)
    )
    return texts, key


def _refuse_wrong_choices(settings: Settings, request: OnboardingRequest) -> None:
    """Raise `UsageError` or `SourceError` for what is wrong whatever the file holds."""
    if request.access not in ACCESS:
        choices = ", ".join(ACCESS)
        raise UsageError(NO_ACCESS, access=request.access, choices=choices)
    if request.keep and not DURATION.fullmatch(request.keep):
        raise UsageError(NO_DURATION, text=request.keep)
    if request.excluded and request.access != "members":
        raise UsageError(WITHOUT_EFFECT)
    draft = agreement_file(settings.catalog / slug(request.partner), None, "draft")
    if request.role is not None and draft.is_file():
        raise UsageError(UNSIGNED, file=draft)
    if not request.file.is_file():
        raise SourceError("there is no file {file}", file=request.file)


def _require_kind(kinds: Scheme, text: str) -> str:
    """Return a kind of organisation; where none is stated, the error lists them all."""
    if text:
        return kinds.require(text)
    listed = {
        lang: ", ".join(f"{label} ({code})" for code, label in kinds.choices(lang, ()))
        for lang in LANGUAGES
    }
    raise UsageError(NO_KIND, kinds=listed)


def makes_figures(mapping: str) -> bool:
    """Return whether a mapping makes figures on audiences."""
    with TemporaryDirectory(prefix="parvis-") as folder:
        file = Path(folder) / "mapping.yml"
        file.write_text(mapping, encoding="utf-8")
        return observes(load(file))


def _frame(request: OnboardingRequest, key: DatasetKey) -> dict[str, str]:
    """Return what the record of figures on publics must say. Raises `UsageError` without it."""
    fields = {"file": request.file.name, "choices": ", ".join(PURPOSES)}
    if not request.purpose:
        raise UsageError(NO_PURPOSE, **fields)
    if not request.keep:
        raise UsageError(KEEP, **fields)
    purpose = PREFIXES["dpv"] + PURPOSES.get(request.purpose, request.purpose)
    if purpose not in broader_purposes():
        raise UsageError(UNKNOWN_PURPOSE, text=request.purpose, choices=fields["choices"])
    return {"purpose": purpose, "responsible": slug(request.responsible or key.partner)}


def _render_rules(
    request: OnboardingRequest, key: DatasetKey, kinds: Scheme, *, of_publics: bool
) -> str:
    # Figures that others may read may also be pooled, among the same ones; where a kind may not
    # read them, they are not pooled either, since all members read what is pooled.
    shared = of_publics and request.access in {"open", "members"} and not request.excluded
    pooled = request.access.startswith("aggregate") or shared
    return render_draft(
        "preset-rules.ttl",
        name=key.partner,
        purpose="",
        until="",
        key=key,
        words=both(ACCESS[request.access]),
        access=request.access,
        pooled=pooled,
        excluded=[kinds.require(kind) for kind in request.excluded],
        duration=request.keep,
        in_return=of_publics and request.in_return and request.access == "members",
        count_people=False,
        overlap_with=(),
    )


def _extend_agreement(
    settings: Settings, key: DatasetKey, partner: Partner | None, names: Texts, rules: str
) -> str:
    """Return a partner's draft, else its agreement in force, else a new one, with more rules."""
    folder = settings.catalog / key.partner
    for file in (agreement_file(folder, None, "draft"), agreement_file(folder, None)):
        if partner is not None and file.is_file():
            return unsigned_text(file.read_text(encoding="utf-8")) + rules
    title = both(TITLE, name=names)
    return render_draft("preset-agreement.ttl", name=key.partner, title=title, assigner="") + rules
