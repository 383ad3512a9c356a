"""Fields are kinds of personal attribute: how a written value is normalised and cut into tokens.

Each kind is written twice: plainly, a value at a time (`normalise`, `tokens`), which says what is meant; and
over whole columns (`normalise_all`, `tokenise_all`), which is what runs. Tests hold the second to the first.
"""
