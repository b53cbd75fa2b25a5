"""Page script: whoever sees rescue items here is remembered."""

from dashboard.faces.rescue import face
from dashboard.frame import show
from dashboard.keeping import remember_look
from dashboard.scene import Scene
from dashboard.world import world


def seen(scene: Scene) -> str:
    """The page, and a line in the record of who looked."""
    remember_look(world(), scene)
    return face(scene)


show("rescue", seen)
