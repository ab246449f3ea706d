"""Errors as pages in the same frame, each with a way on."""

from __future__ import annotations

import logging
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException

from campaign.model.i18n import N_, _
from campaign.web import disk
from campaign.web.pipes import ChildEnded, ChildError, ChildFailed, ChildTimeout
from campaign.web.server import render

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

LOG: Final = logging.getLogger("campaign.web")

_TITLES: Final = {
    400: N_("This cannot be done"),
    401: N_("You are not signed in"),
    403: N_("This is not allowed"),
    404: N_("There is no such page"),
    405: N_("This cannot be done"),
    409: N_("It was changed elsewhere"),
    413: N_("This is too large"),
    429: N_("Too much at once"),
    500: N_("Something went wrong"),
    503: N_("One moment"),
    507: N_("The disk is full"),
}
_WORDS: Final = {
    400: N_("The request could not be read. Go back and try again."),
    401: N_("To open this page, run `campaign web link` in the terminal and open the address that it prints."),
    403: N_("This page answers only what was asked from this page itself, on this computer."),
    404: N_("The address is wrong, or what it showed was deleted."),
    405: N_("The request could not be read. Go back and try again."),
    409: N_("Someone changed this in another window. Look at it again before you go on."),
    413: N_("Send less at once."),
    429: N_("Try again in a moment."),
    500: N_("Nothing more is known here; the log has the details under {number}. Try again."),
    503: N_("The program is starting. This page tries again by itself."),
    507: disk.WORDS,
}
_RELOAD_S: Final = 3


def answer(
    request: Request, status: int, words: str | None = None, *, link: tuple[str, str] | None = None, number: str = ""
) -> Response:
    """The page of an error, or its words for the script.

    Args:
        request: what is answered.
        status: one of 400, 401, 403, 404, 405, 409, 413, 429, 500, 503 and 507.
        words: what happened and what to do; None for what the status says in general.
        link: path and name of the way on; None for the list of campaigns.
        number: where the log has more.
    """
    known = status if status in _TITLES else 400 if status < 500 else 500  # noqa: PLR2004 (where HTTP's classes part)
    said = words or _(_WORDS[known], number=number)
    if render.is_fragment(request):
        return render.fragment(request, "error_fragment.html", status=status, words=said)
    title, link = _(_TITLES[known]), link or ("/", _("Campaigns"))
    response = render.page(request, "error.html", status=status, title=title, words=said, link=link)
    if status == 503 and request.method == "GET":  # noqa: PLR2004 (HTTP's own number)
        response.headers["refresh"] = response.headers["retry-after"] = str(_RELOAD_S)
    return response


async def of_http(request: Request, problem: Exception) -> Response:
    """What Starlette or a route refuses by its status; a `detail` of ours is shown, Starlette's own is not."""
    assert isinstance(problem, HTTPException)  # noqa: S101 (registered for it alone)
    return answer(request, problem.status_code)


class Refusal(HTTPException):
    """A route refuses a request, with words for the user."""

    def __init__(self, status: int, words: str | None = None) -> None:
        super().__init__(status)
        self.words = words


def of_child(request: Request, problem: ChildError) -> Response:
    """What a child process refuses, or that it gave no answer."""
    if isinstance(problem, ChildFailed):
        return answer(request, 500, number=problem.number)
    if isinstance(problem, ChildEnded | ChildTimeout):
        return answer(request, 503, str(problem))
    return answer(request, 507 if problem.code == "disk_full" else 400, str(problem))


def of_fault(request: Request, problem: Exception) -> Response:
    """A full disk; else a fault of ours: its traceback goes to the log, under a number that the page shows."""
    if disk.is_full(problem):
        LOG.error("%s %s: %s", request.method, request.url.path, problem)
        return answer(request, 507)
    number = token_hex(4)
    LOG.error("fault %s: %s %s", number, request.method, request.url.path, exc_info=problem)
    return answer(request, 500, number=number)
