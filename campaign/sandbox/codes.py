"""The gateway's result codes and the vendor's messages for them.

Source: the vendor's document, "문자 메시지 전송 결과 코드 값"; both editions list the same codes.
"""

ACCEPTED = 0
NOT_SENT = 1
SENDER = 13
SECRET = 14
TEXT_TOO_LONG = 21
TITLE_CHARACTERS = 22
TITLE_TOO_LONG = 23
IMAGE_TOO_LARGE = 31
IMAGE_KIND = 32
IMAGE_MISSING = 33
RECIPIENTS_MISSING = 41
DATE_RANGE = 42
DATE_FORMAT = 43
RECIPIENTS_TOO_MANY = 44

MESSAGES = {
    0: "전송 성공",
    1: "메시지가 전송되지 않았습니다.",
    11: "운영 중인 서비스가 아닙니다.",
    12: "요금제 충전 중입니다. 잠시 후 다시 시도해 보시기 바랍니다.",
    13: "등록되지 않은 발신번호입니다.",
    14: "인증 요청이 올바르지 않습니다.",
    15: "등록하지 않은 IP에서는 발송되지 않습니다.",
    21: "장문 메시지는 2000 Bytes까지만 입력이 가능합니다.",
    22: "제목 입력 가능 문자 : 한글, 영어, 숫자 허용된 특수문자는 [ ] ( ) < > 입니다.",
    23: "제목은 40 Byte까지만 입력이 가능합니다.",
    31: "파일 업로드는 100KB까지 가능합니다.",
    32: "허용되지 않는 파일 확장자입니다.",
    33: "이미지 업로드에 실패했습니다.",
    41: "수신 번호를 입력하여 주세요.",
    42: "예약 전송은 현재 시간 15분 이후 한달 이전까지만 가능",
    43: "날짜와 시간 표현 형식(예: 2015-09-02 14:17:03)에 맞춰 입력하여 주십시오.",
    44: "최대 1000건 전송 가능합니다.",
    50: "SMS 자동 충전 하루 5번 충전 한도를 초과하였습니다.",
}


def message(code: int) -> str:
    """Return the vendor's message for `code`; a code that the document does not list gets a message of our own."""
    return MESSAGES.get(code) or f"문서에 없는 코드입니다. ({code})"
