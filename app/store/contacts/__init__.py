"""The contacts of the cache: their rows, the words and values they are found by, loading many of them."""
