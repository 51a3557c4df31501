"""Tables: Parquet for what machines read, CSV for what people read. Same rows, same bytes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from iota_py.errors import Fault, InputError
from iota_py.io.publish import published, write_text


def write_table(path: str | Path, frame: pd.DataFrame) -> None:
    """Publish a table as Parquet (zstd), without the index."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    with published(path) as part:
        pq.write_table(table, part, compression="zstd")


def read_table(path: str | Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Rows of a Parquet file (or some columns of it), or of a CSV file. Raises InputError when it cannot be read."""
    try:
        if Path(path).suffix.lower() == ".csv":
            return pd.read_csv(path, usecols=columns)
        return pq.read_table(path, columns=columns).to_pandas()
    except (OSError, ValueError, pa.ArrowException, pd.errors.ParserError) as error:
        raise InputError(Fault("E-TAB-001", str(path), "", f"cannot be read as a table ({' '.join(str(error).split())[:200]})")) from error


def write_csv(path: str | Path, frame: pd.DataFrame, index: bool = False) -> None:
    """Publish a table as CSV."""
    write_text(path, frame.to_csv(index=index, lineterminator="\n"))
