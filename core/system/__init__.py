"""Files that last, caches, threads and jobs. Nothing here knows an item or a label.

- durable.write_whole, new_file, new_folder: what survives a crash; append_file.CsvFile
- csv_rows.parse_rows, read_row_blocks: CSV, row by row
- disk_cache.load_cached, mapped_arrays.open_arrays, save_arrays: what is computed once
- parallel.spans, in_order; engines.open_engine: threads or Ray
- jobs.Job: work in a process of its own; progress.Progress, Pace, silent
- findings.Finding, Kind: what is amiss in a file
"""
