"""Tables that other programs wrote: recognized, and read as rows of texts, each with its line.

- opening.open_table, reader.Reading, SourceTable: a file's table, and how it was recognized
- roles.guess: which of its columns are the text, the id, the label
- tool_formats: exports of other labeling tools, known by their keys
"""
