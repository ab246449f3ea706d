"""Placeholders of other services: refused where they name a column, noted where not, rewritten on request."""

from __future__ import annotations

import stat
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.config import template_files
from campaign.messages import placeholders
from campaign.messages.templates.column_names import Names
from campaign.model import i18n
from campaign.model.errors import ForeignPlaceholders
from tests.support.desk import number

if TYPE_CHECKING:
    from tests.support.desk import Desk

HEADINGS = ["이름", "휴대폰", "금액(원)", "쿠폰 번호", "Name", "in", '말 "씀"']
NAMES = Names.of(HEADINGS)

FORMS = [
    "#{X}", "${X}", "{X}", "{ X }", "{$X}", "[*X*]", "[*X*] ", "##X##", "%X%", "%%X%%", "*|X|*", "<<X>>", "«X»", "@{X}",
    "{{X}", "{X}}", "{{{X}}}", "{#X}", "{%X%}", "[$X$]", "[##X##]",
    "｛｛X｝｝", "｛X｝", "＃｛X｝", "［＊X＊］", "％X％", "{｛X}}",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("inner", "right"),
    [
        ("이름", "{{ 이름 }}"),
        (unicodedata.normalize("NFD", "이름"), "{{ 이름 }}"),
        ("금액(원)", '{{ row["금액(원)"] }}'),
        ("금액_원", '{{ row["금액(원)"] }}'),
        ("쿠폰번호", '{{ row["쿠폰 번호"] }}'),
        ("name", "{{ Name }}"),
        ("in", '{{ row["in"] }}'),
    ],
)
def test_a_placeholder_that_names_a_column_is_rewritten(form: str, inner: str, right: str) -> None:
    written = form.replace("X", inner)
    assert placeholders.rewritten(f"가 {written}님\n나", NAMES).replace(" ", "") == f"가 {right}님\n나".replace(" ", "")


def test_a_heading_with_quotes_is_written_so_that_a_template_reads_it() -> None:
    assert placeholders.rewritten('#{말 "씀"}', NAMES) == '{{ row["말 \\"씀\\""] }}'


@pytest.mark.parametrize(
    "text",
    [
        "{{ 이름 }}",
        "{{이름}}",
        "#{{ 이름 }}",
        "${{ 이름 }}%",
        "%{{ 이름 }}%",
        '{{ row["금액(원)"] }}',
        "{% if 이름 == '#{이름}' %}{{ '%이름%' }}{% endif %}",
        "{# 이름 #}{# #{이름} #}",
        "{% raw %}#{이름} {{이름} %이름%{% endraw %}",
        '{{ {"이름": 1}["이름"] }}',
        "10% 할인, 20% 할인",
        "10%에서20%까지",
        "(이름) '이름' 이름: #이름 @이름 5%이름",
        "*이름* **이름**",
        "{^^} {} { } %% ##  [] <>",
        "a@b.kr, c@d.kr",
        "https://a.kr/?q=%EC%9D%B4%EB%A6%84",
    ],
)
def test_our_own_language_and_plain_text_are_left_alone(text: str) -> None:
    assert placeholders.find(text, NAMES) == []
    assert placeholders.rewritten(text, NAMES) == text


@pytest.mark.parametrize("text", ["[이름]", "<이름>", "#이름#", "@이름@", "$이름$", "［이름］"])
def test_what_is_legal_in_a_message_is_noted_and_not_rewritten(text: str) -> None:
    [found] = placeholders.find(text, NAMES)
    assert (found.written, found.place, found.certain) == (text, 0, False)
    assert placeholders.rewritten(text, NAMES) == text


@pytest.mark.parametrize("form", ["#{X}", "${X}", "{X}", "[*X*]", "##X##", "%X%", "｛｛X｝｝", "*|X|*"])
def test_a_placeholder_that_names_no_column_is_found_and_not_rewritten(form: str) -> None:
    text = f"가 {form.replace('X', '성함')} 나"
    assert [(one.place, one.certain) for one in placeholders.find(text, NAMES)] == [(None, True)]
    assert placeholders.rewritten(text, NAMES) == text


def test_several_are_found_with_their_lines_also_after_percentages() -> None:
    text = "10% 할인\n%이름%님 30% #{쿠폰번호}\n{{ 이름 }} {이름}{이름}"
    found = [(one.written, one.line) for one in placeholders.find(text, NAMES)]
    assert found == [("%이름%", 2), ("#{쿠폰번호}", 2), ("{이름}", 3), ("{이름}", 3)]


@given(st.text("{}#%[]*$ 이름\n｛｝|<", max_size=40))
def test_what_was_rewritten_is_found_no_more(text: str) -> None:
    once = placeholders.rewritten(text, NAMES)
    assert placeholders.rewritten(once, NAMES) == once


def test_a_template_made_to_cost_time_is_read_in_little() -> None:
    # Were any of these looked through once for each beginning, they would take minutes.
    for piece in ("{% raw %}", "{{", "{%", "%", "#{", "[*", "<<", "{% include 'a"):
        source = piece * (200_000 // len(piece))
        assert placeholders.find(source, NAMES) == []
        assert len(template_files.names_in(source)) <= 1
        assert len(template_files.names_in(f"{source}' %}}")) > 0 or "include" not in piece


ROWS = [("민서", number(1), "A1")]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"text": "#{이름}님"}, "message.text: #{이름} would be sent unchanged; write {{ 이름 }}"),
        ({"text": "가", "message": "title = '%쿠폰%'\ntype = 'LMS'"}, "message.title: %쿠폰% would be sent"),
        ({"text": "가", "message": "reserve = '[*쿠폰*]'"}, "message.reserve: [*쿠폰*] would be sent"),
        ({"text": "가", "message": "image = '{쿠폰}.jpg'\ntitle = '가'"}, "message.image: {쿠폰} would be sent"),
        ({"text": "{{이름}님"}, "message.text: {{이름} would be sent unchanged; write {{ 이름 }}"),
    ],
)
def test_a_column_named_as_elsewhere_is_refused_for_the_whole_message(
    desk: Desk, more: dict[str, str], words: str
) -> None:
    desk.sheet(ROWS)
    desk.campaign(**more)
    done = desk.run("send", "c.toml", "--sandbox", "--yes", keys=False)
    assert done.status == 2
    assert words in done.err
    assert "--adopt" in done.err


def test_the_sender_may_hold_one_too(desk: Desk) -> None:
    desk.sheet(ROWS)
    path = desk.campaign("가")
    path.write_text(
        path.read_text(encoding="utf-8").replace('"02-1234-5678"', '"{{ 휴대폰 }}##쿠폰##"'), encoding="utf-8"
    )
    done = desk.run("check", "c.toml")
    assert done.status == 2
    assert "sender: ##쿠폰## would be sent" in done.err


def test_one_that_names_no_column_is_a_note_and_is_sent(desk: Desk) -> None:
    desk.sheet(ROWS)
    desk.campaign("#{성함}님\n[이름]")
    done = desk.run("check", "c.toml")
    assert done.status == 0
    said = done.out + done.err
    assert (
        "message.text, line 1: #{성함} looks like a placeholder of another service, but there is no such column" in said
    )
    assert "message.text, line 2: [이름] is sent unchanged; for the value of the column, write {{ 이름 }}" in said


def test_adopt_rewrites_the_template_and_keeps_its_form(desk: Desk) -> None:
    desk.sheet(ROWS)
    template = desk.folder / "t.j2"
    template.write_bytes(b"\xef\xbb\xbf" + "#{이름}님 10%\r\n%쿠폰%\r\n{% include 'f.j2' %}\r\n#{성함}\r\n".encode())
    template.chmod(0o640)
    (desk.folder / "real.j2").write_bytes("끝 {이름}".encode())
    (desk.folder / "f.j2").symlink_to(desk.folder / "real.j2")
    desk.campaign("", message='template = "t.j2"\ntitle = "[*이름*]님"')
    before = (desk.folder / "c.toml").read_bytes()
    done = desk.run("check", "c.toml", "--adopt")
    rewritten = "{{ 이름 }}님 10%\r\n{{ 쿠폰 }}\r\n{% include 'f.j2' %}\r\n#{성함}\r\n".encode()
    assert template.read_bytes() == b"\xef\xbb\xbf" + rewritten
    assert stat.S_IMODE(template.stat().st_mode) == 0o640
    assert (desk.folder / "f.j2").is_symlink()
    assert (desk.folder / "real.j2").read_text(encoding="utf-8") == "끝 {{ 이름 }}"
    assert "t.j2, line 1: #{이름} is now {{ 이름 }}\nt.j2, line 2: %쿠폰% is now {{ 쿠폰 }}\n" in done.err
    assert "f.j2, line 1: {이름} is now {{ 이름 }}\n" in done.err
    # The campaign file is the user's to change, and until then the message is refused.
    assert (desk.folder / "c.toml").read_bytes() == before
    assert 'paste into the campaign file: [message] title = "{{ 이름 }}님"' in done.err
    assert done.status == 2
    assert "message.title: [*이름*] would be sent" in done.err
    assert {path.name for path in desk.folder.iterdir()} == {"c.toml", "r.xlsx", "t.j2", "real.j2", "f.j2"}


def test_adopt_goes_on_with_the_check(desk: Desk) -> None:
    desk.sheet(ROWS)
    (desk.folder / "t.j2").write_text("#{이름}님", encoding="utf-8")
    words = ("--recipients", "r.xlsx", "--template", "t.j2", "--sender", "02-1234-5678", "--json")
    assert desk.run("check", *words).status == 2
    done = desk.run("check", *words, "--adopt")
    assert done.status == 0
    assert [row["text"] for row in desk.results(done.json["report"])] == ["민서님"]
    assert "nothing to rewrite" in desk.run("check", *words, "--adopt").err


def test_adopt_leaves_a_file_that_cannot_be_replaced_as_it_was(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    desk.sheet(ROWS)
    (desk.folder / "t.j2").write_text("#{이름}님", encoding="utf-8")
    desk.campaign("", message='template = "t.j2"')

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        done = desk.run("check", "c.toml", "--adopt")
    assert done.status == 2
    assert "t.j2: cannot be rewritten: No space left on device. It was not changed." in done.err
    assert (desk.folder / "t.j2").read_text(encoding="utf-8") == "#{이름}님"
    assert {path.name for path in desk.folder.iterdir()} == {"c.toml", "r.xlsx", "t.j2"}


def test_placeholders_of_other_services_are_explained_in_korean() -> None:
    files = template_files.TemplateFiles()
    with i18n.in_language("ko"):
        notes = placeholders.judge({"text": ("message.text", "#{성함}님\n[이름]")}, files, NAMES)
        with pytest.raises(ForeignPlaceholders) as refused:
            placeholders.judge({"text": ("message.text", "#{이름}님")}, files, NAMES)
    assert notes == (
        "message.text, 1번째 줄: #{성함}: 다른 서비스의 치환 변수처럼 보이지만 해당 열이 없어 그대로 발송됩니다",
        "message.text, 2번째 줄: [이름]: 그대로 발송됩니다. 열의 값을 넣으려면 {{ 이름 }} 형식으로 쓰세요",
    )
    assert str(refused.value) == (
        "message.text: #{이름}: 이대로는 치환되지 않고 그대로 발송됩니다. {{ 이름 }} 형식으로 쓰세요\n"
        "글자 그대로 보낼 내용은 {% raw %}와 {% endraw %} 사이에 넣으세요."
    )
