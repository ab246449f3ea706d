"""The words of the workbook: Korean, with the English that scripts and documents use."""

from __future__ import annotations

from typing import Final

from campaign.model import RunState, State, Status

NOTES: Final[dict[str, str]] = {
    "status": (
        "이 행의 처리 결과:\n"
        "accepted 게이트웨이가 접수함 (단말 도착은 별개)\n"
        "rejected 게이트웨이가 거절함\n"
        "unknown 보냈으나 응답이 없음: 확인 필요\n"
        "pending 아직 보내지 않음\n"
        "cancelled 취소됨\n"
        "invalid 점검에서 걸러짐\n"
        "duplicate 같은 번호·같은 내용이 위에 있음\n"
        "opted_out 수신거부 번호, 또는 수신동의 없음\n"
        "hidden 숨겨진 행"
    ),
    "resultCode": "게이트웨이가 이 행의 요청에 답한 코드입니다. 0은 접수. 응답이 없으면 비어 있습니다.",
    "message": "코드와 함께 게이트웨이가 보낸 메시지 그대로입니다.",
    "requestNo": "게이트웨이의 요청 번호입니다. 문의할 때 쓰입니다.",
    "msgType": "SMS 90바이트까지, LMS 2,000바이트까지, MMS 그림 포함, GSMS 국제.",
    "reason": "접수되지 않은 사유, 또는 참고 사항.",
    "number": "보낸 (보낼) 번호. 숫자만.",
    "text": "이 수신자에게 보내는 내용 그대로입니다.",
    "bytes": "내용의 길이(바이트). 한글 2바이트, 영문·숫자 1바이트로 셉니다(CP949).",
    "sentAt": "요청을 보낸 시각, 한국 시간(Asia/Seoul). 여러 번이면 마지막.",
    "to_do": "다음에 할 일.",
    "fix": "고쳐야 할 셀의 열 이름입니다. 그 셀은 빨갛게 표시했습니다. 고친 뒤 이 파일로 다시 점검할 수 있습니다.",
    "row": "원래 시트에서의 행 번호입니다.",
    "file": "이 행이 온 파일입니다.",
    "sheet": "이 행이 온 시트입니다.",
}

STATUS: Final[dict[Status, str]] = {
    Status.ACCEPTED: "접수",
    Status.REJECTED: "거절",
    Status.UNKNOWN: "확인 필요",
    Status.PENDING: "대기",
    Status.CANCELLED: "취소",
    Status.INVALID: "제외(오류)",
    Status.DUPLICATE: "제외(중복)",
    Status.OPTED_OUT: "제외(수신거부)",
    Status.HIDDEN: "제외(숨긴 행)",
}

MEANING: Final[dict[Status, str]] = {
    Status.ACCEPTED: "게이트웨이가 접수함(단말 도착은 별개)",
    Status.REJECTED: "게이트웨이가 거절함, 다시 보내지 않음",
    Status.UNKNOWN: "보냈으나 응답 없음, 확인 필요",
    Status.PENDING: "아직 보내지 않음",
    Status.CANCELLED: "취소함",
    Status.INVALID: "점검에서 걸러져 보내지 않음",
    Status.DUPLICATE: "같은 번호·같은 내용이 위에 있음",
    Status.OPTED_OUT: "수신거부 목록에 있거나 수신동의 없음",
    Status.HIDDEN: "시트에서 숨겨진 행",
}

TO_DO: Final[dict[Status, str]] = {
    Status.UNKNOWN: ("업체 발송내역에서 확인한 뒤: campaign resolve RUN --sent | --not-sent"),
    Status.REJECTED: "message를 보고 원인을 고친 뒤, 이 파일로 다시: --only rejected",
    Status.INVALID: "reason을 보고 이 행을 고친 뒤, 이 파일로 다시: --only invalid",
    Status.PENDING: "중지된 원인을 해결한 뒤: campaign resume RUN",
}

RUN: Final[dict[RunState, str]] = {
    RunState.CHECKED: "점검만 함",
    RunState.RUNNING: "보내는 중",
    RunState.FINISHED: "완료",
    RunState.PAUSED: "일시 중지",
    RunState.INTERRUPTED: "중단됨",
    RunState.CANCELLED: "취소됨",
}

REQUEST: Final[dict[State, str]] = {
    State.PLANNED: "대기",
    State.IN_FLIGHT: "보내는 중",
    State.ACCEPTED: "접수",
    State.REJECTED: "거절",
    State.UNKNOWN: "확인 필요",
    State.CANCELLED: "취소",
}

STOPS: Final = "발송 불가  stops the send"
CAUTION: Final = "확인 필요  please check"
KEPT: Final = "규칙 위반이 발견되지 않았습니다.  Nothing was found against the rules."
OVERRIDDEN: Final = "규칙을 무시하고 보냄  overridden by the user"

SANDBOX: Final = "샌드박스 실행: 실제로 발송된 문자는 없습니다.  SANDBOX: nothing really went out."
CHECK: Final = "점검 결과: 아무것도 보내지 않았습니다.  CHECK ONLY: nothing was sent."
