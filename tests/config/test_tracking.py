import pytest
from pydantic import ValidationError

from iota_py.config.tracking import Tracking


@pytest.mark.parametrize(
    ("uri", "kept"),
    [
        (None, None),
        ("sqlite:////a/mlflow.db", "sqlite:////a/mlflow.db"),
        ("http://h:5000", "http://h:5000"),
        ("http://me:canary@h:5000/x", "http://***@h:5000/x"),
        ("postgresql+psycopg2://me:can@ary@h/d", "postgresql+psycopg2://***@h/d"),
    ],
)
def test_a_password_is_used_and_not_kept(uri, kept):
    section = Tracking(uri=uri)
    assert section.uri == uri
    assert section.model_dump(mode="json")["uri"] == kept


def test_the_name_of_a_registered_model_is_written_short():
    assert Tracking.model_validate({"register": "oso-france"}).register_as == "oso-france"
    kept = Tracking.model_validate({"register": "oso-france"}).model_dump(mode="json")
    assert Tracking.model_validate(kept).register_as == "oso-france"
    with pytest.raises(ValidationError):
        Tracking.model_validate({"register": "models:/a"})
