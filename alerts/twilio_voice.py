"""What a call says, as Twilio's own document language (TwiML): short, said twice, then a key."""

from __future__ import annotations

from typing import Any

from twilio.twiml.voice_response import VoiceResponse

from alerts.wording import HEARD, NO_KEY, NOT_BY_KEY, PASSED, PRESS
from sensors.model import Text

# Voices by language (https://www.twilio.com/docs/voice/twiml/say/text-speech); Mandarin must be asked for.
VOICES = {"zh": ("zh-CN", "Polly.Zhiyu"), "en": ("en-GB", "Polly.Amy")}
WAIT_KEY_S = 8
TIMES = 2


def call_document(words: str, language: str, action: str) -> str:
    """The call's words twice with a key asked for each time; ``action`` takes the key.

    Without an address that can take a key the call only speaks, and says how to confirm instead.
    """
    answer: Any = VoiceResponse()  # type: ignore[no-untyped-call]
    code, voice = _voice(language)
    for _ in range(TIMES):
        if action:
            asked = answer.gather(num_digits=1, timeout=WAIT_KEY_S, action=action, method="POST")
            asked.say(f"{words} {PRESS.in_(language)}", language=code, voice=voice)
        else:
            answer.say(f"{words} {NOT_BY_KEY.in_(language)}", language=code, voice=voice)
            answer.pause(length=1)
    if action:
        answer.say(NO_KEY.in_(language), language=code, voice=voice)
    return str(answer)


def key_document(digits: str, language: str) -> str:
    """What is said after a key."""
    said: Text = {"1": HEARD, "3": PASSED}.get(digits[:1], NO_KEY)
    answer: Any = VoiceResponse()  # type: ignore[no-untyped-call]
    code, voice = _voice(language)
    answer.say(said.in_(language), language=code, voice=voice)
    return str(answer)


def _voice(language: str) -> tuple[str, str]:
    return VOICES["zh" if language == "zh" else "en"]
