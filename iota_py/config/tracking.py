"""Section `tracking`: where runs are recorded, and as what their models are registered."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, field_serializer, model_validator

from iota_py.config.section import Name, Section

ModelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$")]


class Tracking(Section):
    """Where experiments are recorded."""

    experiment: Name = "iota_py"
    uri: str | None = Field(None, description="MLflow tracking URI; default: mlflow.db beside the folder of the run's output")
    enabled: bool = True
    register_as: ModelName | None = Field(
        None,
        description="written `register: NAME`: the registered model whose next version the models of this run become; default: none",
    )

    @field_serializer("uri", when_used="json")
    def _without_secrets(self, uri: str | None) -> str | None:
        """The configuration of a run is kept with it and recorded: what a URI carries before its host is not."""
        if uri is None or "@" not in urlsplit(uri).netloc:
            return uri
        user, _, host = urlsplit(uri).netloc.rpartition("@")
        return uri.replace(f"{user}@{host}", f"***@{host}", 1)

    @model_validator(mode="before")
    @classmethod
    def _written_short(cls, values: Any) -> Any:
        """`register: X` is `register_as: X`: a section cannot have a field of that name."""
        if not isinstance(values, dict) or "register" not in values:
            return values
        return {**{key: value for key, value in values.items() if key != "register"}, "register_as": values["register"]}
