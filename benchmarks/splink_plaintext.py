"""splink: the best-kept open linkage system, on names in the clear. `link` runs it in the peers' environment."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import febrl, peers
from pplink.join.pairs import Pairs

LOWEST = 0.001
"""Pairs that splink thinks less likely than that are not looked at: its blocking finds few of them."""

SCRIPT = """
import json, logging, sys
logging.disable(logging.CRITICAL)
import numpy as np
import pandas as pd
import splink.comparison_library as compare
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

given = json.load(open(sys.argv[1]))
fields = given["fields"]
NAMES = ("given_name", "surname", "suburb", "address_1")

def comparison(field):
    if field in NAMES:
        return compare.NameComparison(field).configure(term_frequency_adjustments=True)
    return compare.DamerauLevenshteinAtThresholds(field, [1, 2])

def table(rows):
    frame = pd.DataFrame(rows, columns=fields).replace("", None)
    return frame.assign(unique_id=range(len(frame)))

def found(lists):
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[comparison(field) for field in fields],
        blocking_rules_to_generate_predictions=[block_on(field) for field in fields[:4]],
        retain_matching_columns=False)
    backend = DuckDBAPI()
    sides = [backend.register(table(lists[side]), table_name=f"{side}_rows") for side in ("left", "right")]
    linker = Linker(sides, settings, log_level=50)
    sure = [block_on("given_name", "date_of_birth"), block_on("surname", "date_of_birth")]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in (block_on("date_of_birth"), block_on("given_name", "surname")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    answer = linker.inference.predict(threshold_match_probability=given["lowest"]).as_pandas_dataframe()
    return [answer[name].tolist() for name in ("unique_id_l", "unique_id_r", "match_probability")]

print(json.dumps({"found": [found(lists) for lists in given["lists"]]}))
"""


def link(lists: Sequence[febrl.Lists], fields: Sequence[str]) -> list[Pairs]:
    """The pairs of each two lists and how likely each is, by a model fitted to these two alone, without truth.

    Comparisons and training are those of splink's own example on FEBRL4: names by Jaro-Winkler in steps, adjusted for
    how frequent a name is; the rest by Damerau-Levenshtein. Candidates agree in given name, surname, date or suburb.
    """
    given = {"fields": list(fields), "lowest": LOWEST, "lists": [febrl.plain(each, fields) for each in lists]}
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "given.json"
        path.write_text(json.dumps(given))
        answer = peers.run(SCRIPT, path)
    return [
        Pairs.ordered(np.array(left, np.int64), np.array(right, np.int64), np.array(likely, float))
        for left, right, likely in answer["found"]
    ]
