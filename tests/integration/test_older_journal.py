"""A journal whose rows hold sentences, as earlier versions wrote them, is read and reported with its sentences."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.desk import Desk

DUMP = Path(__file__).parent / "journals" / "sentences.sql"
"""The dump of a journal: one run of twelve rows through the sandbox, paused by the code 13."""

REASONS = [
    ("accepted", None),
    ("accepted", "was 1023456702"),
    (
        "invalid",
        "'4.41E+11' has lost its digits in the spreadsheet; format the column as text and enter the number again",
    ),
    ("invalid", "'쿠폰' is empty, and the template needs it"),
    ("invalid", "text: phones cannot show '😀' (U+1F600, GRINNING FACE) at character 13: take it out"),
    ("duplicate", "the same number and message as row 2"),
    ("invalid", "'02-345-6789' is a landline, which receives no texts"),
    ("invalid", "the phone cell is empty"),
    (
        "accepted",
        (
            "a 2G number: that service has ended; '동의' says '2020-01-01', over 2 years ago: such a consent is to be"
            " confirmed; some phones may not show '뷁': not in KS X 1001"
        ),
    ),
    ("opted_out", "'동의' says '거부': no consent"),
    ("opted_out", "the number stands on a suppression list"),
    ("pending", "sender number not registered"),
]

PEOPLE = """이름,휴대폰,쿠폰,동의
김민서,010-2345-6701,SPRING,Y
이지훈,1023456702,SPRING,Y
박서연,4.41E+11,SPRING,Y
최도윤,010-2345-6704,,Y
강시우😀,010-2345-6705,SPRING,Y
김민서,010-2345-6701,SPRING,Y
윤지아,02-345-6789,SPRING,Y
임주원,,SPRING,Y
한뷁,011-234-5678,SPRING,2020-01-01
오거부,010-2345-6710,SPRING,거부
차단,010-2345-6711,SPRING,Y
거절,010-0000-1013,SPRING,Y
"""

CAMPAIGN = """name = "spring"
sender = "02-1234-5678"
[recipients]
files = ["people.csv"]
suppress = ["optout.csv"]
consent = "동의"
[message]
text = "(광고) 봄상회 {{ 이름 }}님 {{ 쿠폰 }} 무료거부 080-123-4567"
advertisement = true
advertiser = "봄상회"
"""


def test_its_report_has_the_sentences_that_it_holds(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.folder / "old.sqlite3")) as connection:
        connection.executescript(DUMP.read_text(encoding="utf-8"))
    done = desk.run("report", "last", "--json", "--journal", f"sqlite:///{desk.folder}/old.sqlite3")
    assert done.status == 0, done.err
    assert [(row["status"], row["reason"]) for row in desk.results(done.json["report"])] == REASONS
    assert len(desk.results(done.json["report"], "problems")) == 6


def test_a_run_of_today_reports_the_same_rows_from_the_codes_it_holds(desk: Desk) -> None:
    (desk.folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (desk.folder / "optout.csv").write_text("수신거부번호\n010-2345-6711\n", encoding="utf-8")
    (desk.folder / "c.toml").write_text(CAMPAIGN, encoding="utf-8")
    journal = desk.folder / "new.sqlite3"
    place = ("--journal", f"sqlite:///{journal}")
    desk.run("send", "c.toml", "--sandbox", "--yes", "--override-advertising", *place)
    done = desk.run("report", "last", "--json", *place)
    rows = [(row["status"], row["reason"]) for row in desk.results(done.json["report"])]
    reworded = {
        "the number stands on a suppression list": "the number is on a suppression list",
        "such a consent is to be confirmed": "the consent must be confirmed",
    }
    expected = [(status, reworded_by(reworded, reason)) for status, reason in REASONS]
    assert rows == expected
    assert reasons_of(journal)[1:6] == [
        None,
        '["phone_exponent",{"value":"4.41E+11"}]',
        '["empty_cell",{"heading":"쿠폰"}]',
        (
            '["unencodable_character",{"field":"text","character":"😀","codepoint":"U+1F600","name":"GRINNING FACE",'
            '"place":13}]'
        ),
        '["duplicate_of_row",{"row":2}]',
    ]


def reworded_by(changes: dict[str, str], reason: str | None) -> str | None:
    for before, now in changes.items():
        reason = reason and reason.replace(before, now)
    return reason


def reasons_of(journal: Path) -> list[str | None]:
    """The column `reason` of the run's rows, as the journal holds it."""
    from campaign.journal import open_for_reading

    with open_for_reading(f"sqlite:///{journal}") as opened:
        [run] = opened.runs.all()
        reasons = opened.runs.recipients(run.id).table["reason"]
    return reasons.astype(object).where(reasons.notna(), None).to_list()
