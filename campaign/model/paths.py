"""The identity of files: one path for a file, however it was named."""

from __future__ import annotations

import os
from pathlib import Path


def canonical_path(path: Path | str) -> Path:
    """The absolute path of a file, with `..` and symbolic links resolved, whether or not the file is there.

    A link that leads back to itself stays as it is: opening it then says what is wrong.
    """
    return Path(os.path.realpath(path))
