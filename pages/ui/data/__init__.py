"""The parts of the Data page, one for each tab."""
