"""Page script."""

from dashboard.faces.trends import face
from dashboard.frame import show

show("trends", face)
