"""What Twilio's statuses and error codes mean here.

Statuses: https://www.twilio.com/docs/messaging/api/message-resource#message-status-values and
https://www.twilio.com/docs/voice/api/call-resource#call-status-values; codes:
https://www.twilio.com/docs/api/errors. Twilio says codes may change, so an unknown one counts as a failure of
this channel, is kept whole, and the next channel is tried.
"""

from __future__ import annotations

from alerts.model import NoticeState
from alerts.notices import Fault

S = NoticeState

MESSAGE: dict[str, NoticeState] = {
    "scheduled": S.ACCEPTED,
    "accepted": S.ACCEPTED,
    "queued": S.ACCEPTED,
    "sending": S.ACCEPTED,
    "sent": S.SENT,
    "partially_delivered": S.SENT,
    "delivered": S.DELIVERED,
    "read": S.DELIVERED,
    "undelivered": S.UNDELIVERED,
    "failed": S.FAILED,
    "canceled": S.EXPIRED,
}
# "completed" may be a voicemail: without a key it is nobody.
CALL: dict[str, NoticeState] = {
    "queued": S.ACCEPTED,
    "initiated": S.ACCEPTED,
    "ringing": S.RINGING,
    "answered": S.RINGING,
    "in-progress": S.RINGING,
    "completed": S.NO_ANSWER,
    "no-answer": S.NO_ANSWER,
    "busy": S.BUSY,
    "failed": S.FAILED,
    "canceled": S.EXPIRED,
}

CODES: dict[int, Fault] = {
    20003: Fault.CONFIGURATION,  # wrong credentials
    20429: Fault.TEMPORARY,  # too many requests: not processed
    20503: Fault.TEMPORARY,  # unavailable
    21210: Fault.CONFIGURATION,  # caller number not verified
    21211: Fault.NUMBER,  # not a valid number
    21214: Fault.NUMBER,  # cannot be called
    21215: Fault.CONFIGURATION,  # calls to that country are not enabled
    21217: Fault.NUMBER,  # not a valid number to call
    21408: Fault.CONFIGURATION,  # texts to that country are not enabled
    21606: Fault.CONFIGURATION,  # sender is not ours or cannot send texts
    21608: Fault.CONFIGURATION,  # trial account, number not verified
    21610: Fault.OPTED_OUT,
    21611: Fault.TEMPORARY,  # the sender's queue is full
    21612: Fault.CONFIGURATION,  # this sender cannot reach that number
    21614: Fault.NUMBER,  # a landline or not a mobile number
    21617: Fault.TEXT,  # over 1,600 characters
    21703: Fault.CONFIGURATION,  # the messaging service has no senders
    30001: Fault.TEMPORARY,  # queue overflow
    30002: Fault.CONFIGURATION,  # account suspended
    30003: Fault.UNREACHABLE,  # handset off
    30004: Fault.TEXT,  # blocked: the same words will be blocked again
    30005: Fault.NUMBER,  # unknown handset
    30006: Fault.NUMBER,  # landline
    30007: Fault.TEXT,  # filtered
    30008: Fault.UNREACHABLE,  # unknown: the call that follows is the better second try
    30034: Fault.CONFIGURATION,  # sender not registered
    30036: Fault.UNREACHABLE,  # validity ran out
    30410: Fault.TEMPORARY,  # provider time-out
    30500: Fault.TEMPORARY,  # Twilio's own error
}
CALLBACK_REFUSED = 21609
OTHER_SENDER = frozenset(
    {"21210", "21606", "21611", "21612", "21703", "30034"}
)  # the second sender may still work
OTHER_TOKEN = frozenset({20003, 401})


def fault_of(code: int | None) -> Fault:
    """The class of an error code; NONE for none."""
    if not code:
        return Fault.NONE
    return CODES.get(code, Fault.UNKNOWN)


def message_state(status: str) -> NoticeState:
    """The state a message's status means; an unknown status means only that it was taken."""
    return MESSAGE.get(status, S.ACCEPTED)


def call_state(status: str) -> NoticeState:
    """The state a call's status means."""
    return CALL.get(status, S.ACCEPTED)
