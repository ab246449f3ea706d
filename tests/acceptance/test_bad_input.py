"""What a person can get wrong: one clear message, exit status 2, nothing sent and no traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.desk import KEYS, number

if TYPE_CHECKING:
    from tests.support.desk import Desk, Done


def assert_refused(done: Done, *words: str) -> None:
    assert done.status == 2
    assert done.out == ""
    assert "Traceback" not in done.err
    for word in words:
        assert word in done.err


def test_no_such_campaign_file(desk: Desk) -> None:
    assert_refused(desk.run("send", "none.toml", "--yes"), "none.toml: no such campaign file")


def test_no_such_spreadsheet(desk: Desk) -> None:
    desk.campaign()
    assert_refused(desk.run("send", "c.toml", "--yes"), "r.xlsx")


def test_no_phone_column_names_the_columns_there_are(desk: Desk) -> None:
    desk.sheet([["김", "A"]], headings=("이름", "등급"))
    desk.campaign()
    assert_refused(desk.run("send", "c.toml", "--yes"), "r.xlsx", "이름", "등급")


def test_a_phone_column_that_does_not_exist_names_the_nearest(desk: Desk) -> None:
    desk.people(1)
    desk.campaign(recipients='files = ["r.xlsx"]\nphone = "휴대폰번호"')
    assert_refused(desk.run("send", "c.toml", "--yes"), "휴대폰번호", "휴대폰")


def test_a_sheet_that_does_not_exist_names_those_there_are(desk: Desk) -> None:
    desk.people(1)
    desk.campaign(recipients='files = ["r.xlsx"]\nsheet = "수신자"')
    assert_refused(desk.run("send", "c.toml", "--yes"), "수신자", "Sheet")


def test_a_template_naming_an_unknown_column_gets_the_nearest_name(desk: Desk) -> None:
    desk.people(1)
    desk.campaign("{{ 이르 }}님")
    assert_refused(desk.run("send", "c.toml", "--yes"), "there is no column '이르'", "Did you mean 이름?")


def test_no_such_template(desk: Desk) -> None:
    desk.people(1)
    desk.campaign("", message='template = "t.j2"')
    assert_refused(desk.run("send", "c.toml", "--yes"), "t.j2: no such template file")


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"top": "nmae = 1"}, ["c.toml: nmae: unknown key", "did you mean `name`"]),
        (
            {"recipients": 'files = ["r.xlsx"]\nhiden_rows = "send"'},
            ["recipients.hiden_rows", "did you mean `hidden_rows`"],
        ),
        ({"gateway": "in_flight = 0"}, ["gateway.in_flight = 0: expected a whole number from 1 to 256"]),
        ({"gateway": 'in_flight = "8"'}, ["gateway.in_flight = '8'", "whole number", "without quotes"]),
        ({"gateway": "rate = -1"}, ["gateway.rate = -1: expected requests a second, from 0.01 to 10,000"]),
        ({"gateway": 'rate = "fast"'}, ["gateway.rate = 'fast'", "expected requests a second"]),
        ({"gateway": 'api = "v3"'}, ["gateway.api = 'v3'", '"v2" or "v1"']),
        ({"gateway": 'url = "http://10.0.0.1"'}, ["gateway.url", "plain http", "this machine"]),
        ({"gateway": 'url = "https://example.com/api/v2/send/"'}, ["gateway.url", "scheme, host and port only"]),
        ({"message": 'type = "KAKAO"'}, ["message.type = 'KAKAO'", '"SMS"']),
        ({"message": 'template = "t.j2"'}, ["message", "not both"]),
        ({"recipients": "files = []"}, ["recipients.files: is empty: expected a list of files"]),
        ({"recipients": 'files = "r.xlsx"'}, ["recipients.files = 'r.xlsx': expected a list of files"]),
        ({"prices": "KAKAO = 8"}, ["prices", "'KAKAO' is not a message type"]),
        ({"prices": "SMS = -1"}, ["prices.SMS = -1: expected won per message, from 0 to 1,000,000"]),
        ({"top": "sender = 0212345678"}, ["c.toml: line 3: the key occurs twice"]),
    ],
)
def test_a_wrong_key_or_value_is_named_with_its_place_and_what_was_expected(
    desk: Desk, sections: dict[str, str], words: list[str]
) -> None:
    desk.people(1)
    desk.campaign(**sections)
    assert_refused(desk.run("send", "c.toml", "--yes"), *words)


def test_all_wrong_places_are_named_at_once(desk: Desk) -> None:
    desk.campaign(gateway='api = "v3"\nin_flight = 0', top="x = 1")
    assert_refused(desk.run("check", "c.toml"), "gateway.api", "gateway.in_flight", "x: unknown key")


def test_sending_for_real_wants_keys(desk: Desk) -> None:
    desk.people(1)
    desk.campaign()
    assert_refused(desk.run("send", "c.toml", "--yes", keys=False), "IWINV_API_KEY and IWINV_AUTH_KEY")
    one = {"IWINV_API_KEY": KEYS["IWINV_API_KEY"]}
    done = desk.run("send", "c.toml", "--yes", keys=False, env=one)
    assert_refused(done, "IWINV_AUTH_KEY not set")
    assert desk.ask("/sandbox/stats")["requests"] == 0


def test_plain_http_to_another_machine_is_refused_wherever_it_is_named(desk: Desk) -> None:
    desk.people(1)
    desk.campaign()
    assert_refused(
        desk.run("send", "c.toml", "--yes", "--gateway-url", "http://192.0.2.1"), "--gateway-url", "plain http"
    )
    env = {"CAMPAIGN_GATEWAY_URL": "http://192.0.2.1"}
    assert_refused(desk.run("send", "c.toml", "--yes", env=env), "CAMPAIGN_GATEWAY_URL", "plain http")


def test_without_a_terminal_yes_has_to_be_said(desk: Desk) -> None:
    desk.people(1)
    desk.campaign()
    process = desk.start("send", "c.toml")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert "--yes" in err
    assert desk.ask("/sandbox/stats")["requests"] == 0


@pytest.mark.parametrize(
    ("text", "message", "words"),
    [
        ("짧은 글", 'type = "LMS"', "message.title"),
        ("글", 'type = "MMS"', "needs `image`"),
        ("글", 'image = "a.jpg"', "message.title"),
        ("글", 'image = "a.jpg"\ntype = "SMS"', "cannot carry an image"),
    ],
)
def test_a_message_that_cannot_be_is_refused(desk: Desk, text: str, message: str, words: str) -> None:
    desk.people(1)
    desk.campaign(text, message=message)
    assert_refused(desk.run("send", "c.toml", "--yes"), words)


def test_international_messages_are_not_in_v1(desk: Desk) -> None:
    desk.people(1)
    desk.campaign(message='type = "GSMS"', gateway='api = "v1"')
    assert_refused(desk.run("send", "c.toml", "--yes"), "v1", "GSMS")


def test_a_sender_that_is_no_number_is_refused(desk: Desk) -> None:
    desk.people(1)
    desk.campaign(top="").write_text(
        (desk.folder / "c.toml").read_text(encoding="utf-8").replace("02-1234-5678", "우리 가게"), encoding="utf-8"
    )
    assert_refused(desk.run("send", "c.toml", "--yes"), "우리 가게")


def test_an_empty_list_is_refused(desk: Desk) -> None:
    desk.people(0)
    desk.campaign()
    assert_refused(desk.run("send", "c.toml", "--yes"), "no row below the headings")


def test_unknown_runs_rows_and_requests_are_named(desk: Desk) -> None:
    assert_refused(desk.run("status"), "no run was made")
    desk.people(2)
    desk.campaign()
    desk.run("send", "c.toml", "--yes")
    assert_refused(desk.run("status", "nothing-1"), "nothing-1: no such run")
    assert_refused(desk.run("status", "last", "--request", "9"), "no request 9", "numbered 1 to 1")
    assert_refused(desk.run("preview", "c.toml", "--row", "99"), "row 99", "2 to 3")


def test_a_file_and_options_do_not_go_together(desk: Desk) -> None:
    desk.campaign()
    assert_refused(desk.run("check", "c.toml", "--sender", "021234567"), "--sender", "c.toml")
    assert_refused(desk.run("check"), "--recipients")


def test_rows_problems_never_stop_the_others(desk: Desk) -> None:
    rows = [["가", number(1)], ["😀", number(2)], ["나" * 1001, number(3)], [" ", number(4)], ["다", "4.41E+11"]]
    desk.sheet(rows, headings=("글", "휴대폰"))
    desk.campaign("{{ 글 }}")
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert done.status == 1
    results = desk.results(done.json["report"])
    assert [row["status"] for row in results] == ["accepted", *["invalid"] * 4]
    reasons = [row["reason"] for row in results[1:]]
    for reason, words in zip(reasons, ["U+1F600", "2,002 bytes", "'글' is empty", "4.41E+11"], strict=True):
        assert words in reason
