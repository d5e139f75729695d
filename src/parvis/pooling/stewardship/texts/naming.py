"""Name the texts of the catalogue folder for people: whose each is, and what it is."""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from parvis.catalog.folder import Catalog
from parvis.config import Settings
from parvis.errors import InputError
from parvis.i18n import LANGUAGES, N_, both
from parvis.pooling.texts.valid import last_valid

Texts = Mapping[str, str]
Titles = Mapping[str, Texts]
"""Names of parties by their folder, and titles of datasets and projects by theirs."""
THE_CATALOGUE, PROJECTS = N_("The catalogue itself"), N_("Projects")
QUESTIONS = N_("Ready questions")
FOLDERS = {"": THE_CATALOGUE, "projects": PROJECTS, "queries": QUESTIONS}
"""The folders that are nobody’s."""
CATALOGUE = N_("Title, publisher and projects of the catalogue")
ORGANISATION = N_("The organisation")
AGREEMENT, DRAFT = N_("Agreement in force"), N_("Agreement, draft")
FORMER = N_("Agreement, former version {number}")
IN_PROJECT = N_("{agreement}, in the project “{project}”")
DATASET, MAPPING = N_("Dataset “{title}”"), N_("Mapping of “{title}”")
PROJECT, QUESTION, NOTE = N_("Project “{title}”"), N_("Question “{title}”"), N_("Note “{title}”")
MAPPINGS = {".yml": MAPPING, ".yaml": MAPPING}
OTHER = N_("Text “{title}”")
AGREEMENT_NAME = re.compile(r"agreement(?:-(?P<project>[^.]+))?(?:\.(?P<state>draft|v\d+))?")


def list_titles(settings: Settings) -> Titles:
    """Return what the texts of the catalogue folder are about; nothing where they are wrong."""
    try:
        catalog = Catalog.load(settings.catalog, settings.base, last_valid(settings.data))
    except InputError:
        # The wrong text is corrected on the pages that are named by these.
        return {}
    return {
        **{slug: partner.names for slug, partner in catalog.partners.items()},
        **{slug: party.names for slug, party in catalog.parties.items()},
        **{str(key): dataset.title for key, dataset in catalog.datasets.items()},
        **{f"projects/{slug}": project.title for slug, project in catalog.projects.items()},
    }


def group_texts(
    titles: Titles, paths: Iterable[str]
) -> list[tuple[Texts, list[tuple[str, Texts]]]]:
    """Return texts by whose they are, each path with what it is; the catalogue’s own come first."""
    groups: dict[str, list[tuple[str, Texts]]] = {"": []}
    for path in paths:
        first, _, rest = path.partition("/")
        groups.setdefault(first if rest else "", []).append((path, name_text(titles, path)))
    owners = [(name_folder(titles, folder), texts) for folder, texts in groups.items() if texts]
    return [*owners[:1], *sorted(owners[1:], key=lambda owner: owner[0]["fr"].casefold())]


def name_folder(titles: Titles, folder: str) -> Texts:
    """Return whose the texts of a folder are."""
    if folder in FOLDERS:
        return both(FOLDERS[folder])
    # A party whose texts are wrong has no name here.
    return titles.get(folder) or dict.fromkeys(LANGUAGES, folder)


def name_text(titles: Titles, path: str) -> Texts:
    """Return what a text of the catalogue folder is."""
    file = PurePosixPath(path)
    folders, stem, ending = file.parts[:-1], file.stem, file.suffix
    if path == "catalog.ttl":
        return both(CATALOGUE)
    if ending == ".ttl" and stem in {"partner", "party"}:
        return both(ORGANISATION)
    if ending == ".ttl" and (match := AGREEMENT_NAME.fullmatch(stem)):
        return _name_agreement(titles, match)
    if folders[:1] == ("projects",):
        slug = stem if len(folders) == 1 else folders[1]
        return both(PROJECT, title=titles.get(f"projects/{slug}", slug))
    of_dataset = DATASET if file.name == "dataset.ttl" else MAPPINGS.get(ending)
    if len(folders) == 2 and of_dataset:  # noqa: PLR2004 - those of a partner and of its dataset
        return both(of_dataset, title=titles.get("/".join(folders), folders[1]))
    kinds = {".rq": QUESTION, ".md": NOTE}
    return both(kinds.get(ending, OTHER), title=stem)


def _name_agreement(titles: Titles, match: re.Match[str]) -> Texts:
    state = match["state"] or ""
    name = both(DRAFT) if state == "draft" else both(AGREEMENT)
    if state.startswith("v"):
        name = both(FORMER, number=state[1:])
    if match["project"] is None:
        return name
    title = titles.get(f"projects/{match['project']}", match["project"])
    return both(IN_PROJECT, agreement=name, project=title)
