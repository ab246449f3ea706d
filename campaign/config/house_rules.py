"""What a house allows to every campaign that its page sends: hours, recipients a day, and whom it notifies."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field, ValidationError

from campaign.config import file_faults
from campaign.config.sections import NotifySection, Section, SendingWindow
from campaign.model.errors import SettingsError
from campaign.model.i18n import _
from campaign.model.times import SEOUL
from campaign.timing import window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign.config.campaign_file import Campaign


class HouseRules(Section):
    """The rules of a house.

    Attributes:
        window: the hours in which it sends, in Asia/Seoul; a campaign's own window can only narrow them.
        most_a_day: the recipients that a day may have, at most.
        ask_reason: whether the user has to give a reason for a send; it is recorded.
        notify: who is notified of campaigns whose file notifies nobody.
    """

    window: SendingWindow | None = None
    most_a_day: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    ask_reason: bool = False
    notify: NotifySection | None = None

    def applied(self, campaign: Campaign) -> Campaign:
        """The campaign as this house sends it: within its hours, with its notices.

        Raises:
            SettingsError: the campaign's hours and those of the house have no common time, or not one without a break.
        """
        sending = campaign.sending
        if self.window is not None:
            try:
                hours = window.narrowed(sending.window, self.window)
                window.next_opening(
                    window.of_run(hours, advertisement=campaign.message.advertisement), datetime.now(SEOUL)
                )
            except ValueError as problem:
                words = _("window of the house, {window}: {problem}", window=self.window, problem=problem)
                raise SettingsError(words) from None
            sending = sending.model_copy(update={"window": hours})
        return campaign.model_copy(update={"sending": sending, "notify": campaign.notify or self.notify})


def read(values: Mapping[str, Any], place: str) -> HouseRules:
    """The rules among the values of a house's file, which has other keys as well; `place` names the file in messages.

    Raises:
        SettingsError: a value is wrong; the message names each wrong key and its value.
    """
    try:
        return HouseRules.model_validate({key: values[key] for key in HouseRules.model_fields if key in values})
    except ValidationError as problem:
        lines = dict.fromkeys(f"{place}: {file_faults.value_message(error, _KEYS)}" for error in problem.errors())
        raise SettingsError("\n".join(lines)) from None


_KEYS: Final = {"notify": tuple(NotifySection.model_fields)}
