"""Subjects of the report that a run was asked for: one module each, with a function `topic(ws)` that gives a `Topic`, or None."""
