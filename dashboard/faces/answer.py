"""The answer page: for a phone that cannot reply to a message. Name, the code in the message, a PIN, one button."""

from __future__ import annotations

from dashboard.html import esc, tag
from dashboard.words import Words
from strongroom.model import Building


def answer_page(
    w: Words, building: Building, *, token: str, problem: str = "", said: str = "", code: str = ""
) -> str:
    """A whole HTML document without any script. ``problem`` is why nothing was done, ``said`` what was."""
    lang = "zh-CN" if w.language == "zh" else "en"

    def field(name: str, **more: object) -> str:
        return tag("label", esc(w(f"answer.{name}")), tag("input", name=name, required=True, **more))

    wrong = tag("p", esc(problem), class_="sr-problem", role="alert") if problem else ""
    done = tag("p", tag("b", esc(said)), role="status", class_="sr-done") if said else ""
    form = tag(
        "form",
        tag("input", type="hidden", name="token", value=token),
        field("who", autocomplete="username", maxlength="64"),
        field("code", autocomplete="off", autocapitalize="characters", maxlength="20", value=code),
        field("pin", type="password", inputmode="numeric", autocomplete="off", maxlength="12"),
        tag(
            "button",
            esc(w("answer.take")),
            type="submit",
            name="does",
            value="A",
            class_="sr-button sr-main-button",
        ),
        tag("button", esc(w("answer.pass_on")), type="submit", name="does", value="E", class_="sr-button"),
        method="post",
        action="/answer",
        class_="sr-form",
    )
    other = "en" if w.language == "zh" else "zh"
    switch = tag("a", "English" if other == "en" else "中文", href=f"?lang={other}", class_="sr-lang")
    body = tag(
        "main",
        tag("header", tag("h1", esc(w.of(building.name))), switch),
        tag(
            "section",
            tag("h2", esc(w("answer.title"))),
            tag("p", esc(w("answer.how"))),
            wrong,
            done,
            form,
            class_="sr-card",
        ),
        tag("p", esc(w("chrome.not_a_panel")), class_="sr-foot"),
        class_="sr sr-login",
    )
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{esc(w('answer.title'))} · {esc(w.of(building.name))}</title>"
        '<link rel="stylesheet" href="/parts/theme.css"><link rel="stylesheet" href="/parts/strongroom.css">'
    )
    return f'<!doctype html><html lang="{lang}"><head>{head}</head><body class="sr-plainbody">{body}</body></html>'
