"""Page script."""

from dashboard.faces.drills import face
from dashboard.frame import show

show("drills", face)
