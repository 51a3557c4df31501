"""From predicted windows to the layers of a map."""
