"""Measurements: `python -m tests.benchmarks.<name> --help`. None of them runs in the tests."""
