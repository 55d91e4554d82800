"""The parts of the Sunlight page: what is chosen, the trail of what was seen, the items."""
