"""The page of a comparison in MLflow."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from mlflow import MlflowClient

from iota_py.io.publish import write_json
from iota_py.pipeline import paths
from iota_py.pipeline.experiments.document import NUMBERS, PAGE, TABLE
from iota_py.pipeline.experiments.tracking import record_page
from iota_py.tracking.mlflow_store import MlflowTracker
from iota_py.tracking.record import RunRecord


def test_the_page_lies_upon_the_run_of_the_first(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    run = MlflowTracker(uri, "oso").log(RunRecord("forest"))
    first, page = tmp_path / "forest", tmp_path / "compare"
    page.mkdir()
    for name in (PAGE, TABLE, NUMBERS):
        (page / name).write_text(name, encoding="utf-8")
    data = SimpleNamespace(title="two runs")
    assert record_page(data, first, page) is None, "a run that is not recorded"  # type: ignore[arg-type]
    write_json(first / paths.TRACKING, {"uri": uri, "experiment": "oso", "run": run, "key": "k"})
    assert record_page(data, first, page) == run  # type: ignore[arg-type]
    found = MlflowClient(uri).list_artifacts(run, "compare")
    assert {Path(one.path).name for one in found} == {PAGE, TABLE, NUMBERS}
