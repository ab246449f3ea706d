"""Sanitizes text for the cells of a workbook, and counts the changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from campaign.model.i18n import N_, _

LONGEST: Final = 32_767
"""Characters a cell can hold, counted in UTF-16. Source: Excel specifications and limits."""

CUT: Final = N_(" …[cut at 32,767 characters]")
"""Ends a text that was too long."""

FORBIDDEN: Final = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}]"
"""Characters that XML 1.0 cannot hold, as a pattern of RE2."""

VISIBLE: Final = {code: 0x2400 + code for code in range(32) if code not in {9, 10, 13}} | {
    0xFFFE: 0xFFFD,
    0xFFFF: 0xFFFD,
}
"""Their visible forms: control pictures such as ␇ for the bell."""

SPACE: Final = 32
"""Bytes below are control characters; the two that a cell may hold are the tab and the line feed."""

SUSPECT_PAIRS: Final = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")  # U+FFFE, U+FFFF


@dataclass(slots=True)
class Changes:
    """How many cells were sanitized or truncated for a workbook."""

    replaced: int = 0  # cells with characters that a workbook cannot hold, made visible
    cut: int = 0  # cells with more text than a workbook can hold, truncated

    def __bool__(self) -> bool:
        return bool(self.replaced or self.cut)


def sanitize(values: pa.Array, changes: Changes) -> pa.Array:
    """`values` with Excel's line ends, forbidden characters made visible, and over-long text cut and marked.

    Gives `values` itself where nothing has to change.
    """
    if not suspicious(values):
        return values
    values = pc.replace_substring(pc.replace_substring(values, "\r\n", "\n"), "\r", "\n")
    forbidden = pc.fill_null(pc.match_substring_regex(values, FORBIDDEN), fill_value=False)
    long = pc.fill_null(pc.greater(pc.binary_length(values), LONGEST), fill_value=False)
    wrong = pc.or_(forbidden, long)
    if not pc.any(wrong).as_py():
        return values
    changes.replaced += pc.sum(forbidden).as_py()
    sanitized = [sanitize_one(value, changes) for value in values.filter(wrong).to_pylist()]
    return pc.replace_with_mask(values, wrong, pa.array(sanitized, values.type))


def suspicious(values: pa.Array) -> bool:
    """Whether any text may need a change: a quick look at the bytes, never wrong if it says no."""
    _, ends, content = values.buffers()
    if content is None or not len(values):
        return False
    width = np.int64 if pa.types.is_large_string(values.type) else np.int32
    offsets = np.frombuffer(ends, dtype=width)[values.offset : values.offset + len(values) + 1]
    data = np.frombuffer(content, dtype=np.uint8)[offsets[0] : offsets[-1]]
    low = data[data < SPACE]
    if np.any((low != ord("\t")) & (low != ord("\n"))) or np.diff(offsets).max() > LONGEST:
        return True
    raw = data.tobytes()
    return any(pair in raw for pair in SUSPECT_PAIRS)


def sanitize_one(value: str, changes: Changes) -> str:
    """One text, sanitized in the same way, but with its own line ends."""
    visible = value.translate(VISIBLE)
    wide = visible.encode("utf-16-le")
    if len(wide) <= 2 * LONGEST:
        return visible
    changes.cut += 1
    end = _(CUT)
    return wide[: 2 * (LONGEST - len(end))].decode("utf-16-le", "ignore") + end


def well_formed(value: str) -> str:
    """`value` with U+FFFD for lone surrogates, which no encoding can hold."""
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
