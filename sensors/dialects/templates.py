"""Value templates of Home Assistant discovery, as far as a list of allowed forms goes. Nothing is ever evaluated.

Allowed are one path (``value_json.a['b']``, ``value``, ``value_json.get('a')``) with harmless filters and one-number
arithmetic, and one choice between two texts: ``{{ 'ON' if PATH else 'OFF' }}``, ``{{ iif(PATH, 'ON', 'OFF') }}``,
``{% if PATH == 'open' %}ON{% else %}OFF{% endif %}`` and the bare comparison. A missing or null value is unknown and
never the second text, whatever the template would make of it; a text is never true or false by itself.
"""

from __future__ import annotations

import re
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from msgspec import Struct

from sensors.heard import NO_VALUE
from sensors.quantities import plain_word

Scalar = str | float | bool
_COMPARE = {"==": eq, "!=": ne, ">=": ge, "<=": le, ">": gt, "<": lt}
_LONGEST = 300

_PATH = (
    r"value(?:_json)?(?:\.get\(\s*(?:'[^']*'|\"[^\"]*\")\s*\)|\.\w+|\[\s*(?:'[^']*'|\"[^\"]*\"|\d+)\s*\])*"
)
_LITERAL = r"'[^']*'|\"[^\"]*\"|-?\d+(?:\.\d+)?|true|false|True|False"
_FILTER = r"\s*\|\s*(?:float|int|round|abs|is_defined|default|string|trim|lower|upper)\s*(?:\([^()]*\))?"
_TEST = rf"\(?\s*(?P<path>{_PATH})(?:{_FILTER})*\s*\)?\s*(?:(?P<op>==|!=|>=|<=|>|<|is)\s*(?P<literal>{_LITERAL}))?"
_CHOICES = tuple(
    re.compile(rf"^\s*{form}\s*$")
    for form in (
        rf"\{{\{{-?\s*\(?\s*(?P<yes>{_LITERAL})\s+if\s+{_TEST}\s+else\s+(?P<no>{_LITERAL})\s*\)?\s*-?\}}\}}",
        rf"\{{\{{-?\s*iif\(\s*{_TEST}\s*,\s*(?P<yes>{_LITERAL})\s*,\s*(?P<no>{_LITERAL})\s*\)\s*-?\}}\}}",
        rf"\{{%-?\s*if\s+{_TEST}\s*-?%\}}(?P<yes>[^{{}}]*)\{{%-?\s*else\s*-?%\}}(?P<no>[^{{}}]*)\{{%-?\s*endif\s*-?%\}}",
        rf"\{{\{{-?\s*{_TEST}\s*-?\}}\}}",
    )
)
_VALUE = re.compile(rf"^\s*\{{\{{-?\s*\(?\s*(?P<path>{_PATH})\s*(?P<rest>.*?)\s*-?\}}\}}\s*$")
_STEP = re.compile(
    r"\.get\(\s*(?:'([^']*)'|\"([^\"]*)\")\s*\)|\.(\w+)|\[\s*'([^']*)'\s*\]|\[\s*\"([^\"]*)\"\s*\]|\[\s*(\d+)\s*\]"
)
_REST = re.compile(rf"\s*(?:\)|{_FILTER}|([*/+-])\s*([0-9.]+))")


class Template(Struct, frozen=True):
    """``steps`` lead to the value (none: the whole payload), ``sums`` are (operator, number) in turn; with
    ``yes`` and ``no`` the value is one of two texts, by comparison with ``literal`` or by itself."""

    steps: tuple[str | int, ...] = ()
    sums: tuple[tuple[str, float], ...] = ()
    operator: str = ""
    literal: Scalar = ""
    yes: str = ""
    no: str = ""

    @property
    def path(self) -> str:
        """The path in words, "" for the whole payload."""
        return ".".join(str(step) for step in self.steps)

    def is_present(self, document: Any) -> bool:
        """Whether the path leads somewhere: an absent key says nothing, a null one that nothing is known."""
        for step in self.steps:
            if isinstance(step, str):
                if not isinstance(document, dict) or step not in document:
                    return False
            elif not isinstance(document, list) or step >= len(document):
                return False
            document = document[step]
        return True

    def value(self, document: Any, text: str | None) -> Any:
        """What the template makes of a payload; None where that is unknown."""
        value: Any = text
        if self.steps:
            value = document if self.is_present(document) else None
            for step in self.steps if value is not None else ():
                value = value[step]
        if self.yes != self.no:
            return self._choose(value)
        for operator, number in self.sums:
            try:
                value = _calculate(float(value), operator, number)
            except (TypeError, ValueError, ArithmeticError):
                return value
        return value

    def _choose(self, value: Any) -> Any:
        if isinstance(value, str) and plain_word(value[:64]) in NO_VALUE:
            return value  # unavailable, unknown, "": refused by whoever takes it
        if value is None or isinstance(value, (dict, list)):
            return None
        if not self.operator:
            if isinstance(value, str):
                return None
            return self.yes if value else self.no
        if isinstance(value, str) is not isinstance(self.literal, str):
            return None  # of another kind than the template thinks
        return self.yes if _COMPARE[self.operator](value, self.literal) else self.no


def parse_template(template: str) -> Template | None:
    """The template, None where it is not of an allowed form."""
    if len(template) > _LONGEST:
        return None
    for form in _CHOICES:
        match = form.match(template)
        if match is not None and (match["op"] or form is not _CHOICES[-1]):
            return _choice(match.groupdict())
    match = _VALUE.match(template)
    if match is None:
        return None
    steps = _steps(match["path"])
    if steps is None:
        return None
    sums = []
    rest = match["rest"]
    while rest:
        found = _REST.match(rest)
        if found is None:
            return None
        operator, number = found.groups()
        if operator:
            try:
                sums.append((operator, float(number)))
            except ValueError:
                return None
        rest = rest[found.end() :].strip()
    return Template(steps, tuple(sums))


def _choice(parts: dict[str, str | None]) -> Template | None:
    steps = _steps(parts["path"] or "")
    if steps is None:
        return None
    operator = "==" if parts["op"] == "is" else parts["op"] or ""
    literal = _literal(parts["literal"]) if parts["literal"] else ""
    if isinstance(literal, str) and operator not in ("", "==", "!="):
        return None
    yes, no = parts.get("yes"), parts.get("no")
    if yes is None or no is None:
        return Template(steps, (), operator, literal, "True", "False")
    told = [str(_literal(text.strip())) for text in (yes, no)]
    return Template(steps, (), operator, literal, *told) if told[0] != told[1] else None


def _literal(text: str) -> Scalar:
    if text[:1] in ("'", '"'):
        return text[1:-1]
    if text in ("true", "True", "false", "False"):
        return text in ("true", "True")
    try:
        return float(text)
    except ValueError:
        return text


def _steps(path: str) -> tuple[str | int, ...] | None:
    is_json = path.startswith("value_json")
    found: list[str | int] = []
    for *names, index in _STEP.findall(path):
        found.append(int(index) if index else next((name for name in names if name), ""))
    if found and not is_json:
        return None
    return tuple(found)


def _calculate(value: float, operator: str, number: float) -> float:
    if operator == "*":
        return value * number
    if operator == "/":
        return value / number
    return value + number if operator == "+" else value - number
