"""Everything that is known of each label that counts, row by row."""

EXPORT_FIELDS: tuple[str, ...] = (
    "item_id", "text", "label", "split", "strategy", "confidence", "score", "predicted",
    "run_id", "seed", "batch_id", "proposed_at", "proposed_to", "rank", "event_id",
    "annotator", "labeled_at", "seconds", "assisted", "note",
)  # fmt: skip
"""The columns that every export begins with; the pool's own columns follow."""
