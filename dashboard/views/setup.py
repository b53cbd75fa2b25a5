"""Page script."""

from dashboard.faces.instruments import RIGHT
from dashboard.faces.setup import face
from dashboard.frame import show
from dashboard.keeping import folder_problems
from dashboard.scene import Scene
from dashboard.world import world


def kept(scene: Scene) -> str:
    """The page with what lies beside the board."""
    here = world()
    sees_users = scene.viewer.may("users")
    users = here.users.everyone() if sees_users else []
    newcomers = here.desk.newcomers() if scene.viewer.may(RIGHT) else []
    return face(scene, folder_problems(here), users, here.users.looks() if sees_users else [], newcomers)


show("setup", kept)
