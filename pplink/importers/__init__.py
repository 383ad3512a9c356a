"""Importers turn public lists and other systems' files into the table that a unit encodes: one row a person."""
