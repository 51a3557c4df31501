"""Whether what a run has handed over is still what it was: bytes, contents, packages, catalogue."""
