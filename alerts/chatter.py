"""Which alarms come and go too often: a memory of activations per rule and scope; pure."""

from __future__ import annotations

from collections import deque

CHATTER_S = 3600.0
UNMARKED_RAISES = 3  # within CHATTER_S; the next one marks the alarm (C21: 200 crossings give 3 messages)

Key = tuple[str, str, str]  # drill, rule, scope


class Chatter:
    """Activations of the last hour."""

    def __init__(self) -> None:
        self._raises: dict[Key, deque[float]] = {}

    def note(self, key: Key, at: float) -> bool:
        """An activation; True if it is one too many."""
        raises = self._raises.setdefault(key, deque(maxlen=UNMARKED_RAISES + 1))
        if not raises or at > raises[-1]:
            raises.append(at)
        return len(raises) > UNMARKED_RAISES and at - raises[0] <= CHATTER_S

    def calm_at(self, key: Key, active_at: float) -> float:
        """When it will have been quiet for long enough to lose the mark."""
        raises = self._raises.get(key)
        return (raises[-1] if raises else active_at) + CHATTER_S
