"""`iota-py demo-data`: write the demonstration landscape and its products."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from iota_py.cli.console import out


def demo_data(
    folder: Annotated[Path, typer.Argument(help="where to write", metavar="FOLDER")] = Path("data_samples"),
    seed: Annotated[int, typer.Option(min=0, help="of the landscape; 1 gives the data that are in the repository")] = 1,
) -> None:
    """Write the demonstration data: two Sentinel-2 tiles over a year, reference polygons, ecoregions, zones, truth.

    Example: [bold]iota-py demo-data data_samples[/]
    """
    from iota_py.simulation.demo import write_demo

    with out.status("writing products") as status:
        write_demo(folder, seed, lambda done, total: status.update(f"writing products {done}/{total}"))
    out.print(f"{folder}: {sum(p.stat().st_size for p in folder.rglob('*') if p.is_file()) / 1e6:.1f} MB")
