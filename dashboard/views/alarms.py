"""Page script."""

from dashboard.faces.alarms import face
from dashboard.frame import show

show("alarms", face)
