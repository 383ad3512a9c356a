"""`pplink unit hits`: open what the broker sealed for this unit."""
