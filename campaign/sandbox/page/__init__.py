"""The inbox page's files: HTML, CSS and JavaScript of our own, served as they are."""

from pathlib import Path

_HERE = Path(__file__).parent

FILES = {
    "/": ("inbox.html", "text/html; charset=utf-8"),
    "/inbox.css": ("inbox.css", "text/css; charset=utf-8"),
    "/inbox.js": ("inbox.js", "text/javascript; charset=utf-8"),
}


def read(name: str) -> bytes:
    """Give the content of one of the files."""
    return (_HERE / name).read_bytes()
