"""Problems found in a building folder: where, what is wrong, what to write instead, in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from sensors.model import Text

Severity = Literal["error", "warning"]

OK = 0
WARNINGS = 1
CANNOT_RUN = 2


class Problem(Struct, frozen=True, kw_only=True):
    """One thing to mend. ``line`` and ``column`` count from 1; 0 where a whole file is meant.

    ``where`` quotes the place as the file has it (``sensor "2B-W1"  zone = "stack-2B"``). An ``error`` keeps
    the building from running; a ``warning`` does not.
    """

    file: str
    line: int = 0
    column: int = 0
    where: str = ""
    says: Text
    write: Text = Text("", "")
    severity: Severity = "error"


def worst_first(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Errors before warnings, then by file and line; the same problem only once."""
    unique = dict.fromkeys(
        sorted(
            problems,
            key=lambda p: (p.severity != "error", p.file, p.line, p.column, p.where, p.says.en, p.write.en),
        )
    )
    return tuple(unique)


def errors_in(problems: Iterable[Problem]) -> int:
    """How many of them keep the building from running."""
    return sum(problem.severity == "error" for problem in problems)


def exit_status(problems: Iterable[Problem]) -> int:
    """0 nothing found, 1 warnings only, 2 errors: cannot run."""
    found = tuple(problems)
    if errors_in(found):
        return CANNOT_RUN
    return WARNINGS if found else OK


def count_line(problems: Iterable[Problem], language: str) -> str:
    """The closing line with the count."""
    found = tuple(problems)
    errors = errors_in(found)
    warnings = len(found) - errors
    if language == "zh":
        if not found:
            return "没有发现问题。"
        verdict = "不能运行。" if errors else "可以运行。"
        return f"共 {errors} 个错误，{warnings} 个警告。{verdict}"
    if not found:
        return "No problems found."
    verdict = "Cannot run." if errors else "Can run."
    return f"{_count(errors, 'error')}, {_count(warnings, 'warning')}. {verdict}"


def render(problems: Iterable[Problem], language: str) -> str:
    """All problems as text, worst first, ending with a count and a newline."""
    found = worst_first(problems)
    blocks = [_block(problem, language) for problem in found]
    return "\n\n".join([*blocks, count_line(found, language)]) + "\n"


def _block(problem: Problem, language: str) -> str:
    place = problem.file
    if problem.line:
        place += f":{problem.line}"
        if problem.column:
            place += f":{problem.column}"
    mark = "" if problem.severity == "error" else ("  (警告)" if language == "zh" else "  (warning)")
    lines = [f"{place}  {problem.where}".rstrip() + mark]
    lines += [f"    {line}" for line in problem.says.in_(language).split("\n")]
    write = problem.write.in_(language)
    if write:
        lines += [f"    {line}" for line in write.split("\n")]
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
