"""How long each interaction on the four pages makes a person wait: see `__main__.py`."""
