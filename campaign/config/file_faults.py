"""Error messages for a wrong campaign file: the place, the value and what was expected."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from campaign.model.i18n import N_, _
from campaign.model.text import nearest

if TYPE_CHECKING:
    import tomllib
    from collections.abc import Mapping

SHOWN: Final = 80
"""Characters of a wrong line or value that a message shows, at most."""

_FILE: Final = N_('a file\'s name in quotes, such as "customers.xlsx"')
_FILES: Final = N_('a list of files, such as ["customers.xlsx"]')
_SWITCH: Final = N_("true or false, without quotes")
_TEXT: Final = N_("text in quotes")
_HEADING: Final = N_("a column's heading in quotes")
_PRICE: Final = N_("won per message, from 0 to 1,000,000, without quotes")
_SECTION: Final = N_("a line of its own with the section's name in [ ], and its keys below it")

EXPECTED: Final[Mapping[str, str]] = {
    "name": N_('a name of up to 80 letters, digits, spaces and . _ - ( ), such as "spring-sale"'),
    "sender": N_('your registered number in quotes, such as "02-1234-5678"'),
    "recipients": _SECTION,
    "recipients.files": _FILES,
    "recipients.files[]": _FILE,
    "recipients.sheet": N_("a sheet's name in quotes"),
    "recipients.phone": N_('a column\'s heading in quotes, such as "휴대폰", or a list of such headings'),
    "recipients.phone[]": _HEADING,
    "recipients.where": N_("a condition in quotes, such as \"등급 == 'VIP'\""),
    "recipients.duplicates": N_('"skip", "keep" or "invalid"'),
    "recipients.suppress": N_('a list of files, such as ["opted_out.csv"]'),
    "recipients.suppress[]": _FILE,
    "recipients.hidden_rows": N_('"skip" or "send"'),
    "recipients.except_run": N_("a run's id in quotes, as `campaign runs` shows it"),
    "recipients.consent": _HEADING,
    "recipients.night_consent": _HEADING,
    "message": _SECTION,
    "message.template": N_('a template file\'s name in quotes, such as "spring_sale.j2"'),
    "message.text": _TEXT,
    "message.title": _TEXT,
    "message.image": N_('an image\'s name in quotes, such as "poster.jpg"'),
    "message.type": N_('"auto", "SMS", "LMS", "MMS" or "GSMS"'),
    "message.reserve": N_('a time in quotes, such as "2026-12-01 10:00:00"'),
    "message.advertisement": _SWITCH,
    "message.advertiser": _TEXT,
    "message.substitute": _SWITCH,
    "schedule": _SECTION,
    "schedule.every": N_('a cron line in quotes, such as "0 10 * * MON"'),
    "schedule.once_per_recipient": _SWITCH,
    "schedule.max_invalid": N_('a share of the rows in quotes, such as "5%"'),
    "sending": _SECTION,
    "sending.window": N_('hours in quotes, such as "09:00-20:30"'),
    "sending.spread": N_('recipients and an interval in quotes, such as "1000 every 10 minutes"'),
    "sending.skip_holidays": _SWITCH,
    "sending.holidays": N_('a file of days in quotes, such as "holidays.csv"'),
    "sending.first": N_("a whole number of recipients from 1, without quotes"),
    "sending.stop_above": N_('a share of the recipients in quotes, such as "3%"'),
    "sending.max_recipients": N_("a whole number of recipients from 1, without quotes"),
    "sending.max_cost": N_("a whole number of won from 1, without quotes"),
    "sending.frequency": N_('advertisements and days in quotes, such as "2 every 7 days"'),
    "window": N_('hours in quotes, such as "09:00-20:30"'),
    "most_a_day": N_("a whole number of recipients from 1, without quotes"),
    "ask_reason": _SWITCH,
    "notify": _SECTION,
    "notify.command": N_('a list of words, such as ["notify.sh"]'),
    "notify.command[]": _TEXT,
    "notify.mail_to": N_('a list of addresses, such as ["me@example.kr"]'),
    "notify.mail_to[]": N_('an address in quotes, such as "me@example.kr"'),
    "notify.mail_from": N_('an address in quotes, such as "me@example.kr"'),
    "notify.smtp": N_('a mail server and its port in quotes, such as "smtp.example.kr:587"'),
    "notify.smtp_user": _TEXT,
    "delivery": _SECTION,
    "delivery.company": N_('the organisation\'s sending id in quotes, such as "my-org"'),
    "delivery.exclusive": _SWITCH,
    "delivery.rate": N_("history calls a second, from 0.01 to 100, without quotes"),
    "delivery.follow": N_('hours or days in quotes, such as "72h"'),
    "delivery.reconcile": N_('"ask" or "accept"'),
    "gateway": _SECTION,
    "gateway.api": N_('"v2" or "v1"'),
    "gateway.url": N_('an origin in quotes, such as "https://sms.bizservice.iwinv.kr"'),
    "gateway.in_flight": N_("a whole number from 1 to 256, without quotes"),
    "gateway.rate": N_("requests a second, from 0.01 to 10,000, without quotes"),
    "prices": N_("won per message by type, such as SMS = 20"),
    "prices.SMS": _PRICE,
    "prices.LMS": _PRICE,
    "prices.MMS": _PRICE,
    "prices.GSMS": _PRICE,
}
"""The value that a key takes; `[]` stands for the entries of a list."""


def expected(key: str) -> str:
    """What the value of a key has to be, as a sentence."""
    return _("expected {value}", value=_(EXPECTED[key]))


def value_message(error: Any, keys: Mapping[str, tuple[str, ...]]) -> str:  # noqa: ANN401 - pydantic's own dict of details
    """The message for one of pydantic's errors.

    Args:
        error: the details of the error.
        keys: the keys of each section, by the name of the section; the top level's is empty.
    """
    places = tuple(place for place in error["loc"] if place != "[key]")
    where = _key(places)
    key = re.sub(r"\[\d+\]", "[]", where)
    needed = _(EXPECTED.get(key, _TEXT))
    match error["type"]:
        case "extra_forbidden":
            return f"{where}: {_unknown_key(places, keys)}"
        case "missing":
            with_value = _("{key}: is missing: expected {value}", key=where, value=needed)
            return with_value if key in EXPECTED else _("{key}: is missing", key=where)
        case "value_error":
            words = str(error["ctx"]["error"])
            return f"{where}{_value(error['input'])}: {words[:1].lower()}{words[1:]}"
        case "string_too_short" | "too_short":
            return _("{key}: is empty: expected {value}", key=where, value=needed)
    place = where + _value(error["input"])
    if near := _nearest_choice(error):
        return _('{place}: expected {value}; did you mean "{near}"?', place=place, value=needed, near=near)
    return _("{place}: expected {value}", place=place, value=needed)


def _value(value: object) -> str:
    """` = ` and the wrong value as the file has it; empty for a whole section."""
    if isinstance(value, dict):
        return ""
    if isinstance(value, bool):
        return f" = {str(value).lower()}"
    return f" = {value.isoformat() if isinstance(value, date) else _cut(_written(value))}"


def _written(value: object) -> str:
    # Python does not convert whole numbers of more than 4,300 digits to text.
    return f"{value:g}" if isinstance(value, float) else _("a huge number") if _is_huge(value) else repr(value)


def _is_huge(value: object) -> bool:
    return isinstance(value, int) and abs(value) >= 10**SHOWN


def _cut(words: str) -> str:
    return words if len(words) <= SHOWN else f"{words[: SHOWN - 3]}..."


def _key(places: tuple[str | int, ...]) -> str:
    """`recipients.files[0]` of ("recipients", "files", 0)."""
    words = ""
    for place in places:
        words += f"[{place}]" if isinstance(place, int) else f".{_cut(str(place))}"
    return words.removeprefix(".") or _("the file")


def _unknown_key(places: tuple[str | int, ...], keys: Mapping[str, tuple[str, ...]]) -> str:
    """That the key is unknown, and where it belongs or which key was probably meant."""
    section, wrong = ".".join(map(str, places[:-1])), str(places[-1])
    known = keys.get(section, ())
    if near := nearest(wrong.lower(), known):
        return _("unknown key: did you mean `{near}`?", near=near)
    homes = [name for name, those in keys.items() if wrong.lower() in those and name != section]
    if not homes:
        return _("unknown key: expected one of {keys}", keys=", ".join(known))
    if homes[0]:
        return _("unknown key here: it belongs under [{section}]", section=homes[0])
    return _("unknown key here: it belongs above the first [section]")


def _nearest_choice(error: Any) -> str:  # noqa: ANN401 - as above
    """The choice that was probably meant, if only its case or a letter is wrong; else empty."""
    if error["type"] != "literal_error" or not isinstance(error["input"], str):
        return ""
    choices = re.findall(r"'([^']*)'", error["ctx"]["expected"])
    folded = {choice.lower(): choice for choice in choices}
    near = nearest(error["input"].strip().lower(), folded)
    return folded[near] if near else ""


_POSITION: Final = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_CURLY: Final = re.compile("[“”„‟＂‘’『』「」]")
_PAIR: Final = re.compile(r"\s*([\w.-]+)\s*=\s*(.*?)\s*(?:#.*)?$")
_COLON: Final = re.compile(r"\s*([A-Za-z_]+)\s*:\s*(.*)$")
_TIME: Final = re.compile(r"\d{4}[-./]")


def toml_message(problem: tomllib.TOMLDecodeError | ValueError, text: str) -> str:
    """The message for a file that is not TOML, with the wrong line below it."""
    words = str(problem)
    match = _POSITION.search(words)
    lines = text.replace("\r\n", "\n").split("\n")
    words = _POSITION.sub("", words)
    number = int(match[1]) if match and match[1] else _last(lines)
    if words.startswith(("Expected \"'", "Unterminated string")):
        number = _opening(lines) or number
    line = lines[number - 1] if number <= len(lines) else ""
    why = _why(words, line)
    shown = _cut("".join(character if character.isprintable() else " " for character in line.strip()))
    return _("line {number}: {fault}", number=number, fault=why) + (f"\n    {shown}" if shown else "")


def _opening(lines: list[str]) -> int | None:
    """The line, from 1, of an unclosed text: the last line with an odd number of its quotation marks."""
    marks = ('"""', "'''", "'")
    return next(
        (place for mark in marks for place in range(len(lines), 0, -1) if lines[place - 1].count(mark) % 2), None
    )


def _last(lines: list[str]) -> int:
    """The last line that is not empty, from 1."""
    return max((number for number, line in enumerate(lines, 1) if line.strip()), default=1)


def _why(words: str, line: str) -> str:
    found = _of_a_repetition(words) or _of_signs(words, line)
    if found is None and (pair := _PAIR.match(line)):
        found = _of_a_value(pair[1], pair[2])
    if found is None and words.startswith("Unterminated string"):
        found = _('text is not closed; a quotation mark (or """) is missing at its end')
    if found is None and (words.startswith(("Unclosed array", "Unclosed inline table")) or line.strip() in {"]", "}"}):
        found = _(_LIST)
    if found is None and line.lstrip().startswith("["):
        found = _("a section's name is alone on its line in [ ], such as [message]")
    return found or _('expected a key and its value, such as name = "spring-sale"')


_LIST: Final = N_(
    'a list is not closed, or a comma or a quotation mark is missing in it; write it as ["a.xlsx", "b.xlsx"]'
)


def _of_a_repetition(words: str) -> str | None:
    if found := re.search(r"Cannot declare \('(.+)',\) twice", words):
        return _("the section [{section}] occurs twice; put its keys under one", section=found[1])
    if words.startswith("Cannot overwrite a value"):
        return _("the key occurs twice in its section; keep one")
    return None


def _of_signs(words: str, line: str) -> str | None:
    """What is wrong with the characters around a value: quotation marks, backslashes, other characters than =."""
    if _CURLY.search(line) and not _is_quoted(line):
        return _('curly quotation marks are not allowed here; write straight ones: "..."')
    if "\\" in line and re.search(r"[Uu]nescaped|hex|escape", words):
        return _('a \\ in quotes starts an escape; write a path with /, such as "C:/lists/customers.xlsx"')
    if "＝" in line:
        return _("＝ is full-width; write =")
    if (colon := _COLON.match(line)) and "=" not in line:
        return _("a key and its value are joined by =, as in {key} = ...", key=colon[1])
    if words.startswith("Expected newline or end of document") and line.count('"') > len('""'):
        return _('there is text after the closing quotation mark; within text write \' or \\" instead of "')
    return None


def _is_quoted(line: str) -> bool:
    """Whether the value is in straight quotes, so that curly quotes are part of the text."""
    pair = _PAIR.match(line)
    return pair is not None and pair[2][:1] in {'"', "'"} and pair[2][-1:] == pair[2][:1] and len(pair[2]) > 1


def _of_a_value(key: str, value: str) -> str:
    """What is wrong with the value of a line `key = value`."""
    if not key.isascii():
        return _("{key} is not a key of a campaign file; keys are English words, such as name", key=key)
    if not value:
        return _("{key} has no value; write it after the =", key=key)
    if value[0] in {'"', "'"}:
        mark = value[:3] if value[:3] in {'"""', "'''"} else value[0]
        return _("a quotation mark is missing at the end: {key} = {mark}...{mark}", key=key, mark=mark)
    if value[0] == "[":
        return _(_LIST)
    return _of_a_bare_value(key, value)


def _of_a_bare_value(key: str, value: str) -> str:
    if value.lower() in {"true", "false", "yes", "no", "on", "off", "예", "아니오", "아니요"}:
        return _("{value} is written true or false, in lower case", value=value)
    if key in {"start_at", "start_by"} or _TIME.match(value):
        return _("a time is written without quotes as {key} = 2026-12-01T10:00:00+09:00", key=key)
    return _('text needs quotation marks: {key} = "{value}"', key=key, value=_cut(value.strip(_MARKS)))


_MARKS: Final = "“”„‟＂‘’『』「」\"'"
