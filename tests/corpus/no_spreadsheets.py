"""Files that look like lists and are none."""

from __future__ import annotations

from tests.corpus.by_csv_writers import lines
from tests.corpus.people import FILES, refuse

PAGE = "<html><head><meta charset='utf-8'></head><table><tr><th>휴대폰<tr><td>010-2345-6701</table></html>"


def make() -> None:
    """All of them."""
    whole = (FILES / "plain.xlsx").read_bytes()
    cut = whole[: len(whole) * 2 // 3]
    refuse("cut_short.xlsx", "damaged or incomplete", by="a broken copy").write_bytes(cut)
    refuse("xlsx_named.csv", "it is a workbook with a wrong suffix", by="a person").write_bytes(whole)
    refuse("xlsx_named.xls", "Rename it to .xlsx", by="a person").write_bytes(whole)
    refuse("empty.xlsx", "the file is empty", by="a full disk").write_bytes(b"")
    broken = lines().encode() + b"\xec\xa0,010-2345-6701,,,\r\n"
    refuse("broken_utf8.csv", "is not in UTF-8: byte 0xec", by="a cut export").write_bytes(broken)
    texts = {
        "csv_named.xlsx": ("it is plain text. Rename it to .csv", lines()),
        "web_page.xls": ("it is a web page", PAGE),
        "unclosed_quote.csv": ("row 3 cannot be read", '이름,휴대폰\n홍,010-2345-6701\n김,"010\n이,011\n'),
        "shifted_cells.csv": ("row 3 has 3 cells, the header 2", "이름,휴대폰\n홍,010-2345-6701\n김,서울,010\n"),
    }
    for name, (words, text) in texts.items():
        refuse(name, words, by="a person").write_text(text, encoding="utf-8")
