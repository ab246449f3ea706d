"""Sanitizes rendered texts before they are checked: newlines, decomposed Hangul, substitutes.

Nearly no text needs it, so the bytes of a whole column are searched first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from campaign.messages.cp949 import SUBSTITUTES, clean, substitute

if TYPE_CHECKING:
    from collections.abc import Callable

    Needle = tuple[bytes, re.Pattern[bytes]]

_UNCLEAN: Final = (b"\r\xe1", re.compile(rb"\r|\xe1[\x84-\x87]"))
"""First bytes, and the pattern: a carriage return, or the first two bytes of U+1100 to U+11FF in UTF-8."""

_BYTES: Final = sorted(character.encode() for character in SUBSTITUTES)
_SUBSTITUTED: Final = (bytes({data[0] for data in _BYTES}), re.compile(b"|".join(map(re.escape, _BYTES))))


def sanitizer(*, substituting: bool) -> Callable[[pa.ChunkedArray], pa.ChunkedArray]:
    """The function that sanitizes a column of texts with `cp949.clean` and, if `substituting`, `cp949.substitute`."""
    if not substituting:
        return lambda texts: _sanitize_matching(_UNCLEAN, clean, texts)
    return lambda texts: _sanitize_matching(_SUBSTITUTED, substitute, _sanitize_matching(_UNCLEAN, clean, texts))


def _sanitize_matching(needle: Needle, sanitize: Callable[[str], str], texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Apply `sanitize` to the texts that contain the needle."""
    chunks = [_sanitized(needle, sanitize, chunk) if len(chunk) else chunk for chunk in texts.chunks]
    return pa.chunked_array(chunks, type=texts.type)


def _sanitized(needle: Needle, sanitize: Callable[[str], str], texts: pa.StringArray) -> pa.StringArray:
    _, offsets, data = texts.buffers()
    edges = np.frombuffer(offsets, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    found = _places(needle, bytes(memoryview(data or b"")[edges[0] : edges[-1]]))
    if not found:
        return texts
    sanitized = texts.to_pylist()
    for place in set((np.searchsorted(edges - edges[0], found, side="right") - 1).tolist()):
        sanitized[place] = sanitize(sanitized[place])
    return pa.array(sanitized, type=texts.type)


def _places(needle: Needle, data: bytes) -> list[int]:
    first_bytes, pattern = needle
    # A search for single bytes is ten times as fast as the pattern, and Korean text has none of them.
    if not any(byte in data for byte in first_bytes):
        return []
    return [match.start() for match in pattern.finditer(data)]
