"""splink on names and birth dates across lists, in the clear: the words of the normalised name, and the date."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import peers
from pplink.fields.catalogue import KINDS
from pplink.join.pairs import Pairs

if TYPE_CHECKING:
    import pandas as pd

    from benchmarks.crosslist import Draw

LOWEST, STEP = -10.0, 8.0
"""Match weights, in bits: LOWEST is shown as a score of 0.5, and STEP more double the odds, so that thresholds from 0.5
to 0.95 are weights from -10 to 24. Which pairs score higher stays what it is."""

SCRIPT = """
import json, logging, sys
logging.disable(logging.CRITICAL)
import pandas as pd
import splink.comparison_library as compare
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

given = json.load(open(sys.argv[1]))

def table(rows):
    frame = pd.DataFrame(rows, columns=["name", "dob"]).replace("", None)
    words = frame["name"].str.split()
    return frame.assign(words=words, year=frame["dob"].str[:4], unique_id=range(len(frame)))

settings = SettingsCreator(
    link_type="link_only",
    comparisons=[
        compare.JaroWinklerAtThresholds("name", [0.95, 0.9, 0.8, 0.7]),
        compare.ArrayIntersectAtSizes("words", [3, 2, 1]),
        compare.DamerauLevenshteinAtThresholds("dob", [1, 2]),
        compare.DamerauLevenshteinAtThresholds("year", [1]),
    ],
    blocking_rules_to_generate_predictions=["1=1"],
    retain_matching_columns=False)
backend = DuckDBAPI()
sides = [backend.register(table(rows), table_name=f"side{number}") for number, rows in enumerate(given)]
linker = Linker(sides, settings, log_level=50)
linker.training.estimate_probability_two_random_records_match([block_on("name", "dob")], recall=0.3)
linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
for rule in (block_on("dob"), block_on("name")):
    linker.training.estimate_parameters_using_expectation_maximisation(rule)
found = linker.inference.predict(threshold_match_weight=float(sys.argv[2])).as_pandas_dataframe()
print(json.dumps({name: found[name].tolist() for name in ("unique_id_l", "unique_id_r", "match_weight")}))
"""


def curves(draws: Sequence[Draw]) -> dict[tuple[str, str, int], list[np.ndarray]]:
    """F1 at each threshold, by task, pair of lists and half; a model fitted to each draw, without truth."""
    from benchmarks.crosslist import best_of_persons, f1_of

    found = defaultdict(list)
    for draw in draws:
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "given.json"
            path.write_text(json.dumps([_rows(side) for side in draw.sides]))
            told = peers.run(SCRIPT, path, LOWEST)
        owners = [side["record_id"].to_numpy(np.int64) for side in draw.sides]
        left, right = (
            owner[np.array(told[f"unique_id_{side}"], np.int64)]
            for owner, side in zip(owners, "lr", strict=True)
        )
        score = 1 / (1 + np.exp2((LOWEST - np.array(told["match_weight"], float)) / STEP))
        found[draw.task, draw.pair, draw.half].append(
            f1_of(best_of_persons(Pairs.ordered(left, right, score)), draw.truth)
        )
    return found


def _rows(side: pd.DataFrame) -> list[list[str]]:
    """The name's words in the order of the alphabet, for lists write them in unlike orders; the date as it is."""
    name = KINDS["name"].normalise
    columns = zip(side["name"].astype(str), side["birth_date"].astype(str), strict=True)
    return [[" ".join(sorted(name(written).split())), born] for written, born in columns]
