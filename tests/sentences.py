"""What must hold of each sentence on figures, checked without the grammar that writes them."""

import re
from collections.abc import Iterable, Sequence

from parvis.catalog.codelists import scheme
from parvis.catalog.ontology import last_segment
from parvis.pooling.publics.sentences.sentence import COMPARISON, SHARE, SUPPRESSED, Sentence
from parvis.statistics.cube import LAYERS, LISTS, CubeFigure

UNITS = {
    "attendance": ("entrée", "entr(?:y|ies)"),
    "visits": ("visite", "visit"),
    "tickets": ("billet", "ticket"),
    "firstTimeVisitors": ("première", "first visit"),
    "households": ("ménage", "household"),
    "loans": ("prêt", "loan"),
    "ticketsSold": ("billet", "ticket"),
    "complimentary": ("billet", "complimentary ticket"),
    "revenue": ("dollar|recettes", "dollar|revenue"),
    "ticketsAvailable": ("place", "seat"),
    "performances": ("représentation", "performance"),
}
NOT_ADDITIVE = {"households"}
NUMBER = r"\d+(?:[,.\u00a0\u202f]\d+)*"
PLURALS = {
    "fr": r"entrées? visites? billets? premières? ménages? prêts? dollars? places? représentations?"
    r" partenaires? disciplines? régions? tranches? types? langues? canal|canaux tailles? années?"
    r" saisons? trimestres? va|vont est|sont vient|viennent",
    "en": r"entry|entries visits? tickets? households? loans? dollars? seats? performances?"
    r" partners? disciplines? regions? languages? channels? sizes? years? seasons? quarters?"
    r" months? goes|go is|are comes|come",
}
PLURAL_FORMS = re.compile(r"(?:[^s]|vi)s|canaux|vont|sont|viennent|entries|go|are|come")
SINGULAR_FORMS = re.compile(r"va|est|vient|goes|is|comes|canal")
ELISIONS = re.compile(r"\b(?:de|le|la|que|ne|se|je|du|au) [aeiouyàâæéèêëîïôœùûh]", re.IGNORECASE)
CONTRACTIONS = re.compile(r"\b(?:à le|à les|de le|de les|en le|en la|en les)\b", re.IGNORECASE)
PERSONS = re.compile(r"\b(?:personnes?|gens|persons?|people)\b", re.IGNORECASE)
PROTECTED = ("pour protéger les personnes et les organismes", "to protect people and organisations")


def check_sentence(
    sentence: Sentence, figures: Sequence[CubeFigure], derived: Iterable[float] = ()
) -> None:
    """Check a sentence in both languages; `figures` are all that it may be about.

    `derived` are the numbers that are computed of figures with others, as those of inhabitants.
    """
    derived = [*derived]
    assert all(figure.value is not None for figure in sentence.figures), sentence
    for place, lang in enumerate(("fr", "en")):
        text = sentence.text[lang]
        check_form(lang, text)
        bare = remove_labels(lang, text, figures)
        check_plurals(lang, bare)
        unit = UNITS[last_segment(sentence.measure)][place]
        assert re.search(rf"\b(?:{unit})", text), (unit, text)
        period = scheme("period").label(sentence.period)[lang]
        assert period in text, (period, text)
        unprotected = text.replace(PROTECTED[place], "")
        assert not PERSONS.search(unprotected), text
        assert names_place(lang, text, figures), text
        check_numbers(sentence, bare, lang, figures, derived)
    check_base(sentence)


def check_form(lang: str, text: str) -> None:
    assert re.search(r"[^.]\.$", text), text
    assert not re.search(r"\s\s|\s[,.)]|\(\s|[{}]|None", text), text
    assert text.count("(") == text.count(")"), text
    assert text[0].isupper(), text
    if lang == "fr":
        assert not ELISIONS.search(text), text
        assert not CONTRACTIONS.search(text), text
        assert not re.search(r"[^\u00a0][;:?!»]|«[^\u00a0]|'", text), text
    else:
        assert not re.search(r"\ba [aeiou]|\ban [^aeiouAEIOU]|[«»']|\u00a0", text), text


def check_plurals(lang: str, text: str) -> None:
    """Check that nouns and verbs after numbers agree with them."""
    for digits, word in re.findall(rf"({NUMBER}) ({'|'.join(PLURALS[lang].split())})\b", text):
        number = float(
            re.sub(r"[\u00a0\u202f]", "", digits).replace(",", "." if lang == "fr" else "")
        )
        several = number >= 2 if lang == "fr" else number != 1
        is_plural = bool(PLURAL_FORMS.fullmatch(word) or word.endswith("s"))
        assert (is_plural and not SINGULAR_FORMS.fullmatch(word)) == several, (digits, word, text)


def parse(lang: str, digits: str) -> float:
    """Parse a number as a language writes it."""
    return float(re.sub(r"[\u00a0\u202f]", "", digits).replace(",", "." if lang == "fr" else ""))


def names_place(lang: str, text: str, figures: Iterable[CubeFigure]) -> bool:
    """Return whether a text names a region of the figures, or says that all are counted."""
    everywhere = ("toutes régions", "lieu de") if lang == "fr" else ("all regions", "area of")
    regions = {area for figure in figures for area in (figure.area, figure.event)}
    labels = {scheme("area").label(region)[lang].partition(" (")[0] for region in regions}
    special = ("Québec", "région inconnue", "unknown region")
    return any(name in text for name in (*everywhere, *labels, *special))


def remove_labels(lang: str, text: str, figures: Iterable[CubeFigure]) -> str:
    """Remove the names of periods, ages and other concepts, which have numbers of their own."""
    labels = {
        scheme(LISTS.get(name, name)).label(concept)[lang].removesuffix(" years")
        for figure in figures
        for name in ("period", *LAYERS)
        for concept in (getattr(figure, name),)
    }
    # “2025” is a part of “saison 2024-2025”.
    for label in sorted(labels, key=len, reverse=True):
        text = text.replace(label, " ")
    return text


def check_numbers(
    sentence: Sentence,
    text: str,
    lang: str,
    figures: Sequence[CubeFigure],
    derived: Sequence[float] = (),
) -> None:
    """Check that each number is a published value, of a label, or derived from published values."""
    allowed: set[float] = {100, 99, 1, sentence.suppressed, *derived}
    allowed |= {float(figure.value or 0) for figure in figures if figure.value is not None}
    published = [figure.value for figure in figures if figure.value is not None]
    for low in published:
        for high in published:
            if high:
                allowed |= {round(100 * low / high), round(1000 * low / high) / 10}
                allowed.add(abs(round(100 * (low / high - 1))))
    allowed |= {float(figure.coverage or 0) * 100 for figure in figures}
    allowed |= {float(re.sub(r"\D", "", figure.contributors or "") or 0) for figure in figures}
    allowed |= {float(count) for count in range(len(figures) + 1)}
    if sentence.kind == SHARE:
        base = sentence.figures[-1].value or 1
        parts = sum(f.value or 0 for f in figures) - base
        # The rest, and the part that is published.
        allowed |= {round(100 * (1 - parts / base)), round(100 * parts / base)}
    if sentence.kind == COMPARISON:
        one, two = (sentence.figures[i].value or 0 for i in (0, 1))
        three, four = (sentence.figures[i].value or 0 for i in (2, 3))
        allowed.add(round(100 * (one / two) / (three / four)))
    for digits in re.findall(NUMBER, text):
        assert any(abs(parse(lang, digits) - value) < 0.51 for value in allowed), (digits, text)


def check_base(sentence: Sentence) -> None:
    """Check that no share is stated of a total that is unknown, small or does not add up."""
    shared = any(f"{word} 100 " in sentence.text["fr"] for word in ("Sur", "sur"))
    if sentence.kind not in (SHARE, COMPARISON):
        assert not re.search(r"Sur 100 ", sentence.text["fr"]), sentence.text
        return
    assert shared, sentence.text
    assert last_segment(sentence.measure) not in NOT_ADDITIVE
    bases = sentence.figures[-1:] if sentence.kind == SHARE else sentence.figures[1::2]
    assert all((base.value or 0) >= 10 for base in bases), sentence
    if sentence.kind == SHARE:
        shares = [
            round(100 * (f.value or 0) / (bases[0].value or 1)) for f in sentence.figures[:-1]
        ]
        assert len(shares) == 1 or sum(shares) <= 100, sentence.text
    assert sentence.kind != SUPPRESSED
