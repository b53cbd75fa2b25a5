"""What the first page needs is loaded before anybody asks for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dashboard.faces

# A page that draws a component as ours do, after warming up; prints what it still had to load.
PAGE = """
import sys
from dashboard.app import warm
import streamlit
warm()
before = set(sys.modules)
from streamlit.testing.v1 import AppTest
tools = set(sys.modules)
import pandas
for name in sys.argv[1:]:
    __import__(f"dashboard.faces.{name}")
print(" ".join(sorted(set(sys.modules) - tools)))
print("pandas" in before)
"""


def test_faces_and_what_streamlit_takes_up_late_are_loaded_at_the_start() -> None:
    faces = [path.stem for path in Path(dashboard.faces.__path__[0]).glob("*.py") if path.stem != "__init__"]
    assert "trends" in faces
    ran = subprocess.run(
        [sys.executable, "-c", PAGE, *faces], capture_output=True, text=True, timeout=120, check=True
    )
    late, warm = ran.stdout.split("\n")[:2]
    assert (late, warm) == ("", "True")
