"""Story buttons of the demonstration: shown in a demonstration only."""

from __future__ import annotations

from dashboard.faces.chrome import card
from dashboard.html import button, esc, join, tag
from dashboard.scene import Scene

STORIES = ("water", "fire", "intrusion", "climate")


def stories(scene: Scene) -> str:
    """One button for each story that the simulated building can live through."""
    if not scene.demo:
        return ""
    buttons = join(
        button(scene.w(f"story.{name}"), kind="story", data_story=name, data_key=f"story-{name}")
        for name in STORIES
    )
    words = tag("p", esc(scene.w("story.means")), class_="sr-empty")
    return card(
        scene.w("story.title"), words, tag("div", buttons, class_="sr-bar"), key="stories", kind="sr-stories"
    )
