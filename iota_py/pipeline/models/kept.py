"""Columns that a file names: models learn from these alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from iota_py.errors import Fault, InputError

SHOWN = 5  # names in a message


def read_kept(path: Path | None, names: Sequence[str]) -> tuple[str, ...] | None:
    """The columns that a file names, one a line, in the order of `names`; lines that start with # are left out. None without a file: all.

    InputError: E-RED-003 it cannot be read or names none, E-RED-004 columns that this run does not have.
    """
    if path is None:
        return None
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        text = f"cannot be read: {error.strerror if isinstance(error, OSError) else 'not a text'}"
        raise InputError(Fault("E-RED-003", str(path), "keep_columns", text, "a run with importance.elimination writes one")) from error
    asked = {line for line in lines if line and not line.startswith("#")}
    if not asked:
        raise InputError(Fault("E-RED-003", str(path), "keep_columns", "names no column", "write one name a line"))
    strangers = sorted(asked - set(names))
    if strangers:
        rest = f" and {len(strangers) - SHOWN} more" if len(strangers) > SHOWN else ""
        text = f"{len(strangers)} of {len(asked)} columns are not among the {len(names)} of this run: {', '.join(strangers[:SHOWN])}{rest}"
        fix = "use the inputs, features and period of the run that wrote it"
        raise InputError(Fault("E-RED-004", str(path), "keep_columns", text, fix))
    return tuple(name for name in names if name in asked)
