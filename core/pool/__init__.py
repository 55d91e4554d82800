"""The pool: the items of `unlabeled_data/`, their words and tokens, their copies, and a search.

- items.read_pool gives a Pool, words.read_pool_words a PoolWords: mapped, from the cache
- text.words_of, text_key, occurrences: words of a text, and when two texts are the same
- search.read_index, read_query: items by their words
- bags.Bags: texts as bags of ids
"""
