"""Feature sources: texts as rows of numbers, behind one protocol.

- base.Source, Rows: what every source gives
- vocabulary.Vocabulary: the chapter's words
- pool_features.Space: TF-IDF of words and n-grams, and word vectors, learned from the pool, with
  the vectors of a static encoder
- encoder_features.EncodedSpace: the same beside a transformer; encoder.open_encoder
- cached.pool_space: the pool's features, from the cache
- sources.feature_source, load_source: what a model to be trained, or one of a file, sees of texts
"""
