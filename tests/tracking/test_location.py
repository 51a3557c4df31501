import socket
import sqlite3

import pytest

from iota_py.errors import ConfigError, StorageError
from iota_py.tracking import location
from iota_py.tracking.location import artifact_location, check_uri, database_path, default_uri, is_server, probe, with_credentials


def test_embedded_store_of_a_folder(tmp_path):
    uri = default_uri(tmp_path / "my runs")
    assert uri == f"sqlite:///{tmp_path}/my runs/mlflow.db"
    assert uri.startswith("sqlite:////")
    assert check_uri(uri) == uri
    assert database_path(uri) == tmp_path / "my runs" / "mlflow.db"
    assert artifact_location(uri) == f"file://{tmp_path}/my%20runs/mlartifacts"


@pytest.mark.parametrize("uri", ["http://h:5000", "https://h", "postgresql://u:p@h/d", "postgresql+psycopg2://h/d", "mysql+pymysql://h/d"])
def test_other_stores_decide_where_artifacts_go(uri):
    assert check_uri(uri) == uri
    assert database_path(uri) is None
    assert artifact_location(uri) is None
    assert is_server(uri) == uri.startswith("http")


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "mlruns",
        "/data/mlruns",
        "file:///data/mlruns",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///mlflow.db",
        "s3://bucket",
        "http://",
    ],
)
def test_what_mlflow_refuses_is_refused_at_once_with_the_way_out(uri):
    with pytest.raises(ConfigError, match=r"E-TRK-002 .*tracking\.uri: expected .*Fix: leave tracking\.uri out"):
        check_uri(uri)


def test_probe_creates_the_folder_and_leaves_the_store_free(tmp_path):
    uri = default_uri(tmp_path / "a" / "b")
    probe(uri)
    probe(uri)
    assert (tmp_path / "a" / "b").is_dir()


def test_locked_database_is_told_after_the_patience(tmp_path, monkeypatch):
    monkeypatch.setattr(location, "LOCK_SECONDS", 0.1)
    holder = sqlite3.connect(tmp_path / "mlflow.db")
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(StorageError, match=r"E-TRK-001 .*database is locked\. Fix: free or mend the database"):
            probe(default_uri(tmp_path))
    finally:
        holder.close()


def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "mlflow.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StorageError, match="file is not a database"):
        probe(default_uri(tmp_path))


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="E-TRK-001"):
        probe(default_uri(tmp_path / "file" / "runs"))


def test_server_that_is_not_there_is_told_without_its_password():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(StorageError, match=r"E-TRK-001 .*start the tracking server") as caught:
        probe(f"http://me:canary@127.0.0.1:{port}")
    assert "canary" not in str(caught.value)


def test_server_that_listens_passes():
    with socket.create_server(("127.0.0.1", 0)) as server:
        probe(f"postgresql://127.0.0.1:{server.getsockname()[1]}/db")


@pytest.mark.parametrize("uri", ["sqlite:////a.db", "http://h:5000", "postgresql://h/d"])
def test_a_uri_without_secrets_is_itself(uri):
    assert with_credentials(uri) == uri


def test_secrets_of_a_scrubbed_uri_come_from_the_environment(monkeypatch):
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    for uri in ("http://***@h:5000", "postgresql://***@h/d"):
        with pytest.raises(ConfigError, match=r"E-TRK-012 .*Fix: export MLFLOW_TRACKING_URI"):
            with_credentials(uri)
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "me")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "canary")
    assert with_credentials("http://***@h:5000") == "http://h:5000", "MLflow reads the two itself"
    with pytest.raises(ConfigError, match="E-TRK-012"):
        with_credentials("postgresql://***@h/d")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://me:canary@h/d")
    assert with_credentials("postgresql://***@h/d") == "postgresql://me:canary@h/d"
    with pytest.raises(ConfigError, match="E-TRK-012"):
        with_credentials("postgresql://***@other/d")


def test_files_of_a_database_without_a_server_lie_where_one_says(tmp_path):
    assert artifact_location("postgresql://h/d", tmp_path) == f"file://{tmp_path}/mlartifacts"
    assert artifact_location("http://h", tmp_path) is None


def test_a_server_that_is_not_healthy_is_told():
    from tests.tracking.servers import stub

    with stub("fails") as (uri, _):
        probe(uri)  # its page of health is well, whatever the rest is
        with pytest.raises(StorageError, match=r"E-TRK-001 .*status 500"):
            probe(f"{uri}/below")
