"""The base of every section of the campaign file."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints


def _without_nul(text: str) -> str:
    """Refuse NUL, which no name of a file, a program or a column can have."""
    if "\0" in text:
        raise ValueError(r"has the character \u0000, which is not allowed")
    return text


Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_without_nul)]


class Section(BaseModel):
    """A section of the campaign file: frozen, and strict about keys and types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
