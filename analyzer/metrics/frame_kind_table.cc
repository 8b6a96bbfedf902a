// The rules of frame_kind.h. To add one, put its text into the group whose reason fits.
// A rule may only speak of code that many programs share and that calls for somebody else: a
// wrong rule hides the line a user must change. Exact names win over prefixes, names over modules,
// modules over files; within a group the order does not matter.
#include "analyzer/metrics/frame_kind_table.h"

namespace memshim::analyzer::metrics {
namespace {

constexpr FrameKind kAllocation = FrameKind::kAllocation;
constexpr FrameKind kRuntime = FrameKind::kRuntime;
constexpr FrameKind kStart = FrameKind::kStart;
constexpr FrameKind kThreadStart = FrameKind::kThreadStart;
constexpr MatchBy kFunction = MatchBy::kFunction;
constexpr MatchBy kFunctionPrefix = MatchBy::kFunctionPrefix;
constexpr MatchBy kModulePrefix = MatchBy::kModulePrefix;
constexpr MatchBy kFileName = MatchBy::kFileName;
constexpr MatchBy kFilePrefix = MatchBy::kFilePrefix;
constexpr MatchBy kPathPart = MatchBy::kPathPart;

// Several rules a line keep the table readable.
// clang-format off
constexpr FrameRule kRules[] = {
    // The C allocation functions; the first frame of almost every point.
    {kFunction, "malloc", kAllocation}, {kFunction, "calloc", kAllocation},
    {kFunction, "realloc", kAllocation}, {kFunction, "memalign", kAllocation},
    {kFunction, "aligned_alloc", kAllocation}, {kFunction, "posix_memalign", kAllocation},
    {kFunction, "valloc", kAllocation}, {kFunction, "pvalloc", kAllocation},
    {kFunction, "reallocarray", kAllocation}, {kFunction, "free", kAllocation},
    {kFunction, "cfree", kAllocation}, {kFunction, "__libc_malloc", kAllocation},
    {kFunction, "__libc_calloc", kAllocation}, {kFunction, "__libc_realloc", kAllocation},
    {kFunction, "__libc_memalign", kAllocation}, {kFunction, "mallocx", kAllocation},
    {kFunction, "rallocx", kAllocation}, {kFunction, "heaptrack_malloc", kAllocation},
    // operator new in all its forms, with or without parameters in the text.
    {kFunctionPrefix, "operator new", kAllocation}, {kFunctionPrefix, "_Znw", kAllocation},
    {kFunctionPrefix, "_Zna", kAllocation},
    // Wrappers that add only a check for NULL; the names GNU programs use.
    {kFunction, "xmalloc", kAllocation}, {kFunction, "xcalloc", kAllocation},
    {kFunction, "xrealloc", kAllocation}, {kFunction, "xstrdup", kAllocation},
    {kFunction, "xstrndup", kAllocation}, {kFunction, "xmemdup", kAllocation},
    {kFunction, "xmemdup0", kAllocation}, {kFunction, "xzalloc", kAllocation},
    {kFunction, "xnmalloc", kAllocation}, {kFunction, "xnrealloc", kAllocation},
    {kFunction, "x2realloc", kAllocation}, {kFunction, "x2nrealloc", kAllocation},
    {kFunction, "xpalloc", kAllocation}, {kFunction, "xcharalloc", kAllocation},
    {kFunction, "xreallocarray", kAllocation}, {kFunction, "xasprintf", kAllocation},
    {kFunction, "xvasprintf", kAllocation}, {kFunction, "safe_malloc", kAllocation},
    {kFunction, "safe_calloc", kAllocation}, {kFunction, "safe_realloc", kAllocation},
    {kFunction, "checked_malloc", kAllocation}, {kFunction, "rpl_malloc", kAllocation},
    {kFunction, "rpl_calloc", kAllocation}, {kFunction, "rpl_realloc", kAllocation},
    {kFunction, "ximalloc", kAllocation}, {kFunction, "xirealloc", kAllocation},
    // GLib's: whoever calls them is meant. g_slice and g_new end in these.
    {kFunctionPrefix, "g_malloc", kAllocation}, {kFunctionPrefix, "g_try_malloc", kAllocation},
    {kFunctionPrefix, "g_realloc", kAllocation}, {kFunctionPrefix, "g_try_realloc", kAllocation},
    {kFunctionPrefix, "g_strdup", kAllocation}, {kFunctionPrefix, "g_strndup", kAllocation},
    {kFunctionPrefix, "g_memdup", kAllocation}, {kFunctionPrefix, "g_slice_", kAllocation},
    {kFunctionPrefix, "g_aligned_alloc", kAllocation},
    // CPython's layers of allocators and object constructors.
    {kFunctionPrefix, "PyMem_", kAllocation}, {kFunctionPrefix, "_PyMem_", kAllocation},
    {kFunctionPrefix, "PyObject_Malloc", kAllocation},
    {kFunctionPrefix, "PyObject_Calloc", kAllocation},
    {kFunctionPrefix, "PyObject_Realloc", kAllocation},
    {kFunctionPrefix, "_PyObject_Malloc", kAllocation},
    {kFunctionPrefix, "_PyObject_Calloc", kAllocation},
    {kFunctionPrefix, "_PyObject_Realloc", kAllocation},
    {kFunctionPrefix, "PyObject_Free", kAllocation},
    {kFunctionPrefix, "_PyObject_New", kAllocation},
    {kFunctionPrefix, "_PyObject_GC_", kAllocation},
    {kFunctionPrefix, "PyType_GenericAlloc", kAllocation},
    {kFunctionPrefix, "_PyType_AllocNoTrack", kAllocation},
    // CPython's, not unique enough for a prefix.
    {kFunction, "gc_alloc", kAllocation}, {kFunction, "pymalloc_alloc", kAllocation},
    {kFunction, "new_arena", kAllocation}, {kFunction, "allocate_from_new_pool", kAllocation},
    // Layers over malloc of other programs met: SQLite, perl, jq, OpenSSL, zlib, Redis, GCC, Lua, Ruby.
    {kFunction, "sqlite3MemMalloc", kAllocation}, {kFunction, "sqlite3MemRealloc", kAllocation},
    {kFunction, "sqlite3Malloc", kAllocation}, {kFunction, "sqlite3MallocZero", kAllocation},
    {kFunction, "sqlite3_malloc", kAllocation}, {kFunction, "sqlite3_malloc64", kAllocation},
    {kFunction, "sqlite3Realloc", kAllocation}, {kFunction, "sqlite3_realloc", kAllocation},
    {kFunction, "sqlite3_realloc64", kAllocation}, {kFunction, "sqlite3DbMallocRaw", kAllocation},
    {kFunction, "sqlite3DbMallocRawNN", kAllocation},
    {kFunction, "sqlite3DbMallocRawNNTyped", kAllocation},
    {kFunction, "sqlite3DbMallocZero", kAllocation}, {kFunction, "sqlite3DbRealloc", kAllocation},
    {kFunction, "sqlite3DbReallocOrFree", kAllocation}, {kFunction, "sqlite3DbStrDup", kAllocation},
    {kFunction, "sqlite3DbStrNDup", kAllocation}, {kFunction, "dbMallocRawFinish", kAllocation},
    {kFunction, "dbReallocFinish", kAllocation}, {kFunction, "mallocWithAlarm", kAllocation},
    {kFunction, "Perl_safesysmalloc", kAllocation}, {kFunction, "Perl_safesyscalloc", kAllocation},
    {kFunction, "Perl_safesysrealloc", kAllocation}, {kFunction, "Perl_malloc", kAllocation},
    {kFunction, "jv_mem_alloc", kAllocation}, {kFunction, "jv_mem_calloc", kAllocation},
    {kFunction, "jv_mem_realloc", kAllocation}, {kFunction, "jv_mem_strdup", kAllocation},
    {kFunction, "jv_mem_alloc_unguarded", kAllocation}, {kFunction, "CRYPTO_malloc", kAllocation},
    {kFunction, "CRYPTO_zalloc", kAllocation}, {kFunction, "CRYPTO_realloc", kAllocation},
    {kFunction, "CRYPTO_strdup", kAllocation}, {kFunction, "CRYPTO_strndup", kAllocation},
    {kFunction, "CRYPTO_memdup", kAllocation}, {kFunction, "zmalloc", kAllocation},
    {kFunction, "zmalloc_usable", kAllocation}, {kFunction, "ztrymalloc", kAllocation},
    {kFunction, "ztrymalloc_usable", kAllocation}, {kFunction, "zrealloc", kAllocation},
    {kFunction, "zrealloc_usable", kAllocation}, {kFunction, "zcalloc_num", kAllocation},
    {kFunction, "zcalloc_usable", kAllocation}, {kFunction, "zstrdup", kAllocation},
    {kFunction, "zcalloc", kAllocation}, {kFunction, "ggc_internal_alloc", kAllocation},
    {kFunction, "ggc_internal_cleared_alloc", kAllocation},
    {kFunction, "_obstack_begin", kAllocation}, {kFunction, "_obstack_newchunk", kAllocation},
    {kFunction, "_obstack_begin_worker", kAllocation}, {kFunction, "call_chunkfun", kAllocation},
    {kFunction, "l_alloc", kAllocation}, {kFunction, "luaM_malloc_", kAllocation},
    {kFunction, "luaM_realloc_", kAllocation}, {kFunction, "ruby_xmalloc", kAllocation},
    {kFunction, "ruby_xcalloc", kAllocation}, {kFunction, "ruby_xrealloc", kAllocation},
    // Rust's allocation entry points; mangled legacy names start the same way.
    {kFunctionPrefix, "__rust_alloc", kAllocation},
    {kFunctionPrefix, "__rust_realloc", kAllocation}, {kFunctionPrefix, "__rg_", kAllocation},
    {kFunctionPrefix, "__rdl_", kAllocation}, {kFunctionPrefix, "__rustc", kAllocation},
    // Rust's standard crates: their frames are collections and formatting, the caller is meant.
    {kFunctionPrefix, "alloc::", kRuntime}, {kFunctionPrefix, "core::", kRuntime},
    {kFunctionPrefix, "std::", kRuntime}, {kFunctionPrefix, "hashbrown::", kRuntime},
    {kFunctionPrefix, "<alloc::", kRuntime}, {kFunctionPrefix, "<core::", kRuntime},
    {kFunctionPrefix, "<std::", kRuntime}, {kFunctionPrefix, "<hashbrown::", kRuntime},
    {kFunctionPrefix, "_$LT$alloc..", kRuntime}, {kFunctionPrefix, "rust_begin_unwind", kRuntime},
    {kFunctionPrefix, "rust_panic", kRuntime},
    // C++ standard libraries by namespace. (std:: is shared with Rust, above.)
    {kFunctionPrefix, "__gnu_cxx::", kRuntime}, {kFunctionPrefix, "__gnu_debug::", kRuntime},
    {kFunctionPrefix, "__cxxabiv1::", kRuntime}, {kFunctionPrefix, "__cxa_", kRuntime},
    {kFunctionPrefix, "__gxx_", kRuntime},
    // libc functions that allocate for their caller.
    {kFunction, "strdup", kRuntime}, {kFunction, "__strdup", kRuntime},
    {kFunction, "strndup", kRuntime}, {kFunction, "__strndup", kRuntime},
    {kFunction, "wcsdup", kRuntime}, {kFunction, "asprintf", kRuntime},
    {kFunction, "__asprintf", kRuntime}, {kFunction, "vasprintf", kRuntime},
    {kFunction, "__vasprintf", kRuntime}, {kFunction, "__vasprintf_internal", kRuntime},
    {kFunction, "__vasprintf_chk", kRuntime}, {kFunction, "__asprintf_chk", kRuntime},
    {kFunction, "getline", kRuntime}, {kFunction, "getdelim", kRuntime},
    {kFunction, "__getdelim", kRuntime}, {kFunction, "getcwd", kRuntime},
    {kFunction, "get_current_dir_name", kRuntime}, {kFunction, "realpath", kRuntime},
    {kFunction, "realpath_stk", kRuntime}, {kFunction, "canonicalize_file_name", kRuntime},
    {kFunction, "fopen", kRuntime}, {kFunction, "fopen64", kRuntime},
    {kFunction, "__fopen_internal", kRuntime}, {kFunction, "fdopen", kRuntime},
    {kFunction, "freopen", kRuntime}, {kFunction, "popen", kRuntime},
    {kFunction, "tmpfile", kRuntime}, {kFunction, "opendir", kRuntime},
    {kFunction, "__opendir", kRuntime}, {kFunction, "fdopendir", kRuntime},
    {kFunction, "__alloc_dir", kRuntime}, {kFunction, "scandir", kRuntime},
    {kFunction, "glob", kRuntime}, {kFunction, "regcomp", kRuntime},
    {kFunction, "regexec", kRuntime}, {kFunction, "setlocale", kRuntime},
    {kFunction, "newlocale", kRuntime}, {kFunction, "duplocale", kRuntime},
    {kFunction, "setenv", kRuntime}, {kFunction, "putenv", kRuntime},
    {kFunction, "__add_to_environ", kRuntime}, {kFunction, "tsearch", kRuntime},
    {kFunction, "hcreate_r", kRuntime}, {kFunction, "getaddrinfo", kRuntime},
    {kFunction, "gethostbyname", kRuntime}, {kFunction, "getpwnam", kRuntime},
    {kFunction, "getpwuid", kRuntime}, {kFunction, "getgrnam", kRuntime},
    {kFunction, "qsort", kRuntime}, {kFunction, "qsort_r", kRuntime},
    {kFunction, "open_memstream", kRuntime}, {kFunction, "fmemopen", kRuntime},
    {kFunction, "setvbuf", kRuntime}, {kFunction, "printf", kRuntime},
    {kFunction, "fprintf", kRuntime}, {kFunction, "puts", kRuntime},
    {kFunction, "putchar", kRuntime}, {kFunction, "fputs", kRuntime},
    {kFunction, "fwrite", kRuntime}, {kFunction, "fputc", kRuntime}, {kFunction, "fgets", kRuntime},
    {kFunction, "fread", kRuntime}, {kFunction, "fgetc", kRuntime}, {kFunction, "getc", kRuntime},
    {kFunction, "vprintf", kRuntime}, {kFunction, "vfprintf", kRuntime},
    {kFunction, "__printf_chk", kRuntime}, {kFunction, "__fprintf_chk", kRuntime},
    {kFunction, "backtrace_symbols", kRuntime}, {kFunction, "dlopen", kRuntime},
    {kFunction, "dlerror", kRuntime}, {kFunction, "dlsym", kRuntime},
    {kFunction, "iconv_open", kRuntime}, {kFunction, "gconv_open", kRuntime},
    {kFunction, "bindtextdomain", kRuntime}, {kFunction, "textdomain", kRuntime},
    {kFunction, "dcgettext", kRuntime}, {kFunction, "gettext", kRuntime},
    {kFunction, "syslog", kRuntime}, {kFunction, "tzset", kRuntime},
    {kFunction, "localtime", kRuntime}, {kFunction, "mktime", kRuntime},
    {kFunction, "strftime", kRuntime}, {kFunction, "backtrace", kRuntime},
    {kFunction, "atexit", kRuntime}, {kFunction, "on_exit", kRuntime},
    {kFunction, "pthread_create", kRuntime}, {kFunction, "pthread_getattr_np", kRuntime},
    // Internals of libc and the loader, where the text of the frame names no module.
    {kFunctionPrefix, "_IO_", kRuntime}, {kFunctionPrefix, "__IO_", kRuntime},
    {kFunctionPrefix, "_dl_", kRuntime}, {kFunctionPrefix, "dl_open", kRuntime},
    {kFunctionPrefix, "__libc_", kRuntime}, {kFunctionPrefix, "__GI_", kRuntime},
    {kFunctionPrefix, "_nl_", kRuntime}, {kFunctionPrefix, "__nss_", kRuntime},
    {kFunctionPrefix, "nss_", kRuntime}, {kFunctionPrefix, "__gconv", kRuntime},
    {kFunctionPrefix, "__pthread_", kRuntime}, {kFunctionPrefix, "__cxa_thread_atexit", kRuntime},
    {kFunctionPrefix, "allocate_stack", kRuntime}, {kFunctionPrefix, "allocate_dtv", kRuntime},
    {kFunctionPrefix, "_res_", kRuntime}, {kFunctionPrefix, "__res_", kRuntime},
    {kFunctionPrefix, "regcomp_", kRuntime}, {kFunctionPrefix, "re_compile_", kRuntime},
    {kFunctionPrefix, "__vfprintf", kRuntime}, {kFunctionPrefix, "__tzset", kRuntime},
    {kFunctionPrefix, "tzset_", kRuntime}, {kFunctionPrefix, "__tzfile", kRuntime},
    {kFunctionPrefix, "__qsort", kRuntime}, {kFunctionPrefix, "call_init", kRuntime},
    {kFunctionPrefix, "__dlopen", kRuntime}, {kFunctionPrefix, "dlopen_", kRuntime},
    {kFunctionPrefix, "__rtld", kRuntime}, {kFunctionPrefix, "resize_scopes", kRuntime},
    {kFunctionPrefix, "add_to_global", kRuntime}, {kFunctionPrefix, "openaux", kRuntime},
    {kFunctionPrefix, "__dlerror", kRuntime},
    // What only starts programs.
    {kFunction, "(below main)", kStart}, {kFunction, "_start", kStart},
    {kFunction, "__libc_start_main", kStart}, {kFunction, "__libc_start_call_main", kStart},
    {kFunction, "__libc_start_main_impl", kStart}, {kFunction, "_dl_start_user", kStart},
    {kFunction, "_dl_start", kStart}, {kFunction, "_dl_sysdep_start", kStart},
    {kFunction, "dl_main", kStart},
    // What only starts threads and coroutines: of glibc, libstdc++, GLib, libgomp, Qt, CPython. (Not
    // macOS's thread_start, whose name is that of the user's function in many a textbook.)
    {kFunction, "start_thread", kThreadStart}, {kFunction, "clone", kThreadStart},
    {kFunction, "clone3", kThreadStart}, {kFunction, "__clone", kThreadStart},
    {kFunction, "__clone3", kThreadStart}, {kFunction, "__start_context", kThreadStart},
    {kFunction, "execute_native_thread_routine", kThreadStart},
    {kFunction, "g_thread_proxy", kThreadStart}, {kFunction, "gomp_thread_start", kThreadStart},
    {kFunction, "QThreadPrivate::start", kThreadStart}, {kFunction, "pythread_wrapper", kThreadStart},
    // Replacement allocators and the libraries that record: theirs is never the cause.
    {kModulePrefix, "libmemshim", kAllocation}, {kModulePrefix, "vgpreload_", kAllocation},
    {kModulePrefix, "libjemalloc", kAllocation}, {kModulePrefix, "libtcmalloc", kAllocation},
    {kModulePrefix, "libmimalloc", kAllocation}, {kModulePrefix, "libheaptrack", kAllocation},
    {kModulePrefix, "libasan", kAllocation}, {kModulePrefix, "liblsan", kAllocation},
    // The C library and the loader, of glibc and musl, under all names they had.
    {kModulePrefix, "libc.so", kRuntime}, {kModulePrefix, "libc-2.", kRuntime},
    {kModulePrefix, "libc.musl", kRuntime}, {kModulePrefix, "ld-linux", kRuntime},
    {kModulePrefix, "ld-2.", kRuntime}, {kModulePrefix, "ld-musl", kRuntime},
    {kModulePrefix, "libpthread", kRuntime}, {kModulePrefix, "libdl.", kRuntime},
    {kModulePrefix, "libdl-", kRuntime}, {kModulePrefix, "libm.", kRuntime},
    {kModulePrefix, "libm-", kRuntime}, {kModulePrefix, "librt.", kRuntime},
    {kModulePrefix, "librt-", kRuntime}, {kModulePrefix, "libresolv", kRuntime},
    {kModulePrefix, "libnss_", kRuntime}, {kModulePrefix, "linux-vdso", kRuntime},
    {kModulePrefix, "linux-gate", kRuntime},
    // The same of macOS: libSystem's parts, and the loader.
    {kModulePrefix, "libsystem_", kRuntime}, {kModulePrefix, "libSystem.", kRuntime},
    {kModulePrefix, "libdyld.", kRuntime}, {kModulePrefix, "dyld", kRuntime},
    // C++ and Rust run-time libraries.
    {kModulePrefix, "libstdc++", kRuntime}, {kModulePrefix, "libc++", kRuntime},
    {kModulePrefix, "libgcc_s", kRuntime}, {kModulePrefix, "libsupc++", kRuntime},
    {kModulePrefix, "libunwind", kRuntime}, {kModulePrefix, "libstd-", kRuntime},
    // Headers of libstdc++: functions inlined from them have bare names (push_back, allocate).
    // Whole names only: vector.c and list.h are likely to be the user's.
    {kFilePrefix, "stl_", kRuntime}, {kFileName, "basic_string.h", kRuntime},
    {kFileName, "basic_string.tcc", kRuntime}, {kFileName, "basic_ios.tcc", kRuntime},
    {kFileName, "allocator.h", kRuntime}, {kFileName, "new_allocator.h", kRuntime},
    {kFileName, "alloc_traits.h", kRuntime}, {kFileName, "hashtable.h", kRuntime},
    {kFileName, "hashtable_policy.h", kRuntime}, {kFileName, "shared_ptr.h", kRuntime},
    {kFileName, "shared_ptr_base.h", kRuntime}, {kFileName, "shared_ptr_atomic.h", kRuntime},
    {kFileName, "unique_ptr.h", kRuntime}, {kFileName, "std_function.h", kRuntime},
    {kFileName, "sstream.tcc", kRuntime}, {kFileName, "fstream.tcc", kRuntime},
    {kFileName, "istream.tcc", kRuntime}, {kFileName, "ostream.tcc", kRuntime},
    {kFileName, "locale_facets.tcc", kRuntime}, {kFileName, "unordered_map.h", kRuntime},
    {kFileName, "unordered_set.h", kRuntime}, {kFileName, "vector.tcc", kRuntime},
    {kFileName, "deque.tcc", kRuntime}, {kFileName, "list.tcc", kRuntime},
    {kFileName, "forward_list.h", kRuntime}, {kFileName, "forward_list.tcc", kRuntime},
    {kFileName, "allocated_ptr.h", kRuntime}, {kFileName, "node_handle.h", kRuntime},
    {kFileName, "move.h", kRuntime}, {kFileName, "invoke.h", kRuntime},
    {kFileName, "std_thread.h", kRuntime}, {kFileName, "regex_automaton.h", kRuntime},
    {kFileName, "regex_automaton.tcc", kRuntime}, {kFileName, "regex_compiler.h", kRuntime},
    {kFileName, "regex_compiler.tcc", kRuntime}, {kFileName, "regex_executor.h", kRuntime},
    {kFileName, "regex_executor.tcc", kRuntime}, {kFileName, "fs_path.h", kRuntime},
    {kFileName, "ptr_traits.h", kRuntime}, {kFileName, "ext_construct.h", kRuntime},
    // Files of glibc, where debug information hides the module.
    {kFileName, "dlerror.c", kRuntime}, {kFileName, "dlopen.c", kRuntime},
    {kFileName, "opendir.c", kRuntime}, {kFileName, "nss_database.c", kRuntime},
    {kFileName, "nss_action.c", kRuntime}, {kFileName, "nss_module.c", kRuntime},
    {kFileName, "getXXbyYY.c", kRuntime}, {kFileName, "getXXbyYY_r.c", kRuntime},
    {kFileName, "dl-init.c", kRuntime}, {kFileName, "dl-open.c", kRuntime},
    {kFileName, "dl-load.c", kRuntime}, {kFileName, "dl-object.c", kRuntime},
    {kFileName, "dl-deps.c", kRuntime}, {kFileName, "dl-version.c", kRuntime},
    {kFileName, "dl-minimal.c", kRuntime}, {kFileName, "dl-tls.c", kRuntime},
    {kFileName, "dl-error.c", kRuntime}, {kFileName, "dl-catch.c", kRuntime},
    {kFileName, "rtld.c", kRuntime}, {kFileName, "libc-start.c", kRuntime},
    {kFileName, "libc_start_call_main.h", kRuntime}, {kFileName, "cxa_atexit.c", kRuntime},
    {kFileName, "fileops.c", kRuntime}, {kFileName, "genops.c", kRuntime},
    {kFileName, "filedoalloc.c", kRuntime}, {kFileName, "vasprintf.c", kRuntime},
    {kFileName, "iogetdelim.c", kRuntime}, {kFileName, "iofopen.c", kRuntime},
    {kFileName, "strdup.c", kRuntime}, {kFileName, "strndup.c", kRuntime},
    {kFileName, "setlocale.c", kRuntime}, {kFileName, "findlocale.c", kRuntime},
    {kFileName, "loadlocale.c", kRuntime}, {kFileName, "loadarchive.c", kRuntime},
    {kFileName, "allocatestack.c", kRuntime}, {kFileName, "pthread_create.c", kRuntime},
    {kFileName, "eh_alloc.cc", kRuntime}, {kFileName, "new_op.cc", kRuntime},
    {kFileName, "new_opv.cc", kRuntime},
    // Where headers of the standard libraries live, for producers that keep directories.
    {kPathPart, "/include/c++/", kRuntime}, {kPathPart, "/c++/v1/", kRuntime},
    {kPathPart, "/rustc/", kRuntime}, {kPathPart, "library/alloc/src", kRuntime},
    {kPathPart, "library/core/src", kRuntime}, {kPathPart, "library/std/src", kRuntime},
    {kPathPart, "alloc/src/", kRuntime}, {kPathPart, "core/src/", kRuntime},
    {kPathPart, "std/src/", kRuntime},
    // Rust's alloc crate, for producers that keep base names only.
    {kFileName, "raw_vec.rs", kRuntime},
};
// clang-format on

}  // namespace

absl::Span<const FrameRule> FrameRules() { return kRules; }

}  // namespace memshim::analyzer::metrics
