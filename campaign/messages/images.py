"""Pictures for MMS: JPG, PNG, WebP and GIF, fitted into a JPG that the gateway takes.

What a file is says its first bytes, never its name, and only the decoders of these formats ever see it: Pillow
would hand an EPS to Ghostscript.

Source of the limit: api.ko.txt ("100kb 미만의 JPG"); gateway.md reads it as 100,000 bytes.
"""

from __future__ import annotations

import hashlib
import io
import re
import stat
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campaign.model import limits
from campaign.model.reasons import Reason, encode, nested
from campaign.model.sentences import Refused

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

LARGEST_FILE: Final = 50_000_000
"""Bytes of a picture file that are looked at, at most."""

LARGEST_PIXELS: Final = 50_000_000
"""Pixels of a picture that is decoded, at most: four bytes of memory each, and a copy or two."""

LARGEST_SIDE: Final = 1_440
"""Pixels: a larger picture gains nothing on a phone, and carriers shrink it again."""

SMALLEST_SIDE: Final = 160
"""Pixels below which a picture is not shrunk further to fit."""

FORMATS: Final = {
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "WEBP": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "GIF": re.compile(rb"GIF8[79]a"),
}
"""The formats that are opened, by Pillow's names, and how their files begin."""

_OTHERS: Final = {
    Reason.FORMAT_EPS: re.compile(rb"%!PS|\xc5\xd0\xd3\xc6"),
    Reason.FORMAT_PDF: re.compile(rb"%PDF"),
    Reason.FORMAT_PHOTOSHOP: re.compile(rb"8BPS"),
    Reason.FORMAT_HEIC: re.compile(rb"....ftyp(heic|heix|hevc|mif1|msf1)", re.DOTALL),
    Reason.FORMAT_AVIF: re.compile(rb"....ftypavi[fs]", re.DOTALL),
    Reason.FORMAT_TIFF: re.compile(rb"II\*\0|MM\0\*"),
    Reason.FORMAT_BMP: re.compile(rb"BM"),
    Reason.FORMAT_WEB_PAGE: re.compile(rb"\s*<"),
}
"""What else people name as a picture, and how it begins."""

_QUALITIES: Final = (92, 88, 84, 80, 75, 70, 62, 54, 46)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A JPG within the limit. `note` says what was done to the picture; None where it was sent as it is."""

    digest: str  # SHA-256, hex
    data: bytes
    note: str | None


def fit(path: Path) -> Fitted:
    """The picture at `path` as a JPG of at most `limits.IMAGE_BYTES`.

    A JPG that fits already is not touched. Anything else is turned upright,
    laid on white where it is transparent, and shrunk until it fits.

    Raises:
        Refused: there is no such file, it is not a picture, or it cannot be fitted.
    """
    data = _read(path)
    form = _format(path, data)
    picture, (width, height) = _open(path, data, form)
    if form == "JPEG" and len(data) <= limits.IMAGE_BYTES and _is_plain(picture):
        return Fitted(_digest(data), data, None)
    fitted = _shrink(_flat(path, picture))
    if fitted is None:
        raise Refused(encode(Reason.IMAGE_UNFITTABLE, value=str(path), limit=limits.IMAGE_BYTES))
    jpg, size = fitted
    was = f"{len(data):,} bytes, {width}x{height}"
    note = f"image {path.name} ({was}) is sent as a JPG of {len(jpg):,} bytes, {size[0]}x{size[1]}"
    return Fitted(_digest(jpg), jpg, note)


def _read(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Refused(encode(Reason.IMAGE_NOT_A_FILE, value=str(path)))
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise Refused(encode(Reason.IMAGE_MISSING, value=str(path))) from None
    except OSError as problem:
        raise Refused(encode(Reason.IMAGE_UNREADABLE, value=str(path), error=str(problem.strerror))) from None
    if len(data) > LARGEST_FILE:
        raise Refused(encode(Reason.IMAGE_FILE_TOO_LARGE, value=str(path), limit=LARGEST_FILE // 1_000_000))
    return data


def _format(path: Path, data: bytes) -> str:
    """Pillow's name of the format that the file begins like."""
    for name, beginning in FORMATS.items():
        if beginning.match(data):
            return name
    kind = next((kind for kind, beginning in _OTHERS.items() if beginning.match(data)), Reason.FORMAT_UNKNOWN)
    raise Refused(encode(Reason.IMAGE_OTHER_FORMAT, value=str(path), format=nested(encode(kind))))


def _open(path: Path, data: bytes, form: str) -> tuple[Image, tuple[int, int]]:
    """The picture decoded (its first frame where it has several), and the size that the file gives for it."""
    from PIL import Image, ImageFile

    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            # Pillow warns of metadata that it cannot read, and of sizes that are refused below.
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(data), formats=[form])
            size = picture.size
            _refuse_large(picture)
            # A JPG is decoded at a fraction of its size where that is all that is needed of it.
            picture.draft(None, (2 * LARGEST_SIDE, 2 * LARGEST_SIDE))
            picture.load()
    except (TooManyPixels, Image.DecompressionBombError, MemoryError):
        limit = LARGEST_PIXELS // 1_000_000
        raise Refused(encode(Reason.IMAGE_TOO_MANY_PIXELS, value=str(path), limit=limit)) from None
    except Exception:  # noqa: BLE001 - a decoder fails in many ways on a damaged file, and each says the same
        raise _damaged(path) from None
    return picture, size


class TooManyPixels(Exception):
    """The picture is larger than is decoded."""


def _refuse_large(picture: Image) -> None:
    if picture.width * picture.height > LARGEST_PIXELS:
        raise TooManyPixels


def _damaged(path: Path) -> Refused:
    return Refused(encode(Reason.IMAGE_DAMAGED, value=str(path)))


def _is_plain(picture: Image) -> bool:
    """Whether a JPG needs nothing done to it: one picture, upright, in colours that phones show."""
    try:
        upright = picture.getexif().get(0x0112, 1) == 1
    except Exception:  # noqa: BLE001 - metadata that cannot be read turns nothing; made anew, it is gone
        return False
    return upright and picture.format == "JPEG" and picture.mode in {"RGB", "L"}


def _flat(path: Path, picture: Image) -> Image:
    """The picture upright, in RGB, on white where it was transparent."""
    from PIL import Image

    upright = _upright(picture)
    try:
        if upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info:
            layer = upright.convert("RGBA")
            white = Image.new("RGBA", layer.size, "white")
            return Image.alpha_composite(white, layer).convert("RGB")
        return upright.convert("RGB")
    except Exception:  # noqa: BLE001 - a palette or a transparency that makes no sense
        raise _damaged(path) from None


def _upright(picture: Image) -> Image:
    from PIL import ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ImageOps.exif_transpose(picture)
    except Exception:  # noqa: BLE001 - metadata that cannot be read turns nothing
        return picture


def _shrink(picture: Image) -> tuple[bytes, tuple[int, int]] | None:
    side = min(LARGEST_SIDE, max(picture.size))
    while side >= min(SMALLEST_SIDE, max(picture.size)):
        smaller = picture.copy()
        smaller.thumbnail((side, side))
        for quality in _QUALITIES:
            jpg = _as_jpg(smaller, quality)
            if len(jpg) <= limits.IMAGE_BYTES:
                return jpg, smaller.size
        side = side * 4 // 5
    return None


def _as_jpg(picture: Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, optimize=True, progressive=False)
    return buffer.getvalue()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
