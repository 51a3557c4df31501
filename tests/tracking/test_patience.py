import os
import time

import pytest

from iota_py.errors import StorageError
from iota_py.tracking.patience import AFTER_A_RUN, SYNC, Patience, waiting


def test_settings_of_mlflow_hold_for_the_block_only(monkeypatch):
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_TIMEOUT", raising=False)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "5")
    with waiting(AFTER_A_RUN):
        assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "10"
        assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "5", "what the user has set stays"
    assert "MLFLOW_HTTP_REQUEST_TIMEOUT" not in os.environ
    assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "5"


def test_settings_exist_in_the_installed_mlflow():
    from mlflow import environment_variables

    with waiting(SYNC):
        for name in (key for key in os.environ if key.startswith(("MLFLOW_HTTP_REQUEST", "MLFLOW_ENABLE_ARTIFACTS"))):
            assert getattr(environment_variables, name).name == name


def test_large_files_have_their_time_on_top():
    now = time.monotonic()
    assert Patience(1, 0, 10.0, rate=1e6).deadline("http://h", 5_000_000).end == pytest.approx(now + 15, abs=1)


def test_what_comes_too_late_is_told_without_its_password():
    with pytest.raises(StorageError, match="E-TRK-011") as caught:
        Patience(1, 0, -1.0).deadline("http://me:canary@h", 0).check()
    assert "canary" not in str(caught.value)
