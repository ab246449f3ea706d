"""Reasons of runs: why a run, a request or a scheduled start stands as it does; codes with parameters, stored as text.

`reasons.encode` stores them in the journal as it stores the reasons of rows, and `model.sentences` makes their
sentences where a reader sees them, in the reader's language. Journals of earlier versions hold sentences instead.

A parameter is what varies: a number, a time as `format_time` writes it, a text from outside, another reason
(`reasons.nested`), or words of the program (`reasons.message`). An error without a reason of its own gives its
sentence, in the language in which it was raised.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from campaign.model.i18n import N_, NN_

if TYPE_CHECKING:
    from collections.abc import Mapping


class RunReason(StrEnum):
    """The codes. Journals keep them: a code is never renamed, and never used for something else."""

    # An attempt failed, or its answer has no result code.
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_RESET = "connection_reset"
    CONNECTION_ABORTED = "connection_aborted"
    CONNECTION_BROKEN = "connection_broken"
    CERTIFICATE_INVALID = "certificate_invalid"
    ADDRESS_NOT_FOUND = "address_not_found"
    ADDRESS_LOOKUP_FAILED = "address_lookup_failed"
    TUNNEL_REFUSED = "tunnel_refused"
    CONNECTION_TOO_SLOW = "connection_too_slow"
    ANSWER_TOO_SLOW = "answer_too_slow"
    SILENCE = "silence"
    CLOSED_BEFORE_ANSWER = "closed_before_answer"
    ANSWER_CUT_OFF = "answer_cut_off"
    ANSWER_NOT_HTTP = "answer_not_http"
    ANSWER_AGAINST_HTTP = "answer_against_http"
    ANSWER_HEAD_TOO_LONG = "answer_head_too_long"
    ANSWER_LENGTH_UNCLEAR = "answer_length_unclear"
    ANSWER_SWITCHES_PROTOCOL = "answer_switches_protocol"
    ANSWER_DOUBLE = "answer_double"
    ANSWER_ENDLESS = "answer_endless"
    ANSWER_EMPTY = "answer_empty"
    ANSWER_WITHOUT_CODE = "answer_without_code"
    ANSWER_WORD_ALONE = "answer_word_alone"
    ANSWER_OTHER_CODE = "answer_other_code"
    ANSWER_KEY_TWICE = "answer_key_twice"
    ANSWER_NOT_JSON = "answer_not_json"
    NOT_SENT_IN_TIME = "not_sent_in_time"
    SYSTEM_FAULT = "system_fault"  # what the operating system says
    FAILED = "failed"  # any other error, as Python names it

    # What follows for a request.
    GATEWAY_CODE_MEANING = "gateway_code_meaning"
    NOT_SENT = "not_sent"
    GUESSED = "guessed"
    TRIED = "tried"
    TRIED_AGAIN_IN = "tried_again_in"
    STOPPED_BEFORE_ANSWER = "stopped_before_answer"
    ENDED_BEFORE_ANSWER = "ended_before_answer"
    OUTCOME_NOT_WRITTEN = "outcome_not_written"
    WORKER_LOST = "worker_lost"
    ANSWER_LATE = "answer_late"
    ANSWER_AFTER_DECISION = "answer_after_decision"
    CLAIM_GIVEN_BACK = "claim_given_back"
    USER_CANCELLED = "user_cancelled"
    USER_SAID_SENT = "user_said_sent"
    USER_SAID_NOT_SENT = "user_said_not_sent"
    USER_SAID_NOT_SENT_TO_CANCELLED = "user_said_not_sent_to_cancelled"
    USER_SAID_NOT_SENT_TO_PURGED = "user_said_not_sent_to_purged"
    FOUND_BY_NUMBER = "found_by_number"
    FOUND_BY_RECIPIENTS = "found_by_recipients"

    # Why a run pauses, waits or ends.
    GATEWAY_CODE = "gateway_code"
    GATEWAY_CODE_UNLISTED = "gateway_code_unlisted"
    GATEWAY_CODE_IN_A_ROW = "gateway_code_in_a_row"
    GATEWAY_UNREACHABLE = "gateway_unreachable"
    HOSTS_REFUSED = "hosts_refused"
    HOST = "host"  # its address is not known
    HOST_AT = "host_at"
    HOST_AT_PRIVATE = "host_at_private"  # no network but its own reaches this address
    UNREADABLE_ANSWER = "unreadable_answer"
    UNREADABLE_ANSWERS = "unreadable_answers"
    NOT_STARTED_IN_TIME = "not_started_in_time"
    RESERVATION_PASSED = "reservation_passed"
    STOPPED_BY_USER = "stopped_by_user"
    PAUSED_BY_USER = "paused_by_user"
    PAUSED_ON_PAGE = "paused_on_page"
    PAUSED_BY = "paused_by"
    FOUND_NOT_SENT = "found_not_sent"
    FIRST_STAGE_SENT = "first_stage_sent"
    STOP_ABOVE = "stop_above"
    STARTS_AT = "starts_at"
    OUTSIDE_WINDOW = "outside_window"
    WINDOW = "window"
    LEGAL_HOURS = "legal_hours"
    WORKING_DAYS = "working_days"
    ON_HOLIDAY = "on_holiday"
    WEEKEND_AFTER_HOLIDAY = "weekend_after_holiday"
    SPREAD = "spread"
    EVERY_SECONDS = "every_seconds"
    EVERY_MINUTES = "every_minutes"
    EVERY_HOURS = "every_hours"
    RUN_CANCELLED = "run_cancelled"
    RUN_PURGED = "run_purged"
    NOTHING_MORE_SENT = "nothing_more_sent"
    SETTLED_ELSEWHERE = "settled_elsewhere"
    JOURNAL_MOVED = "journal_moved"
    JOURNAL_LOST = "journal_lost"
    JOURNAL_VALUE = "journal_value"
    JOURNAL_FAILED = "journal_failed"
    JOURNAL_FAILED_WITH_HINT = "journal_failed_with_hint"

    # Why rules of advertising were overridden.
    FINDING_IN_ROWS = "finding_in_rows"
    RESUMED_AT_NIGHT = "resumed_at_night"

    # What became of a scheduled start.
    RUN_ENDED = "run_ended"
    UNEXPECTED_ERROR = "unexpected_error"
    NOT_PLANNED = "not_planned"
    REMOVED_BEFORE_START = "removed_before_start"
    NOT_READY_BY = "not_ready_by"
    NO_SCHEDULER = "no_scheduler"
    MISSED_ONCE = "missed_once"
    MISSED_TIMES = "missed_times"
    MISSED_TIMES_OR_MORE = "missed_times_or_more"
    NOT_CONTINUED_PLANNED = "not_continued_planned"
    NOT_CONTINUED_INTERRUPTED = "not_continued_interrupted"
    NOT_CONTINUED_AT = "not_continued_at"
    NOT_STARTED_AT = "not_started_at"

    # Why a number is on the house's own opt-out list.
    REFUSED_IN_RUN = "refused_in_run"
    DEAD_IN_RUNS = "dead_in_runs"


SENTENCES: Final[Mapping[str, str | tuple[str, str]]] = {
    RunReason.CONNECTION_REFUSED: N_("the connection was refused"),
    RunReason.CONNECTION_RESET: N_("the other side closed the connection"),
    RunReason.CONNECTION_ABORTED: N_("the connection was aborted"),
    RunReason.CONNECTION_BROKEN: N_("the connection was closed while the request was sent"),
    RunReason.CERTIFICATE_INVALID: N_("the server's certificate cannot be verified: {error}"),
    RunReason.ADDRESS_NOT_FOUND: N_("{host}: no address found for this name"),
    RunReason.ADDRESS_LOOKUP_FAILED: N_("{host}: no address found for this name: {error}"),
    RunReason.TUNNEL_REFUSED: N_("the proxy refused the tunnel: {answer}"),
    RunReason.CONNECTION_TOO_SLOW: N_("no connection within {seconds:g} s"),
    RunReason.ANSWER_TOO_SLOW: N_("no complete answer within {seconds:g} s"),
    RunReason.SILENCE: N_("nothing was received or sent for {seconds:g} s"),
    RunReason.NOT_SENT_IN_TIME: N_("it could not be sent in time, and another process may have taken it over"),
    RunReason.CLOSED_BEFORE_ANSWER: N_("the connection was closed before it answered"),
    RunReason.ANSWER_CUT_OFF: N_("cut off: the connection was closed before the answer was complete"),
    RunReason.ANSWER_NOT_HTTP: N_("no HTTP answer could be read: {answer}"),
    RunReason.ANSWER_AGAINST_HTTP: N_("no HTTP answer could be read: {error}: {answer}"),
    RunReason.ANSWER_HEAD_TOO_LONG: N_("over {limit:,} bytes of headers, chunk sizes and trailers"),
    RunReason.ANSWER_LENGTH_UNCLEAR: N_("does not say clearly how long it is: Transfer-Encoding {codings}"),
    RunReason.ANSWER_SWITCHES_PROTOCOL: N_("switched to another protocol, unasked"),
    RunReason.ANSWER_DOUBLE: N_("a second answer"),
    RunReason.ANSWER_ENDLESS: N_("HTTP {status} with an endless answer"),
    RunReason.ANSWER_EMPTY: N_("HTTP {status} with an empty body"),
    RunReason.ANSWER_WITHOUT_CODE: NN_(
        "HTTP {status} with {count:,} byte without a result code",
        "HTTP {status} with {count:,} bytes without a result code",
    ),
    RunReason.ANSWER_WORD_ALONE: N_("HTTP {status} with {word} as the whole answer"),
    RunReason.ANSWER_OTHER_CODE: N_('HTTP {status} with "code" {code} instead of a result code'),
    RunReason.ANSWER_KEY_TWICE: N_("HTTP {status} with an ambiguous answer: it has {name!r} twice"),
    RunReason.ANSWER_NOT_JSON: N_("HTTP {status} with an ambiguous answer: it has {word}, which is not JSON"),
    RunReason.SYSTEM_FAULT: N_("{fault}"),
    RunReason.FAILED: N_("{kind}: {error}"),
    RunReason.GATEWAY_CODE_MEANING: N_("{words}"),
    RunReason.NOT_SENT: N_("not sent: {detail}"),
    RunReason.GUESSED: N_("{detail}. {guess}"),
    RunReason.TRIED: N_("tried {count} times"),
    RunReason.TRIED_AGAIN_IN: N_("to be tried again in {seconds:g} s"),
    RunReason.STOPPED_BEFORE_ANSWER: N_("stopped before the answer came"),
    RunReason.ENDED_BEFORE_ANSWER: N_("the program ended before the gateway's answer was on disk"),
    RunReason.OUTCOME_NOT_WRITTEN: N_("its outcome could not be written down: {problem}"),
    RunReason.WORKER_LOST: N_("its worker was lost before the gateway's answer was on disk"),
    RunReason.ANSWER_LATE: N_("the answer came late"),
    RunReason.ANSWER_AFTER_DECISION: N_("this answer came after a user's decision, which stands"),
    RunReason.CLAIM_GIVEN_BACK: N_("not sent: the connection to the journal was lost"),
    RunReason.USER_CANCELLED: N_("cancelled by the user"),
    RunReason.USER_SAID_SENT: N_("the user said: sent"),
    RunReason.USER_SAID_NOT_SENT: N_("the user said: not sent"),
    RunReason.USER_SAID_NOT_SENT_TO_CANCELLED: N_("the user said: not sent; the run was cancelled"),
    RunReason.USER_SAID_NOT_SENT_TO_PURGED: N_("the user said: not sent; its numbers and texts were removed"),
    RunReason.FOUND_BY_NUMBER: N_("found in the vendor's history by its number, request {request}"),
    RunReason.FOUND_BY_RECIPIENTS: N_(
        "found in the vendor's history by its recipients, sender, type and time, request {request}"
    ),
    RunReason.GATEWAY_CODE: N_("code {number}: {words} ({vendor}). To do: {todo}."),
    RunReason.GATEWAY_CODE_UNLISTED: N_("code {number}: {words}. To do: {todo}."),
    RunReason.GATEWAY_CODE_IN_A_ROW: N_("three requests in a row: {code}"),
    RunReason.GATEWAY_UNREACHABLE: N_("the gateway cannot be reached: {detail}"),
    RunReason.HOSTS_REFUSED: N_("no worker's host may send, refused: {hosts}. {code}"),
    RunReason.HOST: N_("{host}"),
    RunReason.HOST_AT: N_("{host} (its own address is {address})"),
    RunReason.HOST_AT_PRIVATE: N_(
        "{host} (its own address is {address}; it is private, and on the internet the host has another one)"
    ),
    RunReason.UNREADABLE_ANSWER: N_("request {no} got no readable answer: {detail}"),
    RunReason.UNREADABLE_ANSWERS: N_("{count} requests in a row got no readable answer, the last one: {detail}"),
    RunReason.NOT_STARTED_IN_TIME: N_("nothing of it was sent by {time} (Asia/Seoul), the latest time to start"),
    RunReason.RESERVATION_PASSED: N_("request {no}: {problem}. Nothing is sent at another time than it was meant for."),
    RunReason.STOPPED_BY_USER: N_("stopped by the user"),
    RunReason.PAUSED_BY_USER: N_("paused by the user"),
    RunReason.PAUSED_ON_PAGE: N_("paused on the page"),
    RunReason.PAUSED_BY: N_("paused by {who}"),
    RunReason.FOUND_NOT_SENT: N_("requests were found not to have been sent"),
    RunReason.FIRST_STAGE_SENT: NN_(
        "the first {count:,} recipient was sent; the rest waits until you have looked at the result",
        "the first {count:,} recipients were sent; the rest waits until you have looked at the result",
    ),
    RunReason.STOP_ABOVE: N_(
        "{failed:,} of {sent:,} recipients are rejected or unknown, more than stop_above = {limit}"
    ),
    RunReason.STARTS_AT: N_("it starts at {time} (Asia/Seoul)"),
    RunReason.OUTSIDE_WINDOW: N_("outside {window} (Asia/Seoul), which opens {time}"),
    RunReason.WINDOW: N_("the window {hours}"),
    RunReason.LEGAL_HOURS: N_("the legal hours for advertisements, {hours}"),
    RunReason.WORKING_DAYS: N_("working days"),
    RunReason.ON_HOLIDAY: N_("on a public holiday ({name}); it goes on {time} (Asia/Seoul), the next working day"),
    RunReason.WEEKEND_AFTER_HOLIDAY: N_("on a weekend after a public holiday; it goes on {time} (Asia/Seoul)"),
    RunReason.SPREAD: N_("spread over time, {spread}; the next are sent {time}"),
    RunReason.EVERY_SECONDS: NN_("{recipients:,} every {count} second", "{recipients:,} every {count} seconds"),
    RunReason.EVERY_MINUTES: NN_("{recipients:,} every {count} minute", "{recipients:,} every {count} minutes"),
    RunReason.EVERY_HOURS: NN_("{recipients:,} every {count} hour", "{recipients:,} every {count} hours"),
    RunReason.RUN_CANCELLED: N_("the run was cancelled"),
    RunReason.RUN_PURGED: N_("its numbers and texts were removed"),
    RunReason.NOTHING_MORE_SENT: N_("run {run}: {reason}, so nothing more of it is sent"),
    RunReason.SETTLED_ELSEWHERE: N_("run {run}: a request was settled by another process; nothing was written"),
    RunReason.JOURNAL_MOVED: N_(
        "journal {path}: the file was moved away or replaced while it was being written to, so nothing "
        "more is sent. Put it back, then resume the run."
    ),
    RunReason.JOURNAL_LOST: N_(
        "journal {path}: the connection to the database was lost, so nothing more is sent. Resume the run "
        "when the database can be reached."
    ),
    RunReason.JOURNAL_VALUE: N_("journal {path}: a value cannot be written: {problem}"),
    RunReason.JOURNAL_FAILED: N_("journal {path}: {message}"),
    RunReason.JOURNAL_FAILED_WITH_HINT: N_("journal {path}: {message}: {hint}"),
    RunReason.FINDING_IN_ROWS: N_("{finding} ({rows})"),
    RunReason.RESUMED_AT_NIGHT: N_("resumed at night, {time}"),
    RunReason.RUN_ENDED: N_("{state}: {why}"),
    RunReason.UNEXPECTED_ERROR: N_("unexpected error: {kind}: {problem}."),
    RunReason.NOT_PLANNED: N_("{said} Nothing was sent."),
    RunReason.REMOVED_BEFORE_START: N_("removed before it started"),
    RunReason.NOT_READY_BY: N_("it was not ready by {time}; nothing was sent"),
    RunReason.NO_SCHEDULER: N_("nothing was started by {time}: no scheduler was running, or it could not start it"),
    RunReason.MISSED_ONCE: N_("nothing was started before the next time"),
    RunReason.MISSED_TIMES: N_("{count:,} times since {time}: nothing was started before the next time"),
    RunReason.MISSED_TIMES_OR_MORE: N_(
        "{count:,} times or more since {time}: nothing was started before the next time"
    ),
    RunReason.NOT_CONTINUED_PLANNED: N_(
        "it was planned, but was not continued by {until}; the rest will not be sent automatically"
    ),
    RunReason.NOT_CONTINUED_INTERRUPTED: N_(
        "it was interrupted, but was not continued by {until}; the rest will not be sent automatically"
    ),
    RunReason.NOT_CONTINUED_AT: N_(
        "it was going to continue at {time}, but was not continued by {until}; the rest will not be sent automatically"
    ),
    RunReason.NOT_STARTED_AT: N_(
        "it was going to start at {time}, but was not continued by {until}; the rest will not be sent automatically"
    ),
    RunReason.REFUSED_IN_RUN: N_("on the refusal list: delivery code {code} in run {run}"),
    RunReason.DEAD_IN_RUNS: N_("not in service or wrong: failed in runs {runs}"),
}
"""The sentence of each code, with its parameters by name; two for one and for more than one of `count`."""
