"""Add a partner, a party that only reads, a dataset, a project or a draft agreement."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from parvis.catalog import Catalog, Partner
from parvis.catalog.projects import agreement_file, text_of
from parvis.config import Settings
from parvis.errors import SourceError, UnknownThing, UsageError
from parvis.i18n import LANGUAGES, N_, say
from parvis.pooling.stewardship.drafts import drafted, try_out, write
from parvis.vocab.iris import DatasetKey, slug

Texts = dict[str, str]
"""One text per language."""

NO_PARTY = N_("there is no party “{party}” in the catalogue folder")
NO_KIND = N_("there is no kind of organisation “{kind}”; they are listed at /ontology")
NOTHING = N_("{party} has no dataset that an agreement could speak of: add one first")
NOTHING_OF_HOST = N_("the third party has no dataset of its own that it could open to {party}")
TITLE = N_("Agreement with {name}")
IN_PROJECT = N_("Agreement with {name}: {project}")
UNREAD = N_("{file} cannot be read: {reason}")


def add_partner(settings: Settings, name: str, names: Texts, kind: str, url: str) -> list[Path]:
    """Write a partner's record; `kind` is the code of a concept of organisation types."""
    text = drafted("partner.ttl", slug=slug(name), name=names, kind=_kind(settings, kind), url=url)
    return write(settings, {f"{name}/partner.ttl": text}, {})


def add_party(settings: Settings, name: str, names: Texts, kind: str) -> list[Path]:
    """Write the record of a party that reads and gives no data; its kind may be unknown."""
    known = _kind(settings, kind) if kind else ""
    text = drafted("party.ttl", slug=slug(name), name=names, kind=known)
    return write(settings, {f"{name}/party.ttl": text}, {})


def add_dataset(
    settings: Settings, key: DatasetKey, title: Texts, description: Texts, licence: str
) -> list[Path]:
    """Write a dataset's record into its partner's folder; raises `UnknownThing`."""
    _catalog(settings).require_partner(key.partner)
    slug(key.dataset)
    text = drafted("dataset.ttl", key=key, name=title, description=description, licence=licence)
    return write(settings, {f"{key}/dataset.ttl": text}, {})


def add_project(  # noqa: PLR0913 - a project has as many parts
    settings: Settings,
    name: str,
    title: Texts,
    objective: Texts,
    *,
    start: date,
    end: date,
    members: Sequence[str],
) -> list[Path]:
    """Write a pooling project, carried by the third party; its members are partners' names."""
    catalog = _catalog(settings)
    for member in members:
        catalog.require_partner(member)
    carrier = f"id/partner/{catalog.host.slug}"
    text = drafted(
        "project.ttl",
        slug=slug(name),
        name=title,
        objective=objective,
        carrier=carrier,
        start=start.isoformat(),
        end=end.isoformat(),
        members=members,
    )
    return write(settings, {f"projects/{name}.ttl": text}, {})


def add_agreement(
    settings: Settings, party: str, project: str | None, given: Path | None
) -> list[Path]:
    """Write the draft of a party's agreement in a project, or outside any.

    It begins as the text in force, if there is one, or as `given`, a text written elsewhere. The
    draft is tried as if it were in force, so that what is outside the charter is refused now;
    it is in force once it is signed. Raises `UnknownThing`, `PolicyError` or `CatalogError`.
    """
    catalog = _catalog(settings)
    folder = folder_of(catalog, party)
    if project is not None:
        catalog.require_project(project)
    current = agreement_file(folder, project)
    begun = given or (current if current.is_file() else None)
    text = _read(begun) if begun else _drafted(catalog, party, project)
    tried = current.relative_to(settings.catalog)
    try_out(settings, {str(tried): text})
    draft = agreement_file(folder, project, "draft").relative_to(settings.catalog)
    return write(settings, {str(draft): text}, {})


def folder_of(catalog: Catalog, party: str) -> Path:
    """Give the folder of a partner, or of a party that only reads; raises `UnknownThing`."""
    found = catalog.party_named(party)
    if found is None:
        raise UnknownThing(NO_PARTY, party=party)
    return found.folder


def _catalog(settings: Settings) -> Catalog:
    return Catalog.load(settings.catalog, settings.base)


def _drafted(catalog: Catalog, party: str, project: str | None) -> str:
    """Write what an agreement begins as: the least that can be permitted."""
    found = catalog.party_named(party)
    if found is None:
        raise UnknownThing(NO_PARTY, party=party)
    reader = not isinstance(found, Partner)
    giver = catalog.host.slug if reader else found.slug
    targets = sorted(key for key in catalog.datasets if key.partner == giver)
    if not targets:
        raise UsageError(NOTHING_OF_HOST if reader else NOTHING, party=found.slug)
    titles = catalog.projects[project].title if project else None
    title = {
        lang: say(
            lang,
            IN_PROJECT if titles else TITLE,
            name=found.names[lang],
            project=titles[lang] if titles else "",
        )
        for lang in LANGUAGES
    }
    kind = "party" if reader else "partner"
    return drafted(
        "agreement.ttl",
        name=f"{found.slug}-{project}" if project else found.slug,
        title=title,
        project=project,
        assigner=f"id/partner/{giver}",
        assignee=f"id/{kind}/{found.slug}",
        targets=targets,
        reader=reader,
    )


def _read(file: Path) -> str:
    """Read a text written elsewhere, without the signature of another version."""
    try:
        return f"{text_of(file.read_text(encoding='utf-8')).rstrip()}\n"
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(UNREAD, file=file, reason=error) from error


def _kind(settings: Settings, kind: str) -> str:
    """Give the code of a kind of organisation, if there is one; raises `UnknownThing`."""
    known = _catalog(settings).policies.parties.kinds
    if not any(one.endswith(f"/{kind}") for one in known):
        raise UnknownThing(NO_KIND, kind=kind)
    return kind
