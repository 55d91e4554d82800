"""Exchange: tables in, labels out, and the book's data.

- importer.import_data: tables in; the folder `tables` reads the files
- imports.read_records, take_back: what came in, and its way back
- exporter.export, data_card, export_formats.LAYOUTS: labels out
- table_writers.write_items, written_to: items and tables out
- predictions.predict, predicted_files.predict_files: the model's predictions out
- tagging.tag, kept: predictions as pages keep, count and show them
- model_export.export_model, load_predictor: the model itself out, and open elsewhere
- book_dataset.fetch_book: the book's data
"""
