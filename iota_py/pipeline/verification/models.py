"""Models: their descriptions are whole, and say the same of their files as was recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from iota_py.errors import Fault, InputError
from iota_py.pipeline import paths
from iota_py.training.bundle import DESCRIPTION, describe

_AGAIN = "delete the folder of the model, then iota-py run CONFIG makes it again"


def model_faults(root: Path, recorded: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[Fault]:
    """E-VFY-016 a bundle whose description was edited, or lists other files than were recorded.

    recorded: entries of the manifest by path; whole: those of them whose bytes are right.
    """
    for name in (name for name in whole if name.startswith(f"{paths.MODELS}/") and name.endswith(f"/{DESCRIPTION}")):
        folder = name.removesuffix(f"/{DESCRIPTION}")
        try:
            listed = describe(root / folder)["files"]
        except InputError as error:
            yield Fault("E-VFY-016", name, "", error.faults[0].message, _AGAIN)
            continue
        wrong = sorted(file for file, digest in listed.items() if recorded.get(f"{folder}/{file}", {}).get("sha256") != digest)
        if wrong:
            yield Fault("E-VFY-016", name, "files", f"disagrees with what was recorded of {', '.join(wrong)}", _AGAIN)
