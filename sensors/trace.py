"""A document that remembers what a dialect asked of it, so that the answer can be given again without the dialect.

A dialect reads such a document as any other: objects are dicts, texts are str, numbers are int and float. Each
value knows its place and notes when it is looked at: compared, tested, computed with, shown. What was never
looked at cannot have decided anything; a number that only went through ``Heard.number`` is a measurement; a text
that only went through ``Clock.read`` is a time. True, false and null cannot remember: whoever reached them is
taken to have looked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from msgspec import Struct

from sensors.dialects.base import Message
from sensors.heard import Heard, Observation, measure
from sensors.times import Clock
from sensors.units import scale
from sensors.vocabulary import words

Place = tuple[str | int, ...]
"""Keys and indexes from the top of a document to one of its values."""


class Log:
    """What was asked. ``opened`` containers were looked into, ``reached`` values handed out, ``touched`` looked at;
    ``times`` were read as times and ``measured`` as numbers; ``lost`` says that something else was asked."""

    def __init__(self) -> None:
        self.opened: set[Place] = set()
        self.reached: set[Place] = set()
        self.touched: set[Place] = set()
        self.times: set[Place] = set()
        self.measured: set[Place] = set()
        self.lost = False


class Measured(Struct, frozen=True):
    """A number as ``Heard.number`` took it: where it stood and how it became the quantity's unit."""

    place: Place
    quantity: str
    text: bool
    factor: float
    shift: float


class _Traced:
    log: Log
    place: Place
    plain: Any


class TracedInt(int, _Traced):
    """A whole number of the document."""


class TracedFloat(float, _Traced):
    """A number of the document."""


class TracedText(str, _Traced):
    """A text of the document. Whether it is empty may be asked: an empty text is no time and no number."""

    def __bool__(self) -> bool:
        return bool(self.plain)


class TracedValue(float):
    """A measured value on its way into an observation."""

    log: Log
    measured: Measured


class TracedTime(float):
    """A time on its way into an observation; true like every time after 1970."""

    log: Log
    place: Place


class TracedDict(dict[str, Any], _Traced):
    """An object of the document."""


class TracedList(list[Any], _Traced):
    """An array of the document."""


def _touching(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def touch(self: Any, *args: Any, **named: Any) -> Any:
        for one in (self, *args):  # both sides of a comparison have been looked at
            _touch(one)
        return method(self, *args, **named)

    touch.__name__ = name
    return touch


def _touch(value: Any) -> None:
    if isinstance(value, _Traced):
        value.log.touched.add(value.place)
    elif isinstance(value, TracedValue):
        value.log.touched.add(value.measured.place)
    elif isinstance(value, TracedTime):
        value.log.lost = True


_KEPT = words(
    """__class__ __new__ __init__ __init_subclass__ __subclasshook__ __getattribute__ __setattr__ __delattr__
    __doc__ __dir__ __sizeof__ __reduce__ __reduce_ex__ __getnewargs__ __getstate__ __getformat__ __class_getitem__
    from_bytes fromhex maketrans fromkeys"""
)
for _kind in (TracedInt, TracedFloat, TracedText, TracedValue, TracedTime):
    _base = next(base for base in _kind.__mro__ if base in (int, float, str))
    for _name in dir(_base):
        if _name in _KEPT or not callable(getattr(_base, _name)):
            continue
        if not (_kind is TracedTime and _name == "__bool__"):
            setattr(_kind, _name, _touching(_name, getattr(_base, _name)))


def _asking(name: str, method: Callable[..., Any], what: str) -> Callable[..., Any]:
    def ask(self: Any, *args: Any, **named: Any) -> Any:
        self.log.opened.add(self.place)
        if what == "one":
            self.log.reached.add((*self.place, args[0]))
        elif what == "all":
            keys = range(list.__len__(self)) if isinstance(self, TracedList) else dict.keys(self)
            self.log.reached.update((*self.place, key) for key in keys)
        elif what == "lost":
            self.log.lost = True
        return method(self, *args, **named)

    ask.__name__ = name
    return ask


_DICT_ASKS = {
    "get": "one",
    "__getitem__": "one",
    "items": "all",
    "values": "all",
    "keys": "keys",
    "__iter__": "keys",
    "__contains__": "keys",
    "__len__": "keys",
}
_LIST_ASKS = {"__len__": "keys", "__iter__": "all", "__getitem__": "all", "__contains__": "all"}
for _container, _asks in ((TracedDict, _DICT_ASKS), (TracedList, _LIST_ASKS)):
    _table = _container.__mro__[1]
    for _name in dir(_table):
        if _name not in _KEPT and callable(getattr(_table, _name)):
            _what = _asks.get(_name, "lost")
            setattr(_container, _name, _asking(_name, getattr(_table, _name), _what))


def traced(value: Any, log: Log, place: Place = ()) -> Any:
    """A document with memory. Tables are filled before they begin to remember."""
    made: Any
    if isinstance(value, dict):
        made = TracedDict()
        for key, one in value.items():
            dict.__setitem__(made, key, traced(one, log, (*place, key)))
    elif isinstance(value, list):
        made = TracedList()
        for index, one in enumerate(value):
            list.append(made, traced(one, log, (*place, index)))
    elif isinstance(value, str):
        made = TracedText(value)
    elif isinstance(value, float):
        made = TracedFloat(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        made = TracedInt(value)
    else:
        return value
    made.log, made.place, made.plain = log, place, value
    return made


def plain(value: Any) -> Any:
    """The value without its memory."""
    return value.plain if isinstance(value, _Traced) else value


def looked_at(value: Any) -> Any:
    """The value without its memory, noted as looked at: it is told to somebody as it is."""
    if isinstance(value, (list, tuple)):
        return [looked_at(one) for one in list(value)]
    if isinstance(value, _Traced):
        _touch(value)
    return plain(value)


class _Payload(bytes):
    """The bytes of a message: only whether there are any may be asked, everything else is lost to the log."""

    log: Log


class _WholeText(TracedText):
    """The payload as text: of a JSON document it is known that it is not empty."""

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, str) or other:
            self.log.lost = True
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        self.log.lost = True
        return str.__hash__(self)


def _losing(method: Callable[..., Any]) -> Callable[..., Any]:
    def lose(self: Any, *args: Any, **named: Any) -> Any:
        self.log.lost = True
        return method(self, *args, **named)

    return lose


for _name in dir(bytes):
    if _name not in _KEPT and _name not in ("strip", "__bool__", "__len__"):
        setattr(_Payload, _name, _losing(getattr(bytes, _name)))
for _name in dir(str):
    if _name not in _KEPT and _name not in ("__eq__", "__ne__", "__hash__"):
        setattr(_WholeText, _name, _losing(getattr(str, _name)))


class TracedMessage(Message):
    """A message whose document remembers."""

    __slots__ = ("_log",)

    def __init__(self, topic: str, payload: bytes, model: str, document: Any, log: Log) -> None:
        watched = _Payload(payload)
        watched.log = log
        super().__init__(topic, watched, model)
        self._document = traced(document, log)
        self._log = log

    def text(self) -> str | None:
        """The payload as text, which remembers too."""
        try:
            text = _WholeText(bytes.decode(self.payload).strip("\ufeff\x00 \t\r\n"))
        except UnicodeDecodeError:
            return None
        text.log, text.place, text.plain = self._log, (), str.__str__(text)
        return text


class _TracedClock(Clock):
    """A clock whose answers know which value of the document they came from."""

    __slots__ = ("_arrived_at", "_log")

    def __init__(self, zone: tzinfo | None, arrived_at: float, log: Log) -> None:
        self._log = log
        self.zone = zone
        self._arrived_at = arrived_at

    @property
    def arrived_at(self) -> float:  # type: ignore[override]
        """When the message arrived: whoever reckons with it cannot be followed."""
        self._log.lost = True
        return self._arrived_at

    def read(self, value: object) -> float | None:
        """As every clock; a value that is no time loses the log, because the next one may be."""
        at = Clock(self.zone, self._arrived_at).read(plain(value))
        if value is None:
            return None
        if at is None or not isinstance(value, _Traced):
            self._log.lost = True
            return at
        self._log.times.add(value.place)
        told = TracedTime(at)
        told.log, told.place = self._log, value.place
        return told


class TracedHeard(Heard):
    """What a traced message said: values and times of its observations know where they came from."""

    def __init__(
        self,
        zone: tzinfo | None,
        arrived_at: float,
        log: Log,
        wanted: frozenset[str] | None,
        units: dict[str, str] | None,
    ) -> None:
        super().__init__(_TracedClock(zone, arrived_at, log), False, wanted, units)
        self.log = log
        self._arrival = (zone, arrived_at)

    def child(self) -> Heard:
        """An empty one for a part of the same message."""
        part = TracedHeard(*self._arrival, self.log, self.wanted, self.units)
        part.device, part.names, part.at = self.device, self.names, self.at
        return part

    def number(
        self,
        quantity: str,
        value: object,
        unit: str = "",
        path: str = "",
        *,
        at: float | None = None,
        channel: str = "",
    ) -> None:
        """Take a number as every Heard does, and mark the observation with its place."""
        before = len(self.observations)
        bare = plain(value)
        super().number(quantity, bare, unit, path, at=at, channel=channel)
        if not isinstance(value, _Traced) or isinstance(value, (TracedDict, TracedList)):
            return
        seen = self.observations[-1] if len(self.observations) > before else None
        told = measure(bare) if isinstance(bare, str) else None
        if seen is None or (isinstance(bare, str) and (told is None or told[1] != "")):
            if self.wanted is None or quantity in self.wanted:
                _touch(value)
            return
        own = unit or (self.units or {}).get(quantity, "")
        factor, shift = (scale(quantity, own) if own else None) or (1.0, 0.0)
        marked = TracedValue(seen.value)
        marked.log = self.log
        marked.measured = Measured(value.place, quantity, isinstance(bare, str), factor, shift)
        self.log.measured.add(value.place)
        self.observations[-1] = Observation(
            seen.quantity, marked, seen.channel, seen.at, seen.stored, seen.path, seen.names
        )

    def state(
        self,
        quantity: str,
        value: object,
        path: str = "",
        *,
        words: dict[str, float] | None = None,
        inverted: bool = False,
        at: float | None = None,
        channel: str = "",
    ) -> None:
        """Take a state as every Heard does; what it was read from has been looked at."""
        if isinstance(value, _Traced):
            _touch(value)
        super().state(quantity, plain(value), path, words=words, inverted=inverted, at=at, channel=channel)
