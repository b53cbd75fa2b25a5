"""The login page, and in a demonstration the door with one click."""

from __future__ import annotations

from dashboard.html import esc, join, tag
from dashboard.words import Words
from strongroom.model import Building


def login_page(
    w: Words, building: Building, *, token: str, to: str, problem: str, roles: tuple[str, ...]
) -> str:
    """A whole HTML document. ``roles`` is empty outside of a demonstration."""
    lang = "zh-CN" if w.language == "zh" else "en"
    hidden = tag("input", type="hidden", name="token", value=token) + tag(
        "input", type="hidden", name="to", value=to
    )
    wrong = tag("p", esc(problem), class_="sr-problem", role="alert") if problem else ""
    name = tag(
        "label",
        esc(w("login.name")),
        tag(
            "input", name="name", autocomplete="username", required=True, maxlength="64", autofocus=not roles
        ),
    )
    word = tag(
        "label",
        esc(w("login.password")),
        tag(
            "input",
            name="password",
            type="password",
            autocomplete="current-password",
            required=True,
            maxlength="256",
        ),
    )
    enter = tag("button", esc(w("login.enter")), type="submit", class_="sr-button sr-main-button")
    form = tag("form", hidden, name, word, enter, method="post", action="/login", class_="sr-form")
    demo = ""
    if roles:
        buttons = join(
            tag(
                "button",
                tag("b", esc(w(f"role.{role}"))),
                tag("small", esc(w(f"login.as_{role}"))),
                type="submit",
                name="role",
                value=role,
                class_="sr-button",
            )
            for role in ("coordinator", "archivist", "helper", "viewer", "administrator")
            if role in roles
        )
        demo = tag(
            "section",
            tag("h2", tag("span", "演示 DEMO", class_="sr-demo"), " ", esc(w("login.demo"))),
            tag("p", esc(w("login.demo_means"))),
            tag("form", hidden, tag("div", buttons, class_="sr-roles"), method="post", action="/demo"),
            class_="sr-card",
        )
    other = "en" if w.language == "zh" else "zh"
    switch = tag("a", "English" if other == "en" else "中文", href=f"?lang={other}", class_="sr-lang")
    if roles:
        form = tag("details", tag("summary", esc(w("login.with_password"))), form)
    body = tag(
        "main",
        tag("header", tag("h1", esc(w.of(building.name))), switch),
        demo,
        tag("section", tag("h2", esc(w("login.title"))) if not roles else "", wrong, form, class_="sr-card"),
        tag("p", tag("a", esc(w("answer.link")), href="/answer"), class_="sr-foot"),
        tag("p", esc(w("chrome.not_a_panel")), class_="sr-foot"),
        class_="sr sr-login",
    )
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{esc(w('login.title'))} · {esc(w.of(building.name))}</title>"
        '<link rel="stylesheet" href="/parts/theme.css"><link rel="stylesheet" href="/parts/strongroom.css">'
    )
    return f'<!doctype html><html lang="{lang}"><head>{head}</head><body class="sr-plainbody">{body}</body></html>'
