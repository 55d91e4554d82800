"""The parts of the Strategies page."""
