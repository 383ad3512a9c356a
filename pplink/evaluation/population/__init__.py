"""Population: made-up persons in several units' lists, with truth. Seeded: one seed, one population."""

from pplink.evaluation.population.habits import Habits
from pplink.evaluation.population.lists import Lists, make_lists

__all__ = ["Habits", "Lists", "make_lists"]
