"""What a person does on the Strategies page."""

from tests.benchmarks.interactions.visit import Kind, arriving, arriving_after_a_label

KINDS: dict[str, Kind] = {
    "open": arriving("strategies"),
    "open, after a label": arriving_after_a_label("strategies"),
}
