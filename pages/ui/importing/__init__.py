"""Imports as Data and *Start with your own data* share them: reading, labels, refusals."""
