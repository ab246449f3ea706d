"""The gateway's result codes: the vendor's words, ours, and what the dispatch does after each.

Source: the vendor's document for number and Korean words; gateway.md for the policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from campaign.model.i18n import N_
from campaign.model.reasons import encode, message
from campaign.model.run_reasons import RunReason


class Policy(StrEnum):
    """What the dispatch does after a code."""

    ACCEPT = N_("accept")  # final: accepted
    REJECT = N_("reject")  # final for this request: its content is at fault; the run continues
    RETRY_THEN_PAUSE = N_("retry, then pause")  # two more tries; three requests in a row pause the run
    RETRY_THEN_REJECT = N_("retry, then reject")  # two more tries, then final for this request
    BACK_OFF = N_("back off")  # the whole run waits and retries, and pauses after half an hour
    PAUSE = N_("pause")  # later requests would get the same code: the run pauses until the cause is fixed
    REJECT_AND_PAUSE = N_("reject and pause")  # not in the document: final for this request, and the run pauses


@dataclass(frozen=True, slots=True)
class Code:
    """One result code. `korean` is the vendor's wording, `english` and `todo` are ours."""

    number: int
    korean: str
    english: str
    policy: Policy
    todo: str


_TABLE: Final = (
    Code(
        0,
        "전송 성공",
        N_("accepted by the gateway"),
        Policy.ACCEPT,
        N_("nothing; delivery to the handset is reported elsewhere"),
    ),
    Code(
        1,
        "메시지가 전송되지 않았습니다.",
        N_("message was not sent"),
        Policy.RETRY_THEN_PAUSE,
        N_("if it persists, ask the vendor for the cause"),
    ),
    Code(
        11,
        "운영 중인 서비스가 아닙니다.",
        N_("service not in operation"),
        Policy.PAUSE,
        N_("check in the vendor's console that the service is active"),
    ),
    Code(
        12,
        "요금제 충전 중입니다. 잠시 후 다시 시도해 보시기 바랍니다.",
        N_("plan is being recharged"),
        Policy.BACK_OFF,
        N_("wait, or recharge in the vendor's console"),
    ),
    Code(
        13,
        "등록되지 않은 발신번호입니다.",
        N_("sender number not registered"),
        Policy.PAUSE,
        N_("register the sender number in the vendor's console"),
    ),
    Code(
        14,
        "인증 요청이 올바르지 않습니다.",
        N_("authentication failed"),
        Policy.PAUSE,
        N_(
            "set IWINV_API_KEY and IWINV_AUTH_KEY to the keys of the vendor's console (public clients saw this code "
            "for keys of the gateway's older service, too)"
        ),
    ),
    Code(
        15,
        "등록하지 않은 IP에서는 발송되지 않습니다.",
        N_("IP address not registered"),
        Policy.PAUSE,
        N_("register this machine's IP address in the vendor's console"),
    ),
    Code(
        21,
        "장문 메시지는 2000 Bytes까지만 입력이 가능합니다.",
        N_("text over 2,000 bytes"),
        Policy.REJECT,
        N_("shorten the text"),
    ),
    Code(
        22,
        "제목 입력 가능 문자 : 한글, 영어, 숫자 허용된 특수문자는 [ ] ( ) < > 입니다.",
        N_("title has a character that is not allowed"),
        Policy.REJECT,
        N_("remove the character from the title"),
    ),
    Code(
        23, "제목은 40 Byte까지만 입력이 가능합니다.", N_("title over 40 bytes"), Policy.REJECT, N_("shorten the title")
    ),
    Code(31, "파일 업로드는 100KB까지 가능합니다.", N_("image over 100 KB"), Policy.REJECT, N_("use a smaller image")),
    Code(32, "허용되지 않는 파일 확장자입니다.", N_("image type not allowed"), Policy.REJECT, N_("use a JPG")),
    Code(
        33,
        "이미지 업로드에 실패했습니다.",
        N_("image upload failed"),
        Policy.RETRY_THEN_REJECT,
        N_("try again later"),
    ),
    Code(
        41,
        "수신 번호를 입력하여 주세요.",
        N_("no recipient"),
        Policy.PAUSE,
        N_("a bug in this program: please report it"),
    ),
    Code(
        42,
        "예약 전송은 현재 시간 15분 이후 한달 이전까지만 가능",
        N_("reservation outside 15 minutes to one month"),
        Policy.PAUSE,
        N_("set a later `reserve`, or cancel the run and plan a new one"),
    ),
    Code(
        43,
        "날짜와 시간 표현 형식(예: 2015-09-02 14:17:03)에 맞춰 입력하여 주십시오.",
        N_("date format"),
        Policy.PAUSE,
        N_("a bug in this program: please report it"),
    ),
    Code(
        44,
        "최대 1000건 전송 가능합니다.",
        N_("over 1,000 recipients"),
        Policy.PAUSE,
        N_("a bug in this program: please report it"),
    ),
    Code(
        50,
        "SMS 자동 충전 하루 5번 충전 한도를 초과하였습니다.",
        N_("automatic recharge limit of the day reached"),
        Policy.PAUSE,
        N_("recharge by hand in the vendor's console, or resume tomorrow"),
    ),
)

CODES: Final[dict[int, Code]] = {code.number: code for code in _TABLE}
"""Every code of the document, by number."""

ACCEPTED: Final = 0
"""The code of a request that the gateway accepted."""


def describe(number: int) -> Code:
    """The result code of a number; for a number that the document does not list, one that rejects and pauses."""
    unlisted = Code(
        number, "", N_("not in the vendor's document"), Policy.REJECT_AND_PAUSE, N_("ask the vendor what it means")
    )
    return CODES.get(number, unlisted)


GUESSES: Final = {
    "202": N_(
        "The vendor's document does not list it; public clients of this gateway saw it when the keys were rejected or "
        "may not send SMS. To do: compare IWINV_API_KEY and IWINV_AUTH_KEY with the vendor's console."
    ),
    "206": N_(
        "The vendor's document does not list it; public clients of this gateway expect it when the IP address is not "
        "registered. To do: register this machine's IP address in the vendor's console."
    ),
    "00": N_(
        "The vendor's document does not list it; public clients of this gateway know it as the older edition's answer "
        "to an accepted request, so the message may have been sent. To do: check the gateway's URL, and ask the vendor "
        "which edition answers there."
    ),
}
"""The probable meaning of answers without a `resultCode` that are this word alone, or have it as `code`.

Source: public clients of the gateway, not the vendor's document. The meaning is shown to the user and decides nothing
about the request, which stays unknown.
"""


def meaning(code: Code) -> str:
    """What a code means, as `reasons.encode` stores it."""
    return encode(RunReason.GATEWAY_CODE_MEANING, words=message(code.english))
