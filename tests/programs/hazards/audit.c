// An audit library (LD_AUDIT) that does nothing: with one, the loader has less room for the thread-local data
// of preloaded libraries.
unsigned la_version(unsigned version) { return version; }
