"""Reads a send request's fields without judging them."""

from collections.abc import Callable
from dataclasses import dataclass
from json import loads
from typing import Literal
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, create_form_parser

Edition = Literal["v1", "v2"]

_IN_MEMORY = 1 << 30  # no part goes to a temporary file; the size of the whole body is limited when it is received


class UnreadableError(ValueError):
    """A body does not have the form that the document requires; the message says why, in English."""


@dataclass(frozen=True, slots=True)
class Image:
    """The image part of an MMS."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The fields of one send request.

    Fields of the type `object` are unchanged: `rules` judges them. `to` has the recipients without hyphens, one a line;
    it is empty if the request has none in a form that the document describes.
    """

    edition: Edition
    multipart: bool
    version: object = None
    sender: object = None
    to: str = ""
    title: object = None
    text: object = None
    date: object = None
    msg_type: object = None
    image: Image | None = None


def read(edition: Edition, content_type: str, body: bytes) -> Submission:
    """Read a request's body: JSON, or multipart/form-data for an MMS.

    Raises:
        UnreadableError: the content type is another one, or the body does not match it.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return _read_json(edition, body)
    if kind == "multipart/form-data":
        return _read_form(edition, content_type, body)
    raise UnreadableError(f"Content-Type is neither application/json nor multipart/form-data: {content_type[:100]!r}")


def _read_json(edition: Edition, body: bytes) -> Submission:
    try:
        fields = loads(body.decode())  # UTF-8 only: `loads` accepts UTF-16 too
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"the body is not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise UnreadableError("the body is not a JSON object")
    return Submission(
        edition=edition,
        multipart=False,
        version=fields.get("version"),
        sender=_clean(fields.get("from")),
        to=_join(_listed(edition, fields.get("to"))),
        title=_clean(fields.get("title")),
        text=_clean(fields.get("text")),
        date=_clean(fields.get("date")),
        msg_type=fields.get("msgType"),
    )


def _listed(edition: Edition, to: object) -> object:
    # Only v1 documents a single number that is not in an array.
    return [to] if edition == "v1" and isinstance(to, str) else to


def _join(numbers: object) -> str:
    """The numbers without hyphens, one a line; empty if they are not a list of strings."""
    if not isinstance(numbers, list):
        return ""
    try:
        joined = "\n".join(numbers)
    except TypeError:
        return ""
    if joined.count("\n") > len(numbers) - 1:  # a line break inside a number must not make two numbers
        return ""
    return str(_clean(joined.replace("-", "")))


def _clean(value: object) -> object:
    """Replace lone surrogates, which JSON can contain and UTF-8 cannot."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _read_form(edition: Edition, content_type: str, body: bytes) -> Submission:
    fields, image = _parts(content_type, body)
    return Submission(
        edition=edition,
        multipart=True,
        version=fields.get("version"),
        sender=fields.get("from"),
        to=_join(_unqueried(fields.get("to", ""))),
        title=fields.get("title"),
        text=fields.get("text"),
        date=fields.get("date"),
        image=image,
    )


def _unqueried(to: str) -> list[str]:
    """Read PHP's `http_build_query` of a list, `0=0100…&1=0100…`, or the single number of the document's sample."""
    return [value for _, value in parse_qsl(to, keep_blank_values=True)] if "=" in to else [to]


def _parts(content_type: str, body: bytes) -> tuple[dict[str, str], Image | None]:
    fields: dict[str, str] = {}
    images: list[Image] = []

    def keep_field(field: Field) -> None:
        fields[_decoded(field.field_name)] = _decoded(field.value)

    def keep_file(file: File) -> None:
        if file.field_name == b"image":
            file.file_object.seek(0)
            images.append(Image(_decoded(file.file_name), file.file_object.read()))

    _feed(content_type, body, keep_field, keep_file)
    return fields, images[-1] if images else None


def _feed(content_type: str, body: bytes, on_field: Callable[[Field], None], on_file: Callable[[File], None]) -> None:
    headers = {"Content-Type": content_type.encode("latin-1")}
    try:
        parser = create_form_parser(headers, on_field, on_file, config={"MAX_MEMORY_FILE_SIZE": _IN_MEMORY})
        parser.write(body)
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise UnreadableError(f"the body is not multipart/form-data: {error}") from None


def _decoded(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace")
