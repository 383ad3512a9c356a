"""Population: made-up persons in several units' lists, with truth. Seeded: one seed, one population.

Faker makes values one by one; what matters here is how several lists write one person.
"""

from pplink.evaluation.population.habits import Habits
from pplink.evaluation.population.lists import Lists, make_lists

__all__ = ["Habits", "Lists", "make_lists"]
