"""The pool: the items of `unlabeled_data/`, their words and tokens, their copies, and a search.

- items.read_pool gives a Pool, words.read_pool_words a PoolWords: mapped, from the cache
- items.only_grew: whether a pool's files have at most grown since it was read
- header.read_header, USUAL_NAMES: which column is the id, and which the text
- hashing.hash_keys, keys_of: which texts are copies, by 64 bits of each
- splitting.words_of, split_texts: words of texts, in every script
- text.is_blank, text_key: whether a text shows anything, and when two are the same
- search.find: items by words, phrases and regular expressions
"""
