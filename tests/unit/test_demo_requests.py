"""Requests for stories: whole lines only, hostile lines passed over."""

from __future__ import annotations

from pathlib import Path

from strongroom.demo.requests import REQUESTS, Requests, StoryRequest, ask


def test_each_request_is_read_once(tmp_path: Path) -> None:
    requests = Requests(tmp_path)
    assert requests.new() == []
    ask(tmp_path, StoryRequest(story="water", id="a"))
    ask(tmp_path, StoryRequest(story="fire"))
    assert [(r.story, r.id, r.kind) for r in requests.new()] == [
        ("water", "a", "water"),
        ("fire", "", "fire"),
    ]
    assert requests.new() == []


def test_what_was_asked_before_is_history(tmp_path: Path) -> None:
    ask(tmp_path, StoryRequest(story="water"))
    requests = Requests(tmp_path)
    ask(tmp_path, StoryRequest(story="climate"))
    assert [request.story for request in requests.new()] == ["climate"]


def test_half_a_line_waits_and_nonsense_is_counted(tmp_path: Path) -> None:
    requests = Requests(tmp_path)
    path = tmp_path / REQUESTS
    path.parent.mkdir()
    path.write_bytes(b'{"story": "wat')
    assert requests.new() == []
    with path.open("ab") as file:
        file.write(b'er", "at": 1, "by": "page"}\nnot json\n\xff\xfe\n[]\n{"story": "flood"}\n')
    found = requests.new()
    assert [(request.story, request.kind) for request in found] == [("water", "water"), ("flood", None)]
    assert requests.refused == 3
