"""clkhash and anonlink on names and birth dates across lists: bigrams of the normalised name, digits of the date."""

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
    from benchmarks.crosslist import Draw

SCRIPT = """
import json, sys
import anonlink, anonlink.similarities
import clkhash.field_formats as formats
from clkhash.clk import generate_clks
from clkhash.comparators import NgramComparison
from clkhash.schema import Schema

given = json.load(open(sys.argv[1]))

def spec(name, bits, positional):
    return formats.StringSpec(name, formats.FieldHashingProperties(
        comparator=NgramComparison(1 if positional else 2, positional),
        strategy=formats.BitsPerFeatureStrategy(bits)))

schema = Schema([spec("name", 200, False), spec("dob", 200, True)], 1024)
answers = []
for draw in given:
    clks = [list(generate_clks(side, schema, "secret", validate=False, max_workers=1)) for side in draw]
    scores, _, (left, right) = anonlink.candidate_generation.find_candidate_pairs(
        clks, anonlink.similarities.dice_coefficient_accelerated, 0.5)
    answers.append([list(left), list(right), list(scores)])
print(json.dumps({"answers": answers}))
"""


def curves(draws: Sequence[Draw]) -> dict[tuple[str, str, int], list[np.ndarray]]:
    """F1 at each threshold, by task, pair of lists and half."""
    from benchmarks.crosslist import best_of_persons, f1_of

    found = defaultdict(list)
    for draw in draws:
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "given.json"
            path.write_text(json.dumps([[_rows(side) for side in draw.sides]]))
            left, right, score = peers.run(SCRIPT, path)["answers"][0]
        owners = [side["record_id"].to_numpy(np.int64) for side in draw.sides]
        pairs = Pairs.ordered(
            owners[0][np.array(left, np.int64)], owners[1][np.array(right, np.int64)], score
        )
        found[draw.task, draw.pair, draw.half].append(f1_of(best_of_persons(pairs), draw.truth))
    return found


def _rows(side: object) -> list[list[str]]:
    name = KINDS["name"].normalise
    return [[name(row.name), row.birth_date] for row in side.itertuples()]  # type: ignore[attr-defined]
