"""Tables: Parquet for what machines read, CSV for what people read. Same rows, same bytes."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
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


def write_table_parts(path: str | Path, parts: Iterable[pd.DataFrame]) -> None:
    """Publish a table as Parquet (zstd) from frames of the same columns and types, one group of rows each; at least one, maybe empty."""
    with published(path) as part:
        writer: pq.ParquetWriter | None = None
        try:
            for frame in parts:
                table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
                writer = writer or pq.ParquetWriter(part, table.schema, compression="zstd")
                writer.write_table(table, row_group_size=max(1, len(frame)))
        finally:
            if writer is not None:
                writer.close()
        if writer is None:
            raise ValueError(f"{path}: no part to write")


def read_table_parts(path: str | Path, columns: list[str] | None = None) -> Iterator[pd.DataFrame]:
    """The groups of rows of a Parquet file, one after the other. Raises InputError when it cannot be read."""
    try:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                yield file.read_row_group(group, columns=columns).to_pandas()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise InputError(Fault("E-TAB-001", str(path), "", f"cannot be read as a table ({' '.join(str(error).split())[:200]})")) from error


def read_texts(path: str | Path) -> pd.DataFrame:
    """Rows of a CSV file (separated by commas or semicolons) with every cell as the text that stands there, empty ones as "".

    Raises InputError E-TAB-001 when it cannot be read, is not UTF-8, or has a line of another length than the first.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        head = text.partition("\n")[0]
        separator = ";" if head.count(";") > head.count(",") else ","
        lines = [line for line in csv.reader(text.splitlines(), delimiter=separator, skipinitialspace=True) if line]
        odd = [number for number, line in enumerate(lines, 1) if len(line) != len(lines[0])]
        if odd or not lines:
            raise ValueError(f"line {odd[0]} has another number of cells than the first" if odd else "empty")
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(Fault("E-TAB-001", str(path), "", f"cannot be read as a table ({' '.join(str(error).split())[:200]})")) from error
    return pd.DataFrame(lines[1:], columns=[name.strip() for name in lines[0]], dtype=object)


def write_csv(path: str | Path, frame: pd.DataFrame, index: bool = False) -> None:
    """Publish a table as CSV."""
    write_text(path, frame.to_csv(index=index, lineterminator="\n"))
