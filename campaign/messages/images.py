"""Pictures for MMS: any that people have, fitted into a JPG that the gateway takes.

Source of the limit: api.ko.txt ("100kb 미만의 JPG"); gateway.md reads it as 100,000 bytes.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campaign.model import limits

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

LARGEST_FILE: Final = 50_000_000
"""Bytes of a picture file that are looked at, at most."""

LARGEST_SIDE: Final = 1_440
"""Pixels: a larger picture gains nothing on a phone, and carriers shrink it again."""

SMALLEST_SIDE: Final = 160
"""Pixels below which a picture is not shrunk further to fit."""

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
        ValueError: there is no such file, it is no picture, or it cannot be fitted; in words with the path.
    """
    data = _read(path)
    if len(data) <= limits.IMAGE_BYTES and _is_upright_jpg(path, data):
        return Fitted(_digest(data), data, None)
    picture = _flat(_open(path, data))
    fitted = _shrink(picture)
    if fitted is None:
        raise ValueError(f"image {path}: cannot be made smaller than {limits.IMAGE_BYTES:,} bytes; use a simpler one")
    jpg, size = fitted
    was = f"{len(data):,} bytes, {picture.width}x{picture.height}"
    note = f"image {path.name} ({was}) is sent as a JPG of {len(jpg):,} bytes, {size[0]}x{size[1]}"
    return Fitted(_digest(jpg), jpg, note)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise ValueError(f"image {path}: no such file") from None
    except OSError as problem:
        raise ValueError(f"image {path}: cannot be read: {problem.strerror}") from None
    if len(data) > LARGEST_FILE:
        raise ValueError(f"image {path}: is over {LARGEST_FILE // 1_000_000} MB; make it smaller first")
    return data


def _open(path: Path, data: bytes) -> Image:
    from PIL import Image, ImageFile, UnidentifiedImageError

    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data))
            picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(f"image {path}: has too many pixels; make it smaller first") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise ValueError(f"image {path}: is no picture that can be read (JPG, PNG, WebP and GIF can)") from None
    return picture


def _is_upright_jpg(path: Path, data: bytes) -> bool:
    if not data.startswith(b"\xff\xd8\xff"):
        return False
    picture = _open(path, data)
    return picture.format == "JPEG" and picture.mode in {"RGB", "L"} and picture.getexif().get(0x0112, 1) == 1


def _flat(picture: Image) -> Image:
    """The picture upright, in RGB, on white where it was transparent."""
    from PIL import Image, ImageOps

    upright = ImageOps.exif_transpose(picture)
    if upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info:
        layer = upright.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    return upright.convert("RGB")


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
