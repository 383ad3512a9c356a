"""Export: a dataset as Parquet, for other tools. Never read back by us."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pplink import canonical
from pplink.dataset.dataset import EncodedDataset
from pplink.files import replacing


def export_parquet(path: Path, dataset: EncodedDataset) -> None:
    """Columns `handle` (16 bytes) and `encoding` (bits / 8 bytes, bit i is bit i % 8 of byte i // 8), one row an
    encoding, in the dataset's order; the signed manifest stands in the file's metadata. Raises UnavailableError.
    """
    rows = dataset.manifest.encoding.rows
    columns = {
        "handle": _binary(np.repeat(dataset.handle, rows, axis=0).tobytes(), 16, len(dataset.encoding)),
        "encoding": _binary(
            dataset.encoding.astype("<u8", copy=False).tobytes(),
            dataset.manifest.encoding.bits // 8,
            len(dataset.encoding),
        ),
    }
    table = pa.table(columns, metadata={"pplink-manifest": canonical.to_bytes(dataset.signed.to_json())})
    with replacing(path, private=True) as temporary, temporary.open("wb") as stream:
        pq.write_table(table, stream, row_group_size=1 << 16)


def _binary(data: bytes, width: int, count: int) -> Any:
    return pa.Array.from_buffers(pa.binary(width), count, [None, pa.py_buffer(data)])
