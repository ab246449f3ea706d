"""History and balance of the sandbox, as public clients of the gateway show them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import requests

from campaign.sandbox import start
from tests.integration.test_sandbox.caller import SECRET, Caller

if TYPE_CHECKING:
    from collections.abc import Iterator

TODAY = datetime.now(timezone(timedelta(hours=9))).date()
DAYS = {"startDate": str(TODAY - timedelta(days=1)), "endDate": str(TODAY + timedelta(days=1))}
NUMBERS = [f"0100{2_000_000 + place:07d}" for place in range(40)]


@pytest.fixture(scope="module")
def running_with_history() -> Iterator[Caller]:
    with start(seed=1, history="my-org") as sandbox:
        yield Caller(sandbox.url)


@pytest.fixture
def historian(running_with_history: Caller) -> Caller:
    running_with_history.empty()
    return running_with_history


def ask(caller: Caller, path: str = "history", **more: object) -> dict[str, Any]:
    body = {"version": "1.0", "companyid": "my-org", **DAYS} | more
    answer = requests.post(f"{caller.url}/api/{path}/", json=body, headers={"Secret": SECRET}, timeout=10)
    assert answer.status_code == 200
    given: dict[str, Any] = answer.json()
    return given


def test_each_recipient_of_an_accepted_request_has_a_row(historian: Caller) -> None:
    sent = historian.send(to=["01023456789", "010-0000-2007"])
    historian.send(to=["01000001013"])  # refused with code 13

    answer = ask(historian)

    assert (answer["resultCode"], answer["totalCount"]) == (0, 2)
    [row, failed] = answer["list"]
    when = row.pop("sendDate")
    assert datetime.strptime(when, "%Y-%m-%d %H:%M:%S").date() == TODAY  # noqa: DTZ007
    assert row == {
        "requestNo": sent["requestNo"],
        "companyid": "my-org",
        "msgType": "SMS",
        "phone": "01023456789",
        "callback": "0212345678",
        "sendStatusCode": "06",
        "sendStatusMsg": "성공",
    }
    assert (failed["phone"], failed["sendStatusCode"]) == ("01000002007", "07")


def test_pages_have_every_row_once(historian: Caller) -> None:
    for first in (0, 7, 8, 30):
        historian.send(to=NUMBERS[first:][: {0: 7, 7: 1, 8: 22, 30: 10}[first]])

    pages = [ask(historian, pageNum=page)["list"] for page in (1, 2, 3, 4)]

    assert [len(page) for page in pages] == [15, 15, 10, 0]
    assert [row["phone"] for page in pages for row in page] == NUMBERS
    assert [row["phone"] for row in ask(historian, pageSize=1_000)["list"]] == NUMBERS
    assert [row["phone"] for row in ask(historian, phone=NUMBERS[33])["list"]] == [NUMBERS[33]]


@pytest.mark.parametrize(
    ("wrong", "refused"),
    [
        ({"companyid": "other"}, "아이디"),
        ({"startDate": str(TODAY - timedelta(days=91)), "endDate": str(TODAY)}, "90일"),
        ({"startDate": "2026.01.01"}, "yyyy-MM-dd"),
    ],
)
def test_what_public_clients_refuse_is_refused(historian: Caller, wrong: dict[str, Any], refused: str) -> None:
    answer = ask(historian, **wrong)

    assert answer["resultCode"] != 0
    assert refused in answer["message"]


def test_the_faults_of_the_history(historian: Caller) -> None:
    historian.send(to=NUMBERS[:20])

    def under(*faults: object, **more: Any) -> dict[str, Any]:
        requests.delete(f"{historian.url}/sandbox/faults", timeout=10)
        assert historian.set_faults(*faults).status_code == 200
        return ask(historian, **({"pageSize": 1000} | more))

    assert under({"fault": "history_lag", "seconds": 60})["totalCount"] == 0
    assert [row["sendStatusCode"] for row in under("history_double_rows")["list"][:4]] == ["WAIT", "06"] * 2
    assert len(under("history_page_size_ignored")["list"]) == 15
    assert under("history_page_size_refused")["resultCode"] != 0
    assert isinstance(under("history_numbers")["list"][0]["requestNo"], int)
    assert under("history_code_key")["code"] == 0
    assert "phone" not in under("history_no_phone")["list"][0]
    assert under("history_total_wrong")["totalCount"] == 21
    strangers = under({"fault": "history_strangers", "rows": 3})
    assert (strangers["totalCount"], len(strangers["list"])) == (23, 23)
    assert [row["callback"] for row in strangers["list"][:4]] == ["0212345678"] * 4
    dropped = under({"fault": "history_drop", "rows": 3})
    assert [row["phone"] for row in dropped["list"]] == NUMBERS[3:20]
    assert dropped["totalCount"] == 17
    historian.set_faults("history_html_502")
    assert requests.post(f"{historian.url}/api/history/", json={}, timeout=10).status_code == 502
    assert historian.set_faults({"fault": "history_lag"}).status_code == 400
    assert historian.set_faults("history_nonsense").status_code == 400


def test_the_balance_falls_with_what_was_sent(historian: Caller) -> None:
    historian.send(to=NUMBERS)

    assert ask(historian, "charge") == {"resultCode": 0, "message": "", "charge": 999_200}
    assert historian.get("history") == {"history": 0, "charge": 1}


def test_the_page_says_that_it_is_not_the_vendors_word(historian: Caller, sandbox: Caller) -> None:
    words = "The vendor's document does not describe them."
    assert words in requests.get(historian.url, timeout=10).text
    assert words not in requests.get(sandbox.url, timeout=10).text
    assert requests.post(f"{sandbox.url}/api/history/", json={}, timeout=10).status_code == 404
