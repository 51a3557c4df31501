"""Orfeo ToolBox's ImageClassifier and ours, whole processes on the same raster of features, each with a forest of the same samples.

    python experiments/performance/otb.py train                          # once; minutes: OTB's forest, kept in ~/.cache/iota_py/otb
    python experiments/performance/otb.py compare --json /tmp/otb.json

Both read the same file, predict on the same number of threads, and write labels (uint8) and confidence (float32), uncompressed. Two heights
are classified; the slope between them takes start-up and the loading of the model out of both. OTB is Debian's `otb-bin`. What cannot
be made equal: OpenCV counts one vote per tree, ours adds up shares of classes; OpenCV leaves nodes of `min_sample_count` samples or fewer
unsplit, ours has leaves of 5 or more. With 25 the two forests are about as large: the leaves of both are printed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.bench.machine import describe_machine, describe_versions
from iota_py.bench.models import model_folder, prepared, recipes
from iota_py.bench.scale import FULL, Scale, Settings, cache_folder
from iota_py.bench.timing import quartiles
from iota_py.bench.workload import feature_names, features_of, learning_samples, series_options
from iota_py.grid.windows import Window, split, window_size
from iota_py.io.publish import published, read_json, write_json
from iota_py.io.raster import open_raster, read_header, read_window, write_raster
from iota_py.pipeline.task import fingerprint
from iota_py.prediction.engine import Engine
from iota_py.prediction.loading import load_engine
from iota_py.simulation.series import make_series
from iota_py.training import bundle

TRAINER, CLASSIFIER = "otbcli_TrainVectorClassifier", "otbcli_ImageClassifier"
COLUMNS, BAND_ROWS, FIRST_PART = 1024, 256, 3000  # of the raster; parts of the simulated land that no row of the benchmark uses
WINDOW, PIECE = 16_384, 2048  # pixels that a thread of ours reads at once, and predicts at once
SEED = 3
PLAIN = {"compress": "none"}
LAYOUTS: Mapping[str, Mapping[str, Any]] = {
    "pixels": {"interleave": "pixel", "blockysize": 1},
    "tiles": {"interleave": "band", "tiled": True, "blockxsize": 256, "blockysize": 256},
}
SIDES = ("otb", "ours")


@dataclass(frozen=True)
class Setup:
    """What is compared. folder: of rasters and maps. heights: rows of the two rasters. ram: megabytes that OTB plans with."""

    settings: Settings
    folder: Path
    heights: tuple[int, int]
    rounds: int
    layout: str
    ram: int
    split: int

    def raster(self, rows: int) -> Path:
        """The raster of features of this height."""
        return self.folder / f"features-{rows}.tif"

    def outputs(self, side: str, rows: int) -> tuple[Path, Path]:
        """Labels and confidence that a side writes."""
        return self.folder / f"{side}-{rows}-labels.tif", self.folder / f"{side}-{rows}-confidence.tif"

    def command(self, side: str, rows: int, model: Path) -> list[str]:
        """The whole process of a side."""
        labels, confidence = (str(path) for path in self.outputs(side, rows))
        if side == "ours":
            given = [str(self.raster(rows)), str(model), labels, confidence, "--threads", str(self.settings.cores)]
            return [sys.executable, __file__, "predict", *given]
        given = ["-in", str(self.raster(rows)), "-model", str(model), "-out", labels, "uint8", "-confmap", confidence, "float"]
        return [CLASSIFIER, *given, "-ram", str(self.ram)]


def otb_version() -> str:
    """Version that OTB gives itself; ends the program when it is not installed."""
    for tool in (CLASSIFIER, TRAINER):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is not on the path: install OTB first (Debian: apt-get install --no-install-recommends otb-bin)")
    said = subprocess.run([CLASSIFIER, "-help"], capture_output=True, text=True, check=False)
    found = re.search(r"version (\S+)", said.stdout + said.stderr)
    return found[1].rstrip(",.") if found else sys.exit(f"{CLASSIFIER} does not start: {said.stderr[-500:]}")


def otb_model(settings: Settings, split: int) -> Path:
    """OTB's forest of the samples of the benchmark, from the cache or trained now."""
    features, labels = learning_samples(settings.scale, settings.scale.samples)
    digest = hashlib.sha256(features.tobytes() + labels.tobytes()).hexdigest()
    options = otb_options(settings, split)
    folder = settings.cache.parent / "otb" / fingerprint([otb_version(), digest, options])[:16]
    model, about = folder / "model.txt", folder / "training.json"
    if not about.exists():
        settings.say(f"otb: training once on {len(labels):,} samples, kept in {folder} ({' '.join(options)})")
        seconds = train_otb(model, features, labels, options)
        write_json(about, {"options": options, "samples": len(labels), "wall_s": seconds} | otb_size(model, settings.scale.trees))
    return model


def otb_options(settings: Settings, split: int) -> list[str]:
    """Parameters of the benchmark's forest in OTB's words. acc 0: all the trees are grown; var 0: the square root of the features."""
    forest: Any = recipes(settings)["forest"].options
    if forest.max_features != "sqrt" or forest.max_depth is None:
        sys.exit(f"OTB has no counterpart for {forest}")
    given = {"max": forest.max_depth, "min": split, "nbtrees": forest.trees, "acc": 0, "var": 0}
    words = [word for name, value in given.items() for word in (f"-classifier.rf.{name}", str(value))]
    return ["-classifier", "rf", *words, "-rand", str(SEED)]


def train_otb(model: Path, features: np.ndarray, labels: np.ndarray, options: list[str]) -> float:
    """Train through the command line; seconds of the whole process."""
    names = [f"f{i:03d}" for i in range(features.shape[1])]
    with tempfile.TemporaryDirectory(prefix="iota-py-otb-") as place, published(model) as part:
        samples = Path(place) / "samples.gpkg"
        write_samples(samples, names, features, labels)
        return run([TRAINER, "-io.vd", str(samples), "-io.out", str(part), "-cfield", "code", "-feat", *names, *options], 1)["wall"]


def write_samples(path: Path, names: list[str], features: np.ndarray, labels: np.ndarray) -> None:
    """Samples as points, any points: OTB 8.1.1 crashes on a layer without geometry."""
    import geopandas as gpd  # here, since the process that is timed would load it for nothing
    import pandas as pd

    from iota_py.io.vectors import write_gpkg

    frame = pd.DataFrame(features, columns=names).assign(code=labels.astype(np.int32))
    points = gpd.points_from_xy(np.arange(len(labels)), np.zeros(len(labels)))
    write_gpkg(path, gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:32631"), "samples")


def otb_size(model: Path, trees: int) -> dict[str, int]:
    """Trees and leaves of OTB's forest, counted in its text; ends the program when trees are missing."""
    grown, nodes, inner = 0, 0, 0
    with open(model, encoding="ascii") as lines:
        for line in lines:
            nodes += "norm_class_idx:" in line
            inner += "splits:" in line
            grown = int(line.split(":")[1]) if "ntrees:" in line else grown
    return {"trees": grown, "leaves": nodes - inner} if grown == trees else sys.exit(f"{model} has {grown} trees, expected {trees}")


def write_features(setup: Setup) -> np.ndarray:
    """Write the two rasters, the smaller one the top of the larger; the simulated labels uint8 (row, col) of the larger."""
    shape = BAND_ROWS, COLUMNS
    bands, labels = [], []
    for part in range(-(-max(setup.heights) // BAND_ROWS)):
        series = make_series(series_options(setup.settings.scale, shape), FIRST_PART + part)
        bands.append(features_of(series, setup.settings.scale.step).reshape(*shape, -1))
        labels.append(series.labels.reshape(shape))
    for rows in setup.heights:
        options = {**PLAIN, **LAYOUTS[setup.layout]}
        write_raster(setup.raster(rows), grid(rows), "int16", raster_blocks(bands, rows), count=bands[0].shape[2], options=options)
    return np.concatenate(labels)[: max(setup.heights)]


def raster_blocks(bands: list[np.ndarray], rows: int) -> Iterator[tuple[Window, np.ndarray]]:
    """The first rows as windows with (feature, row, col) values."""
    for start, values in zip(range(0, rows, BAND_ROWS), bands):
        height = min(BAND_ROWS, rows - start)
        yield Window(start, 0, height, COLUMNS), np.ascontiguousarray(values[:height].transpose(2, 0, 1))


def grid(rows: int) -> GeoBox:
    """Ten-metre pixels somewhere in France."""
    return GeoBox((rows, COLUMNS), Affine(10, 0, 300000, 0, -10, 4900020), "EPSG:32631")


def predict(raster: str, model: str, labels: str, confidence: str, threads: int) -> None:
    """Our whole process: load the model, map the raster window by window on some threads, write labels and confidence."""
    os.environ["GTIFF_VIRTUAL_MEM_IO"] = "YES"  # a plain raster is copied out of the page cache, not band after band out of GDAL's blocks
    fitted, header = bundle.load(model), read_header(raster)
    engine = load_engine(fitted)
    windows = split(header.geobox.shape, window_size(header.geobox.shape, header.block, WINDOW))
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(lambda window: predict_window(raster, engine, window), windows))
    for layer, (path, dtype) in enumerate(((labels, "uint8"), (confidence, "float32"))):
        blocks = ((window, part[layer]) for window, part in zip(windows, parts))
        write_raster(path, header.geobox, dtype, blocks, options=PLAIN)


def predict_window(raster: str, engine: Engine, window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Labels uint8 and confidence float32 (row, col) of a window; a dataset of its own, since threads cannot share one."""
    rows, cols = window.slices
    with open_raster(raster) as dataset:
        values = np.empty((window.height, window.width, dataset.count), np.int16)
        where = (rows.start, rows.stop), (cols.start, cols.stop)
        dataset.read(out=values.transpose(2, 0, 1), window=where)  # pixel by pixel, as they are predicted: spares a pass
    pixels = values.reshape(window.pixels, -1)
    pieces = [engine.predict(pixels[start : start + PIECE]) for start in range(0, window.pixels, PIECE)]
    return tuple(np.concatenate(layer).reshape(values.shape[:2]) for layer in zip(*((p.labels, p.confidence) for p in pieces)))


def run(command: list[str], threads: int) -> dict[str, float]:
    """Wall and processor seconds of a whole process; ends the program with what it said when it fails."""
    environment = os.environ | {"ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode or "(FATAL)" in done.stdout:
        sys.exit(f"{command[0]} failed ({done.returncode}):\n{done.stdout[-2000:]}")
    return {"wall": wall, "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def measure(setup: Setup, models: Mapping[str, Path]) -> dict[str, dict[str, np.ndarray]]:
    """Seconds (round, height) by side and clock, all four processes in turn; a first round on the small raster is not counted."""
    say, seconds = setup.settings.say, {side: {clock: np.empty((setup.rounds, 2)) for clock in ("wall", "cpu")} for side in SIDES}
    for number in range(-1, setup.rounds):
        for place, rows in enumerate(setup.heights if number >= 0 else setup.heights[:1]):
            for side in SIDES:
                for path in setup.outputs(side, rows):
                    path.unlink(missing_ok=True)
                took = run(setup.command(side, rows, models[side]), setup.settings.cores)
                say(
                    f"{'warm-up' if number < 0 else f'round {number + 1}'}: {side}, {rows} rows: {took['wall']:.2f} s, {took['cpu']:.2f} s cpu"
                )
                for clock in took if number >= 0 else ():
                    seconds[side][clock][number, place] = took[clock]
    return seconds


def slopes(seconds: Mapping[str, Mapping[str, np.ndarray]], heights: tuple[int, int], clock: str) -> dict[str, Any]:
    """Pixels per second of both sides between the two heights, by medians, and how many times faster we are; by rounds too.

    NaN where a larger raster took no longer than a smaller one.
    """
    pixels = (heights[1] - heights[0]) * COLUMNS
    middle = {side: positive(np.diff(np.median(seconds[side][clock], axis=0))) for side in SIDES}
    rounds = {side: positive(np.diff(seconds[side][clock], axis=1)[:, 0]) for side in SIDES}
    rates, ratios = {side: float(pixels / middle[side][0]) for side in SIDES}, rounds["otb"] / rounds["ours"]
    return {**rates, "ratio": rates["ours"] / rates["otb"], "ratio_quartiles": quartiles(ratios), "ratio_rounds": ratios.tolist()}


def positive(values: np.ndarray) -> np.ndarray:
    """Values, NaN in place of those that are not positive."""
    return np.where(values > 0, values, np.nan)


def agreement(setup: Setup, truth: np.ndarray) -> dict[str, float]:
    """Shares of pixels: same label from both, and each with the simulated labels, of which some are drawn at random."""
    rows = max(setup.heights)
    otb, ours = (read_window(str(setup.outputs(side, rows)[0])) for side in SIDES)
    return {"both": float((otb == ours).mean()), "otb_right": float((otb == truth).mean()), "ours_right": float((ours == truth).mean())}


def compare(setup: Setup, json: Path | None) -> None:
    """All of it: models, rasters, timings, table, document."""
    machine, versions = describe_machine(), describe_versions() | {"otb": otb_version()}
    fitted = prepared(setup.settings, "forest")
    models = {"otb": otb_model(setup.settings, setup.split), "ours": model_folder(setup.settings, "forest")}
    leaves = {"otb": read_json(models["otb"].with_name("training.json"))["leaves"]}
    leaves["ours"] = int(sum(tree.get_n_leaves() for tree in fitted.estimator.estimators_))
    setup.settings.say(
        f"writing {' and '.join(str(rows) for rows in setup.heights)} rows of {len(feature_names(setup.settings.scale))} features"
    )
    truth = write_features(setup)
    seconds = measure(setup, models)
    result = {
        "machine": machine,
        "versions": versions,
        "forest": {"trees": setup.settings.scale.trees, "samples": setup.settings.scale.samples, "leaves": leaves, "split": setup.split},
        "raster": {"rows": setup.heights, "columns": COLUMNS, "features": len(fitted.names), "layout": setup.layout, "ram_mb": setup.ram},
        "threads": setup.settings.cores,
        "seconds": {side: {clock: values.tolist() for clock, values in clocks.items()} for side, clocks in seconds.items()},
        "slope": {clock: slopes(seconds, setup.heights, clock) for clock in ("wall", "cpu")},
        "agreement": agreement(setup, truth),
    }
    report(result, seconds)
    if json is not None:
        write_json(json, result)


def report(result: Mapping[str, Any], seconds: Mapping[str, Mapping[str, np.ndarray]]) -> None:
    """Print the figures."""
    machine, versions, forest, same = result["machine"], result["versions"], result["forest"], result["agreement"]
    print(
        f"\n{machine['cpu']}, {machine['cores']} cores, load {machine['load'][0]} at the start; {result['threads']} threads each; {machine['date']}"
    )
    print(
        ", ".join(f"{name} {versions[name]}" for name in ("otb", "python", "gdal", "numpy", "numba", "scikit-learn", "rasterio", "iota-py"))
    )
    print(
        f"{forest['trees']} trees of {forest['samples']:,} samples; leaves: OTB {forest['leaves']['otb']:,}, ours {forest['leaves']['ours']:,}"
    )
    print(f"\n{'medians of whole processes':<40}{'OTB':>12}{'ours':>12}{'ratio':>10}")
    for place, rows in enumerate(result["raster"]["rows"]):
        for clock in ("wall", "cpu"):
            otb, ours = (float(np.median(seconds[side][clock][:, place])) for side in SIDES)
            print(f"{f'{rows} rows of {COLUMNS:,} px, s {clock}':<40}{otb:>12.2f}{ours:>12.2f}{otb / ours:>10.2f}")
    for clock, slope in result["slope"].items():
        low, high = slope["ratio_quartiles"]
        text = f"{'slope, px per s ' + clock:<40}{slope['otb']:>12,.0f}{slope['ours']:>12,.0f}{slope['ratio']:>10.2f}"
        print(f"{text}  (quartiles of the rounds {low:.2f}–{high:.2f})")
    print(
        f"\nsame label on {same['both']:.1%} of the pixels; the simulated label by OTB on {same['otb_right']:.1%}, by ours on {same['ours_right']:.1%}"
    )


def scale_of(samples: int, trees: int) -> Scale:
    """The benchmark's scale, under another name where it is not the benchmark's forest: models are kept by that name."""
    changed = replace(FULL, samples=samples, trees=trees)
    return FULL if changed == FULL else replace(changed, name="otb")


def arguments() -> argparse.Namespace:
    """What was asked for."""
    both = argparse.ArgumentParser(add_help=False)
    both.add_argument("--samples", type=int, default=FULL.samples, help="samples that both forests learn from")
    both.add_argument("--trees", type=int, default=FULL.trees)
    both.add_argument("--split", type=int, default=25, help="OTB's classifier.rf.min: nodes of more samples are split")
    both.add_argument("--threads", type=int, default=2)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_subparsers(dest="mode", required=True)
    modes.add_parser("train", help="train OTB's forest into the cache", parents=[both])
    mode = modes.add_parser("compare", help="time both", parents=[both])
    mode.add_argument("--rounds", type=int, default=5)
    mode.add_argument("--rows", type=int, nargs=2, default=[128, 1024], metavar=("SMALL", "LARGE"))
    mode.add_argument(
        "--layout", choices=list(LAYOUTS), default="pixels", help="of the raster: pixel by pixel in strips, or bands in tiles"
    )
    mode.add_argument("--ram", type=int, default=64, help="megabytes that OTB plans its strips with")
    mode.add_argument("--folder", type=Path, help="of the rasters, outside the repository; a temporary one unless given")
    mode.add_argument("--keep", action="store_true", help="keep the temporary folder")
    mode.add_argument("--json", type=Path, help="write all figures here")
    mode = modes.add_parser("predict", help="our whole process, as it is timed")
    for name in ("raster", "model", "labels", "confidence"):
        mode.add_argument(name)
    mode.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def main() -> None:
    """Do what was asked for."""
    given = arguments()
    if given.mode == "predict":
        return predict(given.raster, given.model, given.labels, given.confidence, given.threads)
    otb_version()
    settings = Settings(scale_of(given.samples, given.trees), cache_folder(), given.threads, lambda text: print(text, flush=True))
    if given.mode == "train":
        return print(otb_model(settings, given.split))
    if not 0 < given.rows[0] < given.rows[1] or given.rounds < 1:
        sys.exit(f"expected two heights, the smaller first, and a round or more, found {given.rows} and {given.rounds}")
    if given.folder is not None and Path(__file__).resolve().parents[2] in given.folder.resolve().parents:
        sys.exit(f"{given.folder} is inside the repository: the rasters take gigabytes")
    folder = given.folder or Path(tempfile.mkdtemp(prefix="iota-py-otb-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        compare(Setup(settings, folder, tuple(given.rows), given.rounds, given.layout, given.ram, given.split), given.json)
    finally:
        if given.folder is None and not given.keep:
            shutil.rmtree(folder)
        else:
            print(f"rasters and maps are in {folder}")


if __name__ == "__main__":
    main()
