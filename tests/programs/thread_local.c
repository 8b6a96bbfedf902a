// Preloaded where valgrind's DHAT runs: a module with thread-local data, as libmemshim.so is one,
// so that the loader's tables of both runs' threads are of one size.
__attribute__((tls_model("initial-exec"))) __thread char memshim_test_thread_local[64];
