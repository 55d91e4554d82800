"""Queries: which items a person looks at.

- filters.Filters, read_address, to_address: what is asked for, and its address
- tables.Tables: what the filters leave, as rows of the pool, and those items
- order.row_order, rows_in_order: all items sorted by a column, and those that filters leave
- shown_predictions.predictions_at: what the model says, where it may be shown
"""
