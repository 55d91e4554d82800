"""Queries: which items a person looks at.

- filters.Filters, read_address, to_address: what is asked for, and its address
- tables.Tables: draws, counts and histograms of what the filters leave
- sql_condition.places_where: a condition that a person writes
- shown_predictions.predictions_at: what the model says, where it may be shown
"""
