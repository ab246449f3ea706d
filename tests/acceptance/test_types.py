"""Both editions of the API and all four message types, through the command line to the sandbox."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from tests.support.desk import Desk, number

if TYPE_CHECKING:
    from pathlib import Path

SEOUL = ZoneInfo("Asia/Seoul")


def picture(folder: Path, name: str = "poster.png", size: int = 600) -> None:
    Image.effect_noise((size, size), 80).convert("RGB").save(folder / name)


def sent(desk: Desk, **sections: str) -> list[dict[str, Any]]:
    """What the sandbox received of a campaign that goes well."""
    desk.campaign(**sections)
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert done.status == 0, done.err
    requests: list[dict[str, Any]] = desk.ask("/sandbox/requests")
    return requests


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_sms(desk: Desk, api: str) -> None:
    desk.people(3)
    [request] = sent(desk, text="짧은 글", gateway=f'api = "{api}"')
    assert (request["api"], request["msgType"], request["title"]) == (api, "SMS", None)
    assert (request["from"], request["text"], request["date"]) == ("0212345678", "짧은 글", None)
    assert request["to"] == [number(0), number(1), number(2)]


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_lms_with_a_title_and_without(desk: Desk, api: str) -> None:
    desk.people(2)
    [titled] = sent(desk, text="긴 글 " * 30, message='title = "[제목] {{ 이름[:2] }}"', gateway=f'api = "{api}"')
    assert (titled["api"], titled["msgType"], titled["title"]) == (api, "LMS", "[제목] 고객")
    [_, bare] = sent(desk, text="제목 없는 긴 글 " * 20, gateway=f'api = "{api}"')
    assert (bare["msgType"], bare["title"]) == ("LMS", None)


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_mms_with_its_picture_fitted(desk: Desk, api: str) -> None:
    desk.people(3)
    picture(desk.folder)
    [request] = sent(desk, text="사진", message='title = "제목"\nimage = "poster.png"', gateway=f'api = "{api}"')
    assert (request["api"], request["msgType"], request["title"]) == (api, "MMS", "제목")
    assert request["image"]["name"].endswith(".jpg")
    assert request["to"] == [number(0), number(1), number(2)]
    assert [one["msgType"] for one in desk.ask("/sandbox/deliveries")] == ["MMS"] * 3


def test_a_picture_of_its_own_for_every_row(desk: Desk) -> None:
    desk.sheet([[number(1), "a.png"], [number(2), "b.png"], [number(3), "a.png"]], headings=("휴대폰", "그림"))
    picture(desk.folder, "a.png", 50)
    picture(desk.folder, "b.png", 60)
    requests = sent(desk, text="사진", message='title = "제목"\nimage = "{{ 그림 }}"')
    assert sorted(request["to"] for request in requests) == [[number(1), number(3)], [number(2)]]
    assert len({request["image"]["key"] for request in requests}) == 2


def test_international_messages_go_by_v2(desk: Desk) -> None:
    desk.sheet([["+1 415-555-2671"], ["0081 3-1234-5678"], ["010-0200-0001"]], headings=("phone",))
    desk.campaign("Hello from Seoul", message='type = "GSMS"')
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert (done.status, done.json["rows"]) == (1, {"total": 3, "accepted": 2, "invalid": 1})
    [request] = desk.ask("/sandbox/requests")
    assert (request["msgType"], request["to"]) == ("GSMS", ["14155552671", "81312345678"])


@pytest.mark.parametrize("zone", ["Asia/Seoul", "America/New_York"])
def test_a_reservation_is_written_in_seoul_time_whatever_the_machines_zone(desk: Desk, zone: str) -> None:
    desk.people(1)
    when = (datetime.now(SEOUL) + timedelta(days=2)).strftime("%Y-%m-%d %H:%M:00")
    desk.campaign("글", message=f'reserve = "{when}"')
    process = desk.start("send", "c.toml", "--yes", "--json", env={"TZ": zone})
    process.communicate(timeout=60)
    assert process.returncode == 0
    [request] = desk.ask("/sandbox/requests")
    assert request["date"] == when


def test_a_reservation_that_has_come_too_near_is_not_sent_late(desk: Desk) -> None:
    desk.people(2)
    near = datetime.now(SEOUL) + timedelta(minutes=10)
    desk.campaign("{{ 이름 }}", message=f'reserve = "{near:%Y-%m-%d %H:%M:00}"')
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert (done.status, done.out, "message.reserve: reserve" in done.err) == (2, "", True)
    assert desk.ask("/sandbox/stats")["requests"] == 0


@pytest.mark.parametrize(
    ("recipients", "title", "text", "status"),
    [
        (1000, "가" * 20, "나" * 1000, "accepted"),
        (1001, "가" * 20, "나" * 1000, "accepted"),  # cut into two requests
        (1, "가" * 20 + "a", "나" * 50, "invalid"),
        (1, "제목", "나" * 1000 + "a", "invalid"),
    ],
)
def test_each_limit_holds_on_both_sides(desk: Desk, recipients: int, title: str, text: str, status: str) -> None:
    desk.sheet([(title, text, number(place)) for place in range(recipients)], headings=("제목", "글", "휴대폰"))
    desk.campaign("{{ 글 }}", message='title = "{{ 제목 }}"')
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert done.json["rows"] == {"total": recipients, status: recipients}
    codes = {request["code"] for request in desk.ask("/sandbox/requests")}
    assert codes <= {0}  # the gateway never had to refuse anything


def test_opted_out_numbers_are_never_sent_to(desk: Desk) -> None:
    desk.people(3)
    (desk.folder / "out.csv").write_text(
        f"수신거부번호\n{number(1)[:3]}-{number(1)[3:7]}-{number(1)[7:]}\n", encoding="cp949"
    )
    desk.campaign(recipients='files = ["r.xlsx"]\nsuppress = ["out.csv"]')
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert (done.status, done.json["rows"]) == (0, {"total": 3, "accepted": 2, "opted_out": 1})
    assert number(1) not in {one["number"] for one in desk.ask("/sandbox/deliveries")}


@pytest.mark.parametrize(
    ("policy", "rows", "status"),
    [
        ("skip", {"total": 3, "accepted": 2, "duplicate": 1}, 0),
        ("invalid", {"total": 3, "accepted": 2, "invalid": 1}, 1),
        ("keep", {"total": 3, "accepted": 3}, 0),
    ],
)
def test_duplicates_are_treated_as_asked(desk: Desk, policy: str, rows: dict[str, int], status: int) -> None:
    desk.sheet([[number(1)], [number(2)], [number(1)]], headings=("휴대폰",))
    desk.campaign(recipients=f'files = ["r.xlsx"]\nduplicates = "{policy}"')
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert (done.status, done.json["rows"]) == (status, rows)


def test_several_files_are_one_list_and_each_row_names_its_own(desk: Desk) -> None:
    desk.sheet([["가", number(1)], ["나", number(2)]], "a.xlsx", headings=("이름", "휴대폰"))
    (desk.folder / "b.csv").write_text(f"전화번호,이름\n{number(3)},다\n{number(1)},가\n", encoding="utf-8")
    desk.campaign("{{ 이름 }}님", recipients='files = ["a.xlsx", "b.csv"]')
    done = desk.run("send", "c.toml", "--yes", "--json")
    rows = desk.results(done.json["report"])
    assert [row["status"] for row in rows] == ["accepted", "accepted", "accepted", "duplicate"]
    assert [row["row"] for row in rows] == [2, 3, 2, 3]
    assert [row["file"].rsplit("/")[-1] for row in rows] == ["a.xlsx", "a.xlsx", "b.csv", "b.csv"]
    assert "a.xlsx" in rows[3]["reason"]
