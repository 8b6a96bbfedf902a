// See runtime_buffer_table.h. A rule may only name a function all of whose own blocks its caller
// cannot free: not getline or newlocale, whose results are the caller's. Functions that the user
// calls are needed beside internal ones: of a stripped libc only they have names. Seen with
// glibc 2.36 and GCC 12; tests/programs/kept.c calls most of them.
#include "analyzer/metrics/runtime_buffer_table.h"

#include <limits>

namespace memshim::analyzer::metrics {
namespace {

constexpr uint64_t kAnyNumber = std::numeric_limits<uint64_t>::max();
constexpr absl::string_view kTls = "thread-local storage";
constexpr absl::string_view kLocale = "locale data";
constexpr absl::string_view kTimeZone = "time zone";
constexpr absl::string_view kNames = "name service";
constexpr absl::string_view kTexts = "translated texts";
constexpr absl::string_view kConversion = "character conversion";
constexpr absl::string_view kLoader = "loaded library";
constexpr absl::string_view kIostreams = "iostreams' buffers";

// Several rules a line keep the table readable.
// clang-format off
constexpr RuntimeBufferRule kRules[] = {
    // Made by the first use of a stream; freed by fclose, for stdout and its like never.
    {"_IO_file_doallocate", "stdio buffer", 1}, {"_IO_wfile_doallocate", "stdio buffer", 1},
    // Of each thread; kept with its stack for the next thread.
    {"_dl_allocate_tls", kTls, kAnyNumber}, {"allocate_dtv", kTls, kAnyNumber},
    {"_dl_update_slotinfo", kTls, kAnyNumber},
    // The environment grows and is never given back.
    {"setenv", "environment", 1000}, {"putenv", "environment", 1000},
    {"__add_to_environ", "environment", 1000},
    {"atexit", "exit handlers", kAnyNumber}, {"on_exit", "exit handlers", kAnyNumber},
    {"__cxa_atexit", "exit handlers", kAnyNumber}, {"__new_exitfn", "exit handlers", kAnyNumber},
    {"setlocale", kLocale, kAnyNumber}, {"_nl_find_locale", kLocale, kAnyNumber},
    {"_nl_load_locale_from_archive", kLocale, kAnyNumber},
    {"_nl_make_l10nflist", kLocale, kAnyNumber}, {"std::locale::global", kLocale, kAnyNumber},
    {"tzset", kTimeZone, kAnyNumber}, {"localtime", kTimeZone, kAnyNumber},
    {"localtime_r", kTimeZone, kAnyNumber}, {"mktime", kTimeZone, kAnyNumber},
    {"timelocal", kTimeZone, kAnyNumber}, {"strftime", kTimeZone, kAnyNumber},
    {"strftime_l", kTimeZone, kAnyNumber}, {"tzset_internal", kTimeZone, kAnyNumber},
    {"__tz_convert", kTimeZone, kAnyNumber},
    // Those that return a pointer to memory of their own, and the databases they open.
    {"getpwuid", kNames, kAnyNumber}, {"getpwnam", kNames, kAnyNumber},
    {"getpwuid_r", kNames, kAnyNumber}, {"getpwnam_r", kNames, kAnyNumber},
    {"getpwent", kNames, kAnyNumber}, {"getgrgid", kNames, kAnyNumber},
    {"getgrnam", kNames, kAnyNumber}, {"getgrgid_r", kNames, kAnyNumber},
    {"getgrnam_r", kNames, kAnyNumber}, {"getgrent", kNames, kAnyNumber},
    {"getspnam", kNames, kAnyNumber}, {"getservbyname", kNames, kAnyNumber},
    {"getservbyport", kNames, kAnyNumber}, {"getprotobyname", kNames, kAnyNumber},
    {"getprotobynumber", kNames, kAnyNumber}, {"gethostbyname", kNames, kAnyNumber},
    {"gethostbyname2", kNames, kAnyNumber}, {"gethostbyaddr", kNames, kAnyNumber},
    {"getnetbyname", kNames, kAnyNumber}, {"getmntent", kNames, kAnyNumber},
    {"nss_database_check_reload_and_get", kNames, kAnyNumber},
    {"__nss_database_get", kNames, kAnyNumber}, {"__nss_module_load", kNames, kAnyNumber},
    {"__resolv_context_get", kNames, kAnyNumber}, {"__check_pf", kNames, kAnyNumber},
    {"gettext", kTexts, kAnyNumber}, {"dgettext", kTexts, kAnyNumber},
    {"dcgettext", kTexts, kAnyNumber}, {"ngettext", kTexts, kAnyNumber},
    {"dngettext", kTexts, kAnyNumber}, {"dcngettext", kTexts, kAnyNumber},
    {"__dcigettext", kTexts, kAnyNumber}, {"textdomain", kTexts, kAnyNumber},
    {"bindtextdomain", kTexts, kAnyNumber},
    {"bind_textdomain_codeset", kTexts, kAnyNumber},
    {"strerror", kTexts, kAnyNumber}, {"strerror_l", kTexts, kAnyNumber},
    {"strsignal", kTexts, kAnyNumber}, {"dlerror", kTexts, kAnyNumber},
    {"_dlerror_run", kLoader, kAnyNumber},
    {"__gconv_find_transform", kConversion, kAnyNumber},
    {"__gconv_lookup_cache", kConversion, kAnyNumber},
    {"__wcsmbs_load_conv", kConversion, kAnyNumber},
    {"__wcsmbs_clone_conv", kConversion, kAnyNumber},
    // The loader's notes about a library; what its constructors allocate is theirs.
    {"dlopen", kLoader, kAnyNumber}, {"_dl_open", kLoader, kAnyNumber},
    {"std::ios_base::sync_with_stdio", kIostreams, kAnyNumber},
    {"std::ios_base::Init::Init", kIostreams, kAnyNumber},
};
// clang-format on

}  // namespace

absl::Span<const RuntimeBufferRule> RuntimeBufferRules() { return kRules; }

}  // namespace memshim::analyzer::metrics
