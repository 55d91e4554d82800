"""cache: what is worked out once for one state of the files. Nothing else of the pages caches.

snapshot.open_snapshot, tables, inbox, training_words · keep.chart_spec
runs.model, predictions, report, evaluation_predictions, places · analysis.job
keep.kept is how all of them remember: by a key that holds the stamps of the files behind it.
"""
