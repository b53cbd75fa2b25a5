"""Read a building folder into a Building, gathering every problem with its file and line."""
