// Nothing: what 32-bit programs preload instead of libmemshim.so, which their loader would name on
// standard error.
