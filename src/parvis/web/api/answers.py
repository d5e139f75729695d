"""The sentences of an answer: those of a question, filled with the cells of its result."""

import re
from collections.abc import Iterable
from datetime import timedelta

from parvis import i18n
from parvis.catalog.ontology import load_words
from parvis.catalog.queries import FIELD, NO, ROWS, YES
from parvis.i18n import N_
from parvis.web.api.parameters import CodeListParameter
from parvis.web.api.results import Preview, ResultTerm
from parvis.web.http.language import to_local_time

SENTENCES = 2
"""How many sentences an answer has at most."""
AT_LEAST, MONEY = N_("at least {count}"), N_("${amount}")
MOMENT = N_("{day} at {hour}")
LEAST = re.compile(r"(\d+)\+")
"""A number of contributors as releases publish it: so many or more."""
MONTH_OR_DAY = re.compile(r"\d{4}-\d{2}(-\d{2})?")
LIMIT = re.compile(r"\bLIMIT\s+(\d+)\s*\Z", re.IGNORECASE)
SEPARATOR = " | "
"""Between the texts that a query joins."""
VOWELS = "aeiouyhàâéèêëîïôùûœ"
FOR, SINCE, UNTIL = N_("for “{names}”"), N_("from {day} on"), N_("until {day}")
WITHIN = N_("{scope}: {answer}")


def say_answer(
    result: Preview,
    sentences: Iterable[str],
    lang: str,
    *,
    query: str = "",
    parameters: Iterable[CodeListParameter] = (),
) -> str:
    """Return the first sentences that a result can fill, after what was chosen in its form.

    A sentence is not said where a cell that it names is missing; where it compares rows, of a
    single one, or of several that are equal. A result that is cut, also by the LIMIT of its query,
    has sentences of its first rows only: what would count or compare all of them is not said.
    """
    limit = LIMIT.search(query)
    cut = result.cut or (limit is not None and len(result.rows) >= int(limit[1]))
    if not (result.rows or result.turtle or result.kind == "boolean"):
        return ""
    filled = ((text, _fill_sentence(result, text, lang, cut=cut)) for text in sentences)
    said = [(template, text) for template, text in filled if text][:SENTENCES]
    answer = " ".join(text for _, text in said)
    if not said:
        return ""
    # The sentence of a single row may name the choice itself; of several, it would be taken for one
    # of all data.
    named = answer if ".only" in said[0][0] else ""
    scope = say_scope(parameters, lang, named)
    if not scope:
        return answer
    if said[0][0][:1].isalpha():  # a word of the sentence, and no name of the result
        answer = answer[:1].lower() + answer[1:]
    return i18n.say(lang, WITHIN, scope=scope, answer=answer)


def say_scope(parameters: Iterable[CodeListParameter], lang: str, named: str = "") -> str:
    """Return what was chosen and is not named in a text, as a sentence begins with it."""
    names: list[str] = []
    days: list[str] = []
    for parameter in parameters:
        if not parameter.chosen:
            continue
        if parameter.is_day:
            template = SINCE if parameter.name == "from" else UNTIL
            day = i18n.date_in_words(lang, parameter.chosen)
            days.append(i18n.say(lang, template, day=day))
        else:
            label = dict(parameter.options).get(parameter.chosen, {})
            name = i18n.choose_text(lang, label) or parameter.chosen
            names += [] if name.casefold() in named.casefold() else [name]
    quoted = i18n.within_quotes(names)[lang]
    scope = ", ".join([*([i18n.say(lang, FOR, names=quoted)] if names else []), *days])
    return scope[:1].upper() + scope[1:]


def _fill_sentence(result: Preview, template: str, lang: str, *, cut: bool) -> str:
    parts: list[str] = []
    end = 0
    for match in FIELD.finditer(template):
        text = _fill(result, match, lang, cut=cut)
        if not text:
            return ""
        parts += [template[end : match.start()], text]
        end = match.end()
    text = "".join([*parts, template[end:]])
    # A cell may bring the full stop of the sentence.
    return text[:-1] if text.endswith("..") else text


def _fill(result: Preview, match: re.Match[str], lang: str, *, cut: bool) -> str:
    column, over = match["column"], match["over"]
    if column in {YES, NO} and result.kind == "boolean":
        word = {YES: N_("Yes"), NO: N_("No")}[column]
        return i18n.say(lang, word) if result.truth is (column == YES) else ""
    is_of_all = over or match["by"] or match["row"] == "only"
    if cut and (is_of_all or column == ROWS):
        return ""
    if column == ROWS and not over:
        return _with_noun(len(result.rows), match, lang)
    if column not in result.columns:
        return ""
    if over:
        return _say_column(result, match, lang)
    cell = _find_cell(result, match)
    return _say_cell(cell, match, lang) if cell and cell.text else ""


def _say_column(result: Preview, match: re.Match[str], lang: str) -> str:
    """Return the sum of a column, or how many different cells it has."""
    at = result.columns.index(match["column"])
    cells = [row[at] for row in result.rows]
    if match["over"] == "#":
        return _with_noun(len({cell.text for cell in cells} - {""}), match, lang)
    if not all(cell.is_number for cell in cells):
        return ""
    return _with_noun(sum(float(cell.text) for cell in cells), match, lang)


def _find_cell(result: Preview, match: re.Match[str]) -> ResultTerm | None:
    at = result.columns.index(match["column"])
    rows = result.rows
    if match["by"]:
        return _find_extreme(result, at, match)
    if match["row"] == "only":
        return rows[0][at] if len(rows) == 1 else None
    place = len(rows) if match["row"] == "last" else int(match["row"] or 1)
    return rows[place - 1][at] if 1 <= place <= len(rows) else None


def _find_extreme(result: Preview, at: int, match: re.Match[str]) -> ResultTerm | None:
    """Return the cell of the row with the greatest figure, or the least, if it is one row."""
    if match["by"] not in result.columns:
        return None
    by = result.columns.index(match["by"])
    values = {
        number: float(row[by].text) for number, row in enumerate(result.rows) if row[by].is_number
    }
    if len(values) < 2:  # noqa: PLR2004 - nothing to compare it with
        return None
    extreme = (min if match["least"] else max)(values.values())
    rows = [number for number, value in values.items() if value == extreme]
    return result.rows[rows[0]][at] if len(rows) == 1 else None


def _say_cell(cell: ResultTerm, match: re.Match[str], lang: str) -> str:
    if cell.is_number and match["style"] == "$":
        amount = i18n.localize_decimal(lang, f"{float(cell.text):.2f}")
        return i18n.say(lang, MONEY, amount=amount)
    if cell.is_number:
        return _with_noun(float(cell.text), match, lang)
    if least := LEAST.fullmatch(cell.text):
        count = i18n.say(lang, AT_LEAST, count=least[1])
        return f"{count}\u00a0{match['many']}" if match["many"] else count
    if cell.iri and not cell.is_label:  # a term of a vocabulary: by its name, and no IRI
        return i18n.choose_text(lang, load_words().of_term(cell.iri))
    return _write_name(_say_day(cell, lang, hour=match["style"] != ":day"), match["form"], lang)


def _write_name(text: str, form: str | None, lang: str) -> str:
    if form == "~":
        return text[:1].lower() + text[1:]
    if form == "de " and lang == "fr":
        return f"d’{text}" if text[:1].casefold() in VOWELS else f"de {text}"
    return text


def _say_day(cell: ResultTerm, lang: str, *, hour: bool) -> str:
    """Return a month, a day or an instant in words, any other text as it is."""
    if MONTH_OR_DAY.fullmatch(cell.text):
        return i18n.date_in_words(lang, cell.text)
    if (moment := cell.instant) is None:
        return cell.text.replace(SEPARATOR, ", ")
    if moment.utcoffset() == timedelta():  # of the pool, and not of a place
        moment = to_local_time(moment)
    day = i18n.day(lang, moment)
    if not hour:
        return day
    time = i18n.date_in_words(lang, moment.isoformat("T", "minutes")).removeprefix(f"{day}, ")
    return i18n.say(lang, MOMENT, day=day, hour=time)


def _with_noun(value: float, match: re.Match[str], lang: str) -> str:
    text = i18n.number(lang, value)
    if not match["many"]:
        return text
    # French counts from 2 on in the plural, English all but 1 (CLDR).
    plural = abs(value) >= 2 if lang == "fr" else value != 1  # noqa: PLR2004 - see above
    noun = match["many"] if plural else match["one"]
    return noun if match["bare"] else f"{text}\u00a0{noun}"
