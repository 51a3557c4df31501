from pathlib import Path

import pytest

from iota_py.tracking.record import Artifact, DatasetRecord, NullTracker, RunRecord, Tracker, utc_milliseconds


def test_null_tracker_keeps_nothing_and_gives_the_empty_identifier():
    tracker: Tracker = NullTracker()
    assert tracker.log(RunRecord("a"), replace="old") == ""


def test_times_are_counted_from_1970_utc():
    assert utc_milliseconds("1970-01-01T00:00:01+00:00") == 1000
    assert utc_milliseconds("1970-01-01T02:00:00.500+02:00") == 500


@pytest.mark.parametrize("arguments", [{"name": ""}, {"name": "a", "started": "2024-01-01T00:00:00"}, {"name": "a", "ended": "yesterday"}])
def test_run_without_name_or_with_a_time_without_offset_is_refused(arguments):
    with pytest.raises(ValueError):
        RunRecord(**arguments)


def test_dataset_names_the_context_that_is_wrong():
    with pytest.raises(ValueError, match="'training'"):
        DatasetRecord("polygons", "/p.gpkg", "ab", "training")
    with pytest.raises(ValueError, match="digest"):
        DatasetRecord("polygons", "/p.gpkg", "", "learning")


@pytest.mark.parametrize("folder", ["/etc", "../other", "model/../.."])
def test_artifact_folder_stays_inside_the_run(folder):
    with pytest.raises(ValueError, match="relative folder"):
        Artifact(Path("model.txt"), folder)
