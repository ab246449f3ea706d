"""Images of MMS: converts JPG, PNG, WebP and GIF to a JPG within the limit of the gateway.

The first bytes tell the format of a file, not its name, and only the decoders of these formats are used: Pillow
would pass an EPS to Ghostscript.

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

from campaign.messages.templates.column_names import is_template
from campaign.model import limits
from campaign.model.errors import Refused
from campaign.model.i18n import _
from campaign.model.naming import on_disk
from campaign.model.reasons import Reason, encode, fault_parameter, nested

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

    from campaign.config.campaign_file import Campaign

LARGEST_FILE: Final = 50_000_000
"""Maximum size of an image file, in bytes."""

LARGEST_PIXELS: Final = 50_000_000
"""Maximum number of pixels: decoding takes four bytes of memory for each, and one or two copies."""

LARGEST_SIDE: Final = 1_440
"""Maximum width and height of the JPG, in pixels: a larger image gains nothing, and carriers shrink it again."""

SMALLEST_SIDE: Final = 160
"""Minimum of the larger side, in pixels: an image that does not fit at this size is rejected."""

FORMATS: Final = {
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "WEBP": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "GIF": re.compile(rb"GIF8[79]a"),
}
"""The supported formats by their names in Pillow, and how their files begin."""

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
"""Other files that users name as an image, and how they begin."""

_QUALITIES: Final = (92, 88, 84, 80, 75, 70, 62, 54, 46)


@dataclass(frozen=True, slots=True)
class FittedImage:
    """A JPG within the limits. `note` says how the image was changed; None if it was not."""

    digest: str  # SHA-256, hex
    data: bytes
    note: str | None


class CampaignImages:
    """The images of a campaign: found in its folder, each fitted once."""

    def __init__(self, campaign: Campaign) -> None:
        self._folder = campaign.folder
        # A name from a spreadsheet must not reach files elsewhere on the machine.
        self._inside_only = is_template(campaign.message.image or "")
        self.by_digest: dict[str, bytes] = {}
        self.notes: list[str] = []

    def fit(self, name: str) -> str:
        """Fit the image with this file name; returns its digest.

        Raises:
            Refused: the image cannot be used.
        """
        if not name.strip():
            raise Refused(encode(Reason.IMAGE_NAME_EMPTY))
        if "\0" in name:
            raise Refused(encode(Reason.IMAGE_NAME_INVALID, value=name))
        path = on_disk(self._folder / name.strip())
        if self._inside_only and not self._is_inside(path):
            raise Refused(encode(Reason.IMAGE_OUTSIDE_FOLDER, value=name))
        fitted = fit(path)
        self.by_digest[fitted.digest] = fitted.data
        self.notes += [fitted.note] if fitted.note else []
        return fitted.digest

    def _is_inside(self, path: Path) -> bool:
        try:
            return path.resolve().is_relative_to(self._folder.resolve())
        except (OSError, RuntimeError):
            raise Refused(encode(Reason.IMAGE_LINK_LOOP, value=str(path))) from None


def fit(path: Path) -> FittedImage:
    """Convert the image at `path` to a JPG of at most `limits.IMAGE_BYTES`.

    A JPG within the limit stays unchanged. Other images are turned upright, put on white where transparent, and
    shrunk until they fit.

    Raises:
        Refused: there is no such file, it is not a picture, or it cannot be fitted.
    """
    data = _read(path)
    form = _format(path, data)
    picture, (width, height) = _open(path, data, form)
    if form == "JPEG" and len(data) <= limits.IMAGE_BYTES and _is_plain(picture):
        return FittedImage(_digest(data), data, None)
    fitted = _shrink(_flat(path, picture))
    if fitted is None:
        raise Refused(encode(Reason.IMAGE_UNFITTABLE, value=str(path), limit=limits.IMAGE_BYTES))
    jpg, size = fitted
    note = _(
        "image {name} ({was:,} bytes, {width}x{height}) is sent as a JPG of {bytes:,} bytes, {new_width}x{new_height}",
        name=path.name,
        was=len(data),
        width=width,
        height=height,
        bytes=len(jpg),
        new_width=size[0],
        new_height=size[1],
    )
    return FittedImage(_digest(jpg), jpg, note)


def _read(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Refused(encode(Reason.IMAGE_NOT_A_FILE, value=str(path)))
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise Refused(encode(Reason.IMAGE_MISSING, value=str(path))) from None
    except OSError as problem:
        raise Refused(encode(Reason.IMAGE_UNREADABLE, value=str(path), error=fault_parameter(problem))) from None
    if len(data) > LARGEST_FILE:
        raise Refused(encode(Reason.IMAGE_FILE_TOO_LARGE, value=str(path), limit=LARGEST_FILE // 1_000_000))
    return data


def _format(path: Path, data: bytes) -> str:
    """The format of the file, by its name in Pillow."""
    for name, beginning in FORMATS.items():
        if beginning.match(data):
            return name
    kind = next((kind for kind, beginning in _OTHERS.items() if beginning.match(data)), Reason.FORMAT_UNKNOWN)
    raise Refused(encode(Reason.IMAGE_OTHER_FORMAT, value=str(path), format=nested(encode(kind))))


def _open(path: Path, data: bytes, form: str) -> tuple[Image, tuple[int, int]]:
    """The decoded image (the first frame of an animation), and the size that the file declares."""
    from PIL import Image, ImageFile

    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            # Pillow warns of unreadable metadata, and of sizes that are rejected below.
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(data), formats=[form])
            size = picture.size
            _refuse_large(picture)
            # Decodes a large JPG at a fraction of its size.
            picture.draft(None, (2 * LARGEST_SIDE, 2 * LARGEST_SIDE))
            picture.load()
    except (TooManyPixels, Image.DecompressionBombError, MemoryError):
        limit = LARGEST_PIXELS // 1_000_000
        raise Refused(encode(Reason.IMAGE_TOO_MANY_PIXELS, value=str(path), limit=limit)) from None
    except Exception:  # noqa: BLE001 - a decoder fails in many ways on a damaged file, and each says the same
        raise _damaged(path) from None
    return picture, size


class TooManyPixels(Exception):
    """The image has more pixels than are decoded."""


def _refuse_large(picture: Image) -> None:
    if picture.width * picture.height > LARGEST_PIXELS:
        raise TooManyPixels


def _damaged(path: Path) -> Refused:
    return Refused(encode(Reason.IMAGE_DAMAGED, value=str(path)))


def _is_plain(picture: Image) -> bool:
    """Whether a JPG can be sent unchanged: upright, and in colours that phones show."""
    try:
        upright = picture.getexif().get(0x0112, 1) == 1
    except Exception:  # noqa: BLE001 - unreadable metadata; a new JPG does not have it
        return False
    return upright and picture.format == "JPEG" and picture.mode in {"RGB", "L"}


def _flat(path: Path, picture: Image) -> Image:
    """The image upright, in RGB, on white where it was transparent."""
    from PIL import Image

    upright = _upright(picture)
    try:
        if upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info:
            layer = upright.convert("RGBA")
            white = Image.new("RGBA", layer.size, "white")
            return Image.alpha_composite(white, layer).convert("RGB")
        return upright.convert("RGB")
    except Exception:  # noqa: BLE001 - an invalid palette or transparency
        raise _damaged(path) from None


def _upright(picture: Image) -> Image:
    from PIL import ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ImageOps.exif_transpose(picture)
    except Exception:  # noqa: BLE001 - unreadable metadata
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
