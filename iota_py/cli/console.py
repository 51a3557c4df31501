"""What a person sees: lines by topic, progress bars, faults. Everything goes to one console; colours only on a terminal."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from iota_py.errors import Fault

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

LABELS = {
    "store": "store", "polygons": "polygons", "footprint": "footprints", "candidates": "reference pixels", "split": "split",
    "selection": "selection", "samples": "samples", "years": "other years", "drawn": "drawn pixels", "annual": "annual classes", "learning": "learning sets",
    "parcels": "given polygons", "contrast": "contrast", "segments": "segments", "objects": "objects", "object_samples": "learning segments",
    "object_selection": "chosen segments", "object_train": "train", "object_map": "tiles",
    "year_scores": "other years", "crossval": "cross-validation", "gap": "gap",
    "cleaning": "cleaning", "suspicious": "suspicious polygons", "search": "search", "train": "train",
    "profile_pixels": "pixels", "profile": "profiles", "drift": "drift", "drift_check": "verdict",
    "sample_scores": "scores", "sample_summary": "score tables", "trust": "trust", "predict": "map", "assemble": "tiles",
    "mosaic_parts": "map parts", "mosaic": "mosaic",
    "legend": "legend", "layers": "map layers", "weigh": "weights", "regularise": "regularisation", "vector": "vector", "vector_table": "vector table",
    "map_accuracy": "map accuracy",
    "assess": "assess", "summary": "summary", "report": "report",
    "spaces": "applicability", "applicability": "where models apply",
    "regress": "train", "values": "map", "value_tiles": "tiles", "value_parts": "map parts", "value_maps": "mosaic",
    "value_scores": "assess", "value_summary": "summary",
    "value_answers": "scores", "value_sample_summary": "score tables", "value_report": "report",
    "tested": "tested pixels", "answered": "probabilities", "conformal": "conformal sets",
    "probability_scores": "probability scores", "confusions": "confusions",
    "held_out": "validation pixels", "importance": "importance", "importance_tables": "importance tables", "baseline": "baseline",
    "package": "packages", "catalogue": "catalogue",
    "feature_windows": "features", "feature_maps": "feature maps",
}  # fmt: skip


VerifyInputs = Annotated[
    bool,
    typer.Option(
        "--verify-inputs", help="Hash the files of all products, and compare with the last time: slow, sees what size and time hide."
    ),
]
UserCode = Annotated[bool, typer.Option("--allow-user-code", help="Run the functions that the configuration names under user_features.")]


def short(path: Path) -> str:
    """A path as one would type it from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def program() -> str:
    """This command as one would type it from here: by its name where the shell finds it, else by its path."""
    called = Path(sys.argv[0])
    return "iota-py" if called.name != "iota-py" or shutil.which("iota-py") else short(called.absolute())


def show_faults(faults: tuple[Fault, ...]) -> None:
    """One line for each fault."""
    for fault in faults:
        err.print(f"[red]{escape(fault.code)}[/] {escape(fault.line().removeprefix(fault.code).strip())}")


class Bars:
    """Progress of a run: a bar with count and time left on a terminal, a line at the end of each stage elsewhere."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.progress = Progress(
            SpinnerColumn(), TextColumn("{task.description:<17}"), BarColumn(24), MofNCompleteColumn(), TimeRemainingColumn(compact=True),
            console=out, transient=True,
        )  # fmt: skip
        self.tasks: dict[str, int] = {}
        self.counts: dict[str, tuple[int, int]] = {}

    def __enter__(self) -> Bars:
        if out.is_terminal and not self.quiet:
            self.progress.start()
        return self

    def __exit__(self, *args: object) -> None:
        self.progress.stop()

    def say(self, topic: str, text: str) -> None:
        """See pipeline.progress.Progress."""
        if not self.quiet:
            out.print(f"  [cyan]{escape(topic):<17}[/] {escape(text)}")

    def start(self, stage: str, total: int, pending: int) -> None:
        """See pipeline.progress.Progress."""
        self.counts[stage] = (total, pending)
        if pending:
            self.tasks[stage] = self.progress.add_task(LABELS[stage], total=pending)

    def advance(self, stage: str) -> None:
        """See pipeline.progress.Progress."""
        self.progress.advance(self.tasks[stage])

    def end(self, stage: str, seconds: float) -> None:
        """See pipeline.progress.Progress."""
        total, pending = self.counts[stage]
        if stage in self.tasks:
            self.progress.remove_task(self.tasks.pop(stage))
            count = f"{pending} of {total} tasks" if pending < total else f"{total} task{'s' if total > 1 else ''}"
            self.say(LABELS[stage], f"{count}, {seconds:.1f} s")

    def warn(self, text: str) -> None:
        """See pipeline.progress.Progress."""
        out.print(f"  [yellow]warning[/]           {escape(text)}")
