"""Sampling: what to label next.

- next_batch.propose, preview, batch_to_label; BatchRequest, Batch
- catalog.CATALOG: every strategy as one record
- strategies: the strategies themselves, pure functions of arrays
- second_opinions.opinions_due, ask_about: who is asked again
- mix.mixed: each strategy's share of a batch; picks.picks_of: what was chosen, and why
"""
