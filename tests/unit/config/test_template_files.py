"""Files that templates take in: their own folder's and no others, read once, refused in a clear sentence."""

from __future__ import annotations

import os
import sqlite3
import unicodedata
from typing import TYPE_CHECKING, Literal

import pytest

from campaign.config import campaign_file, template_files
from campaign.config.template_files import TemplateFiles
from campaign.messages.templates.column_names import Names
from campaign.messages.templates.compile import compile_field
from campaign.messages.templates.environment import TemplateEnvironment
from campaign.messages.templates.fill import fill

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.desk import Desk


def put(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.j2").write_text(text, encoding="utf-8")


def test_a_template_takes_in_files_of_its_own_folder_and_below(desk: Desk) -> None:
    desk.people(2)
    (desk.folder / "texts" / "parts").mkdir(parents=True)
    put(
        desk.folder / "texts",
        t='{% extends "base.j2" %}{% import "./parts/말.j2" as 말 %}{% block 몸 %}{{ 말.인사(이름) }}{% endblock %}',
        base='{% block 몸 %}{% endblock %} {% include "footer.j2" %}',
        footer="무료거부 {{ 쿠폰 }}\n",
    )
    put(desk.folder / "texts" / "parts", 말="{% macro 인사(이름) %}안녕 {{ 이름 }}{% endmacro %}")
    desk.campaign("", message='template = "texts/t.j2"')
    messages = desk.run("preview", "c.toml", "--json").json["messages"]
    assert [message["text"] for message in messages] == ["안녕 고객0 무료거부 C0000", "안녕 고객1 무료거부 C0001"]


def test_a_text_in_the_campaign_file_takes_in_files_beside_it(desk: Desk) -> None:
    desk.people(1)
    put(desk.folder, footer="끝", 제목="소식")
    desk.campaign('안녕 {% include "footer.j2" %}', message="title = '{% include \"제목.j2\" %}'\ntype = 'LMS'")
    [message] = desk.run("preview", "c.toml", "--json").json["messages"]
    assert (message["text"], message["title"]) == ("안녕 끝", "소식")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_files_name_is_found_in_either_form_of_hangul(desk: Desk, form: Literal["NFC", "NFD"]) -> None:
    desk.people(1)
    put(desk.folder, **{unicodedata.normalize(form, "꼬리말"): "끝"})
    other: Literal["NFC", "NFD"] = "NFC" if form == "NFD" else "NFD"
    desk.campaign(f'{{% include "{unicodedata.normalize(other, "꼬리말")}.j2" %}}')
    assert desk.run("preview", "c.toml", "--json").json["messages"][0]["text"] == "끝"


OUTSIDE = "only files of the template's own folder, or of a folder in it, can be taken in"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("footr.j2", "there is no file 'footr.j2' in the template's folder, texts. Did you mean footer.j2?"),
        ("../secret.j2", f"'../secret.j2': {OUTSIDE}"),
        ("sub/../../secret.j2", f"'sub/../../secret.j2': {OUTSIDE}"),
        ("{parent}/secret.j2", OUTSIDE),
        ("..\\secret.j2", "was not read; write its name with / and without a backslash"),
        ("C:/secret.j2", OUTSIDE),
        ("link.j2", "link.j2: is a link out of the template's folder"),
        ("linked/secret.j2", "linked/secret.j2: is a link out of the template's folder"),
        ("{long}.j2", "cannot be read: File name too long"),
        (".env", "'.env': a hidden file cannot be taken in"),
        ("sub", "is not a file"),
        ("pipe.j2", "is not a file"),
        ("cp949.j2", "is not UTF-8 text (byte 0). Save it as UTF-8."),
        ("large.j2", "has more than 1,000,000 bytes"),
    ],
)
def test_what_cannot_be_taken_in_is_refused_with_its_place(desk: Desk, name: str, words: str) -> None:
    folder = desk.folder / "texts"
    (folder / "sub").mkdir(parents=True)
    (desk.folder / "secret.j2").write_text("비밀", encoding="utf-8")
    put(folder, footer="끝")
    (folder / "link.j2").symlink_to(desk.folder / "secret.j2")
    (folder / "linked").symlink_to(desk.folder)
    (folder / ".env").write_text("KEY=비밀", encoding="utf-8")
    os.mkfifo(folder / "pipe.j2")
    (folder / "cp949.j2").write_bytes("끝".encode("cp949"))
    (folder / "large.j2").write_text("가" * 400_000, encoding="utf-8")
    name, words = (one.replace("{parent}", str(desk.folder)).replace("{long}", "a" * 300) for one in (name, words))
    put(folder, t=f"첫 줄\n{{% include '{name}' %}}".replace("\\", "\\\\"))
    desk.people(1)
    desk.campaign("", message='template = "texts/t.j2"')
    done = desk.run("check", "c.toml")
    assert done.status == 2
    assert words in done.err
    assert "template texts/t.j2, line 2: " in done.err


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{% include 이름 %}", "t, line 1: the name of an included file must be in quotes"),
        ("\n{% import 'a' ~ '.j2' as a %}", "t, line 2: the name of an included file must be in quotes"),
        ("{% include 'a.j2' if 이름 else 쿠폰 %}", "must be in quotes"),
        ("{% include 'deep.j2' %}", "t: deep.j2, line 3: there is no file 'gone.j2' here"),
        ("{% include 'wrong.j2' %}", "t: wrong.j2, line 2: "),
        ("{% include 'filter.j2' %}", "t: filter.j2, line 1: .*없는필터"),
        ("{% include 'unknown.j2' %}", r"t: unknown.j2, line 2: \{\{ 이르 \}\}: there is no column '이르'"),
        ("{% include 'row.j2' %}", r't: row.j2: row\["이르"\]: there is no column'),
        ("{% include 'large.j2' %}", "t: .*too large for a message"),
        ("{% import 'blind.j2' as a %}", r"t: blind.j2, line 2: \{\{ 이름 \}\}: this file is included without"),
        ("{% include 'blind.j2' without context %}", "t: blind.j2, line 2: .*write `with context`"),
    ],
)
def test_a_fault_in_a_file_is_said_with_the_file_and_the_line(source: str, words: str) -> None:
    from campaign.model.errors import TemplateError

    texts = {
        "a.j2": "",
        "deep.j2": "\n\n{% include 'gone.j2' %}",
        "wrong.j2": "\n{{ 이름",
        "filter.j2": "{{ 이름|없는필터 }}",
        "unknown.j2": "\n{{ 이르 }}",
        "row.j2": '{{ row["이르"] }}',
        "large.j2": "{{ 9**9**7 }}",
        "blind.j2": "\n{{ 이름 }}",
    }
    language = TemplateEnvironment(TemplateFiles(texts, {"gone.j2": "there is no file 'gone.j2' here"}))
    with pytest.raises(TemplateError, match=words):
        compile_field("t", source, Names.of(["이름", "쿠폰"]), language)


def test_a_column_named_as_one_of_jinjas_own_is_a_column() -> None:
    names = Names.of(["range", "dict", "loop"])
    field = compile_field("t", "{{ range }}{{ dict }}{{ loop }}", names)
    assert fill(field, {0: ["a"], 1: ["b"], 2: ["c"]}, 1, {}, most=9) == ["abc"]


def test_what_a_base_is_given_by_one_row_does_not_reach_the_next() -> None:
    base = {"base.j2": "{% block 몸 %}{{ super() if super is defined else '-' }}{% endblock %}"}
    field = compile_field(
        "t", "{% extends 'base.j2' %}{% set 것 = 이름 %}", Names.of(["이름"]), TemplateEnvironment(TemplateFiles(base))
    )
    reasons: dict[int, str] = {}
    texts = fill(field, {0: ["a", "b", "c"]}, 3, reasons, most=9)
    assert len(set(texts)) == 1


def test_what_one_row_leaves_in_an_imported_file_does_not_reach_the_next() -> None:
    remember = "{% macro 기억(이름) %}{{ 앞.이름 }}{% set 앞.이름 = 이름 %}{% endmacro %}"
    macros = "{% set 앞 = namespace(이름='-') %}" + remember
    language = TemplateEnvironment(TemplateFiles({"m.j2": macros}))
    field = compile_field("t", "{% import 'm.j2' as 말 %}{{ 말.기억(이름) }}", Names.of(["이름"]), language)
    assert fill(field, {0: ["민서", "지훈", "하은"]}, 3, {}, most=9) == ["-", "-", "-"]


def test_a_file_that_takes_itself_in_is_stopped(desk: Desk) -> None:
    desk.people(1)
    put(desk.folder, t="{% include 't.j2' %}")
    desk.campaign("", message='template = "t.j2"')
    done = desk.run("check", "c.toml")
    assert done.status == 2
    assert "a file includes itself" in done.err


def test_names_in_comments_and_texts_do_no_harm(desk: Desk) -> None:
    desk.people(1)
    desk.campaign("{# {% include \"gone.j2\" %} #}{% raw %}{% include '../x' %}{% endraw %} {% import%}"[:-11])
    [message] = desk.run("preview", "c.toml", "--json").json["messages"]
    assert message["text"].strip() == "{% include '../x' %}"


@pytest.fixture
def included(tmp_path: Path) -> Callable[[], campaign_file.Campaign]:
    def load() -> campaign_file.Campaign:
        message = {"template": "t.j2"}
        values = {"name": "t", "sender": "02-1234-5678", "recipients": {"files": ["r.xlsx"]}, "message": message}
        return campaign_file.build(values, folder=tmp_path, place="here")

    put(tmp_path, t='{{ 이름 }}{% include "footer.j2" %}', footer="먼저")
    return load


def test_a_file_is_read_once_and_stays_as_it_was(
    tmp_path: Path, included: Callable[[], campaign_file.Campaign]
) -> None:
    campaign = included()
    assert campaign.included.texts == {"footer.j2": "먼저"}
    put(tmp_path, footer="나중")
    copy = campaign.model_copy(update={"name": "t-test"})
    assert campaign.included.texts == copy.included.texts == {"footer.j2": "먼저"}
    assert campaign.template_record() == '{{ 이름 }}{% include "footer.j2" %}\n\n{# footer.j2 #}\n먼저'


def test_the_journal_keeps_the_files_that_were_sent(desk: Desk) -> None:
    desk.people(1)
    put(desk.folder, t='{{ 이름 }} {% include "footer.j2" %}', footer="무료거부")
    desk.campaign("", message='template = "t.j2"')
    assert desk.run("send", "c.toml", "--sandbox", "--yes", keys=False).status == 0
    with sqlite3.connect(desk.folder / "reports" / "journal.sqlite3") as journal:
        [(kept,)] = journal.execute("SELECT template FROM runs")
    journal.close()
    assert kept == '{{ 이름 }} {% include "footer.j2" %}\n\n{# footer.j2 #}\n무료거부'


def test_so_many_files_are_enough() -> None:
    assert template_files.MOST_FILES == 100
