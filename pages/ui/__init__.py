"""What the pages share: cached readings, session state, charts, items, the annotation card."""
