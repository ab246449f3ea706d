"""Images: what they are is told by their bytes, only four formats are opened, and size is bounded before decoding."""

from __future__ import annotations

import io
import random
import struct
import zlib
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from campaign.messages import images
from campaign.model import limits

if TYPE_CHECKING:
    from pathlib import Path

if TYPE_CHECKING:
    from pathlib import Path

EPS = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 20\n%%EndComments\n"
    b"%%BeginPreview: 20 20 8 20\n%%EndPreview\n0 0 moveto showpage\n%%EOF\n"
)


def encoded(form: str, size: tuple[int, int] = (60, 40)) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(buffer, form)
    return buffer.getvalue()


def refused(folder: Path, data: bytes, name: str = "poster.jpg") -> str:
    (folder / name).write_bytes(data)
    with pytest.raises(ValueError, match="image ") as refusal:
        images.fit(folder / name)
    return str(refusal.value)


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header names a size that its data does not have."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 4_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.txt"])
def test_the_four_formats_are_fitted_by_their_bytes_under_any_name(tmp_path: Path, form: str, name: str) -> None:
    (tmp_path / name).write_bytes(encoded(form))
    fitted = images.fit(tmp_path / name)
    assert fitted.data.startswith(b"\xff\xd8\xff")
    assert (fitted.note is None) == (form == "JPEG")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (EPS, "is an EPS; save it as a JPG, PNG, WebP or GIF"),
        (b"\xc5\xd0\xd3\xc6" + EPS, "is an EPS"),
        (b"%PDF-1.7\n", "is a PDF"),
        (b"\0\0\0\x18ftypheic", "is a HEIC, as iPhones make them"),
        (encoded("TIFF"), "is a TIFF"),
        (encoded("BMP"), "is a BMP"),
        (encoded("PPM"), "is not a supported image"),
        (encoded("ICO", (32, 32)), "is not a supported image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is a web page or an SVG"),
        (b"", "is not a supported image"),
    ],
)
def test_anything_else_is_refused_by_its_first_bytes_and_named(tmp_path: Path, data: bytes, said: str) -> None:
    assert said in refused(tmp_path, data)


@pytest.mark.parametrize("head", [b"", b"\xc5\xd0\xd3\xc6" + struct.pack("<II", 12, len(EPS))])
def test_ghostscript_is_never_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: bytes) -> None:
    trap, mark = tmp_path / "bin" / "gs", tmp_path / "started"
    trap.parent.mkdir()
    trap.write_text(f"#!/bin/sh\ntouch '{mark}'\n", encoding="utf-8")
    trap.chmod(0o755)
    monkeypatch.setenv("PATH", str(trap.parent), prepend=":")
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)
    refused(tmp_path, head + EPS)
    assert not mark.exists()


@pytest.mark.parametrize(
    "data",
    [
        png_that_claims(60_000, 60_000),
        png_that_claims(2**31 - 1, 2**31 - 1),
        png_that_claims(9_000, 6_000),
        b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\x02D\x01\0;",
    ],
)
def test_a_small_file_of_a_huge_picture_is_refused_before_it_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    def load(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    monkeypatch.setattr("PIL.GifImagePlugin.GifImageFile.load_prepare", load)
    assert "has too many pixels, over 50 million" in refused(tmp_path, data)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_what_is_cut_short_is_refused(tmp_path: Path, form: str) -> None:
    whole = encoded(form, (300, 300))
    for length in (12, 40, len(whole) // 2):
        assert "damaged or incomplete" in refused(tmp_path, whole[:length])


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_whatever_bytes_are_wrong_it_is_fitted_or_refused_in_words(tmp_path: Path, form: str) -> None:
    chance = random.Random(form)
    whole = encoded(form, (48, 48))
    whole = whole if form != "JPEG" else whole[:2] + b"\xff\xe1\0\x10Exif\0\0MM\0*\xff\xff\xff\xff" + whole[2:]
    for _ in range(60):
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            broken[chance.randrange(4, min(len(broken), 400))] = chance.randrange(256)
        (tmp_path / "x.jpg").write_bytes(bytes(broken))
        try:
            fitted = images.fit(tmp_path / "x.jpg")
        except ValueError as refusal:
            assert str(refusal).startswith(f"image {tmp_path / 'x.jpg'}: ")  # noqa: PT017 - either is right
        else:
            assert len(fitted.data) <= 100_000


def test_a_loop_of_links_a_folder_and_a_pipe_are_refused_in_words(tmp_path: Path) -> None:
    import os

    (tmp_path / "a.jpg").symlink_to("b.jpg")
    (tmp_path / "b.jpg").symlink_to("a.jpg")
    (tmp_path / "d.jpg").mkdir()
    os.mkfifo(tmp_path / "p.jpg")
    for name, said in (("a.jpg", "cannot be read"), ("d.jpg", "is not a file"), ("p.jpg", "is not a file")):
        with pytest.raises(ValueError, match=said):
            images.fit(tmp_path / name)


def test_the_image_limit_is_100_000_bytes() -> None:
    assert limits.IMAGE_BYTES == 100_000
