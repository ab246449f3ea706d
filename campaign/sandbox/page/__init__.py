"""The files of the inbox page: HTML, CSS and JavaScript, served unchanged."""

from pathlib import Path

_HERE = Path(__file__).parent

FILES = {
    "/": ("inbox.html", "text/html; charset=utf-8"),
    "/inbox.css": ("inbox.css", "text/css; charset=utf-8"),
    "/inbox.js": ("inbox.js", "text/javascript; charset=utf-8"),
}


def read(name: str) -> bytes:
    """Return the content of the file with this name."""
    return (_HERE / name).read_bytes()
