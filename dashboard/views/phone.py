"""Page script."""

from dashboard.faces.phone import face
from dashboard.frame import show

show("phone", face)
