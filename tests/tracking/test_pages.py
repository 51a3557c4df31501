"""MLflow's own pages of a run in a browser: what a reviewer looks for is there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from iota_py.config.schema import RunConfig
from iota_py.pipeline import paths
from iota_py.pipeline.promotion import promote
from iota_py.pipeline.record import track
from iota_py.pipeline.records.manifest import write_manifest
from iota_py.pipeline.run import prepare
from tests.tracking.servers import mlflow_server

pytestmark = [pytest.mark.slow, pytest.mark.browser]
WAIT = 60_000


@dataclass
class Pages:
    """The pages of a server: where a run is."""

    page: Any
    address: str
    run: str
    asked: list[str]

    def open(self, place: str) -> Any:
        self.page.goto("about:blank")
        self.page.goto(f"{self.address}/#/{place}")
        return self.page

    def file(self, *parts: str) -> Any:
        """Open an artifact by clicking through its folders."""
        page = self.open(f"experiments/1/runs/{self.run}/artifacts")
        for part in parts:
            page.get_by_text(part, exact=True).first.click(timeout=WAIT)
        return page


@pytest.fixture(scope="module")
def pages(light_run: RunConfig, browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    folder = tmp_path_factory.mktemp("pages")
    shutil.copytree(light_run.output, folder / "run")
    with mlflow_server(f"sqlite:///{folder / 'server.db'}", folder / "artifacts") as server:
        section = light_run.tracking.model_copy(
            update={"enabled": True, "uri": server.address, "experiment": "demo", "register_as": "oso-light"}
        )
        config = light_run.model_copy(update={"output": folder / "run", "tracking": section})
        inventory, plan = prepare(config)
        write_manifest(config, inventory, plan, "2026-01-01T00:00:00+00:00")
        load = "".join(f"{1_700_000_000 + 5 * k}.0,{50 + k},1000,10,500,40,60000\n" for k in range(10))
        (config.output / paths.SYSTEM).write_text("time,cpu,memory,share,own,disk,free\n" + load)
        run = track(config, inventory, "2026-01-01T00:00:00+00:00")
        promote(server.address, "oso-light", "1")
        context = browser.new_context(viewport={"width": 1500, "height": 1000})
        page, asked = context.new_page(), []
        page.on("request", lambda request: asked.append(request.url))
        yield Pages(page, server.address, run, asked)
        context.close()


def test_the_run_says_what_it_is(pages: Pages) -> None:
    page = pages.open(f"experiments/1/runs/{pages.run}")
    for text in ("region 1, draw 0", "31TCJ,31TDJ", "oso-light", "Demonstration landscape, 2023"):
        page.get_by_text(text).first.wait_for(timeout=WAIT)
    for metric in ("overall_accuracy", "kappa_half_width", "f1_macro_sd"):
        page.get_by_text(metric, exact=True).first.wait_for(timeout=WAIT, state="attached")


def test_the_load_of_the_machine_is_drawn(pages: Pages) -> None:
    page = pages.open(f"experiments/1/runs/{pages.run}/system-metrics")
    page.get_by_text("cpu_utilization_percentage").first.wait_for(timeout=WAIT)
    page.locator(".js-plotly-plot").first.wait_for(timeout=WAIT)


def test_polygons_are_drawn_on_a_map(pages: Pages) -> None:
    page = pages.file("places", "polygons.geojson")
    page.locator(".leaflet-container path.leaflet-interactive").first.wait_for(timeout=WAIT, state="attached")
    assert page.locator(".leaflet-container path.leaflet-interactive").count() > 300


def test_scores_of_classes_are_a_table(pages: Pages) -> None:
    page = pages.file("tables", "per_class.csv")
    page.get_by_text("broad-leaved forest").first.wait_for(timeout=WAIT)
    page.get_by_text("producer's accuracy").first.wait_for(timeout=WAIT, state="attached")


def test_the_report_and_the_map_are_shown(pages: Pages) -> None:
    page = pages.file("report.html")
    frame = page.frame_locator("iframe").first
    frame.get_by_role("heading", name="Demonstration landscape, 2023").first.wait_for(timeout=WAIT)
    page = pages.file("figures", "map.png")
    page.locator("img[src^='blob:'], img[src*='map.png'], .image-outer-container img").first.wait_for(timeout=WAIT, state="attached")


def test_the_registry_shows_the_champion_and_its_signature(pages: Pages) -> None:
    page = pages.open("models/oso-light/versions/1")
    page.get_by_text("champion").first.wait_for(timeout=WAIT)
    page.get_by_text("promotion.outcome").first.wait_for(timeout=WAIT, state="attached")
    page.get_by_text("Inputs (118)").first.wait_for(timeout=WAIT)


def test_nothing_but_tiles_of_the_map_is_asked_elsewhere(pages: Pages) -> None:
    away = [url for url in pages.asked if not url.startswith((pages.address, "data:", "blob:", "about:"))]
    assert pages.asked
    assert [url for url in away if "tile.openstreetmap.org" not in url] == []
