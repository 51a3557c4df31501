import datetime as dt

import pydantic
import pytest

from iota_py.config.schema import PATH_FIELDS, dump


def test_defaults(load):
    config = load()
    assert (config.period.start, config.period.end, config.period.step) == (None, None, None)
    assert config.inputs["s2"].valid.cloud == "strict"
    assert config.inputs["s2"].valid.saturation is True
    assert (config.inputs["s2"].reflectance, config.inputs["s2"].resampling, config.inputs["s2"].bands) == ("FRE", None, "all")
    assert (config.model.kind, config.model.trees, config.model.bins) == ("random_forest", 100, 255)
    assert config.samples.split.ratio == 0.7
    assert config.features_of("s2").indices is None
    assert config.tiles is None


def test_values_are_frozen(load):
    config = load()
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        config.name = "other"
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        config.inputs["s2"].reflectance = "SRE"


def test_words_that_yaml_would_change_stay_what_they_are(load):
    more = "title: 12:30\ntracking: {experiment: '0100'}\n"
    config = load(more, **{"name: small": "name: NO"})
    assert (config.name, config.title, config.tracking.experiment) == ("NO", "12:30", "0100")
    assert load("tracking: {experiment: 0100}").tracking.experiment == "0100"
    assert load("tracking: {experiment: on}").tracking.experiment == "on"
    ignored = load(**{"reference.gpkg": "reference.gpkg, ignore: [NO, on, 0100, 5]"}).samples.ignore
    assert ignored == ("NO", "on", "0100", 5)


def test_choices(load):
    config = load(
        "period: {start: 2023-01-05, end: 2023-12-31, step: 16}\nmodel: {kind: lightgbm, rounds: 7}\nengine: {workers: 3}\n"
        "tiles: [31TCJ, T30TYP]\n",
        **{"path: data": "path: data, valid: {cloud: [1, 5], saturation: false}, bands: [B4, B8], exclude_dates: [2023-02-01]"},
    )
    assert config.period.start == dt.date(2023, 1, 5)
    assert (config.model.kind, config.model.rounds, config.engine.worker_count) == ("lightgbm", 7, 3)
    assert config.inputs["s2"].valid.cloud == (1, 5)
    assert config.inputs["s2"].bands == ("B4", "B8")
    assert config.inputs["s2"].exclude_dates == (dt.date(2023, 2, 1),)
    assert config.tiles == ("31TCJ", "T30TYP")


@pytest.mark.parametrize("features", ["1", "1.0", "0.5", "sqrt", "log2", "12"])
def test_max_features_is_a_word_a_share_or_a_number(load, features):
    found = load(f"model: {{kind: random_forest, max_features: {features}}}").model.max_features
    assert str(found) == features
    assert isinstance(found, {"1": int, "12": int, "1.0": float, "0.5": float}.get(features, str))


def test_all_cores_by_default(load):
    assert load().engine.worker_count >= 1
    assert load("engine: {workers: all}").engine.worker_count == load().engine.worker_count


def test_dump_is_plain_and_loads_again(load, tmp_path):
    config = load("period: {start: 2023-01-05}\n")
    document = dump(config)
    assert document["period"] == {"start": "2023-01-05", "end": None, "step": None, "margin": 0}
    assert document["output"] == str(tmp_path / "runs" / "small")
    assert type(config).model_validate(document) == config


def test_fields_that_are_paths():
    paths = ("output", "nomenclature", "inputs.s2.path", "inputs.s2.series.masks.0.path", "samples.polygons", "samples.regions.path")
    assert all(PATH_FIELDS.match(field) for field in paths)
    assert not any(PATH_FIELDS.match(field) for field in ("name", "inputs.path.family", "samples.label", "inputs.s2.series.pattern"))


SERIES = "family: raster-series, path: data, series: {pattern: '%s', bands: {red: 1}%s}"


def test_raster_series(load):
    more = (
        ", nodata: .nan, scale: 10000, minimum: 0, masks: [{pattern: 'm_{date}.tif', bits: [0, 3]}, {pattern: '{date}.tif', invalid: [2]}]"
    )
    series = load(**{"family: theia-s2-l2a, path: data": SERIES % ("{tile}_{date}_*.tif", more)}).inputs["s2"].series
    assert series.nodata != series.nodata
    assert (series.scale, series.minimum, series.maximum, series.tile) == (10000, 0, None, "tile")
    assert (series.masks[0].bits, series.masks[1].invalid, series.masks[1].band) == ((0, 3), (2,), 1)


@pytest.mark.parametrize(
    ("pattern", "more", "line"),
    [
        ("a.tif", "", "inputs.s2.series.pattern: the pattern needs {date}"),
        ("{dates}.tif", "", "inputs.s2.series.pattern: unknown placeholder {dates}; placeholders are {date} {time} {tile} {band} and *"),
        ("{date}_{date}.tif", "", "inputs.s2.series.pattern: the pattern has {date} twice; put * in the place of one"),
        ("x/{date}.tif", "", "inputs.s2.series.pattern: expected the name of a file, without folders; folders go to `path`"),
        ("{date}.tif", ", masks: [{pattern: m.tif, bits: [1]}]", "inputs.s2.series.masks.0.pattern: the pattern needs {date}"),
        ("{date}.tif", ", masks: [{pattern: '{date}m.tif'}]", "inputs.s2.series.masks.0: give either `invalid` (values) or `bits`"),
        ("{date}.tif", ", scale: 0", "inputs.s2.series.scale: input should be greater than 0, found `0`"),
        (
            "{date}.tif",
            ", roles: {violet: red}",
            "inputs.s2.series.roles.violet: input should be 'blue', 'green', 'red', 'nir', 'swir', 'swir2'",
        ),
    ],
)
def test_faults_of_a_raster_series(lines, pattern, more, line):
    (found,) = lines(**{"family: theia-s2-l2a, path: data": SERIES % (pattern, more)})
    assert line in found


@pytest.mark.parametrize(
    ("selection", "line"),
    [
        ("strategy: constant", "strategy constant needs `number`"),
        ("strategy: percent, number: 5", "strategy percent has no use for `number`"),
        ("strategy: byclass, percent: 5", "strategy byclass has no use for `percent`"),
        ("strategy: all, table: {1: 5}", "strategy all has no use for `table`"),
        ("strategy: smallest, number: 4", "strategy smallest has no use for `number`"),
    ],
)
def test_a_selection_needs_its_own_numbers(lines, selection, line):
    assert lines(**{"reference.gpkg": f"reference.gpkg, selection: {{{selection}}}"}) == [
        f"E-CFG-013 run.yaml: samples.selection: {line}"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("samples", "line"),
    [
        ("{}", "samples: give either `polygons` (a vector file), `sources` (several) or `table` (ready samples)"),
        ("{polygons: a.gpkg, table: {path: b.csv, bands: {red: red}}}", "samples: give either `polygons`"),
        (
            "{table: {path: b.csv, bands: {red: red}}, regions: {path: r.gpkg, field: f}}",
            "samples: a table has no polygons of regions: name their column in `table.region`",
        ),
    ],
)
def test_samples_come_from_one_source(lines, samples, line):
    (found,) = lines(**{"{polygons: reference.gpkg}": samples})
    assert line in found


def test_a_layout_belongs_to_raster_series_only(lines):
    (found,) = lines(**{"path: data": "path: data, series: {pattern: '{date}.tif', bands: {a: 1}}"})
    assert "inputs.s2: `series` is for family raster-series, and only for it" in found
    (found,) = lines(**{"family: theia-s2-l2a": "family: raster-series"})
    assert "inputs.s2: family raster-series needs `series`" in found


def test_an_input_is_on_disk_or_at_an_address(lines):
    (found,) = lines(**{"path: data": "bands: all"})
    assert "inputs.s2: give either `path` or, for a catalogue, `url`" in found
    (found,) = lines(**{"path: data": "url: https://stac.example/v1"})
    assert "inputs.s2: `url` is for family stac or stac-landsat, and only for it" in found
