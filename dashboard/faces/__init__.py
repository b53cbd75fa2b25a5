"""The pages as pure functions from a scene to HTML."""
