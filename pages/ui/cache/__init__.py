"""cache: what is worked out once for one state of the files. Nothing else of the pages caches.

keep.kept is how all of it remembers: by a key that holds the stamps of the files behind it.
"""
