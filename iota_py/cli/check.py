"""`iota-py check`: is a configuration usable, and are its inputs?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from iota_py.cli.console import UserCode, VerifyInputs, err, out, show_faults
from iota_py.errors import EXIT_USER, IotaError


def check(
    config: Annotated[Path, typer.Argument(help="configuration of a run (YAML)", metavar="CONFIG")],
    allow_user_code: UserCode = False,
    verify_inputs: VerifyInputs = False,
) -> int:
    """Validate a configuration and its inputs: every fault at once, with the way out. Nothing is started.

    Example: [bold]iota-py check configs/demo.yaml[/]
    """
    from iota_py.config import load_config
    from iota_py.pipeline.inputs.listing import describe_inputs, remarks
    from iota_py.pipeline.plans.vector import zones_sentence
    from iota_py.pipeline.preflight import examine
    from iota_py.pipeline.set_aside import read_bad
    from iota_py.pipeline.verification.inputs import verify_inputs as hash_inputs

    try:
        settings = load_config(config, allow_user_code=allow_user_code)
        inventory = examine(settings, read_bad(settings.output))
    except IotaError as error:
        count = len(error.faults)
        err.print(f"{config}: {count} fault{'s' if count > 1 else ''}")
        show_faults(error.faults)
        err.print("nothing was started")
        return EXIT_USER
    out.print(f"{config}: no fault")
    out.print(f"  inputs    {describe_inputs(inventory)}")
    out.print(f"  features  {len(inventory.feature_names)} per pixel")
    out.print(f"  regions   {', '.join(name for _, name in inventory.regions)}")
    if zones := zones_sentence(inventory):
        out.print(f"  zones     {zones}")
    for sentence in remarks(inventory):
        out.print(f"  [yellow]warning[/]   {escape(sentence)}")
    if verify_inputs:
        found = hash_inputs(settings, forget=False)
        out.print(f"  hashed    {found.files} files of products, {found.size / 1e9:.3f} GB, {len(found.changed)} changed")
        show_faults(found.changed)
    return 0
