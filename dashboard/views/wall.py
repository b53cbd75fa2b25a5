"""Page script."""

from dashboard.faces.wall import face
from dashboard.frame import show
from dashboard.scene import Scene
from dashboard.world import world


def with_users(scene: Scene) -> str:
    """The wall, with those who may acknowledge by PIN."""
    return face(scene, world().users.everyone())


show("wall", with_users, plain=True)
