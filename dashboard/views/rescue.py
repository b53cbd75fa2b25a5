"""Page script."""

from dashboard.faces.status import face
from dashboard.frame import show

show("rescue", face)
