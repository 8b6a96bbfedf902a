// See look.h.
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "analyzer/metrics/frame_kind.h"
#include "analyzer/run/elf_facts.h"
#include "analyzer/run/look.h"

namespace memshim::analyzer::run {
namespace {

bool HasAny(const std::vector<std::string>& names, absl::string_view part) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return absl::StrContains(name, part); });
}

// By which right it runs as somebody else, so that the loader ignores LD_PRELOAD; "" by none.
std::string MoreRights(const std::string& path) {
  struct stat info;
  struct statvfs mount;
  if (stat(path.c_str(), &info) != 0 || statvfs(path.c_str(), &mount) != 0) return "";
  if ((mount.f_flag & ST_NOSUID) != 0) return "";
  if ((info.st_mode & S_ISUID) != 0 && info.st_uid != geteuid()) return "set-user-ID";
  if ((info.st_mode & S_ISGID) != 0 && info.st_gid != getegid()) return "set-group-ID";
  const bool has_capabilities = getxattr(path.c_str(), "security.capability", nullptr, 0) > 0;
  return has_capabilities && geteuid() != 0 ? "file capabilities" : "";
}

// Of a sanitizer whose malloc is its own; "" of none. (That of undefined behaviour has none.)
std::string SanitizerOf(const ElfFacts& facts) {
  for (const std::string& library : facts.libraries) {
    for (const char* runtime : {"libasan.", "libtsan.", "libmsan.", "libhwasan.", "liblsan.",
                                "libclang_rt.asan", "libclang_rt.tsan", "libclang_rt.hwasan"}) {
      if (absl::StartsWith(library, runtime)) return library;
    }
  }
  for (const std::string& name : facts.telling_names) {
    if (absl::EndsWith(name, "san_init")) return name;
  }
  return "";
}

std::string OwnMalloc(const ElfFacts& facts) {
  struct Allocator {
    const char* part;  // of a telling name
    const char* advice;
  };
  constexpr Allocator kAllocators[] = {
      {"mallctl", "jemalloc's own profiler: MALLOC_CONF=prof:true"},
      {"je_malloc", "jemalloc's own profiler: MALLOC_CONF=prof:true"},
      {"_rjem_malloc", "jemalloc's own profiler: _RJEM_MALLOC_CONF=prof:true"},
      {"tc_malloc", "gperftools' own profiler: HEAPPROFILE=PATH"},
      {"mi_malloc", "mimalloc's own figures: MIMALLOC_SHOW_STATS=1"}};
  for (const Allocator& allocator : kAllocators) {
    if (HasAny(facts.telling_names, allocator.part)) return allocator.advice;
  }
  return facts.exports_malloc ? "valgrind --tool=dhat" : "";
}

Look LookAtElf(const std::string& path) {
  const std::optional<ElfFacts> facts = ReadElfFacts(path);
  if (!facts.has_value()) return {};
  if (!facts->is_of_our_kind) {
    return {absl::StrCat(path,
                         " is for another kind of processor than memshim: it runs unrecorded; "
                         "use a memshim built for it"),
            true};
  }
  if (facts->interpreter.empty()) {
    return {absl::StrCat(path,
                         " is statically linked: it cannot be recorded, only what it starts; "
                         "link it dynamically, or use valgrind --tool=dhat "
                         "--soname-synonyms=somalloc=NONE"),
            false};
  }
  if (!absl::StartsWith(metrics::BaseName(facts->interpreter), "ld-linux")) {
    return {absl::StrCat(path, " uses another C library than glibc (", facts->interpreter,
                         "): it runs unrecorded; build it for glibc"),
            true};
  }
  if (const std::string sanitizer = SanitizerOf(*facts); !sanitizer.empty()) {
    return {absl::StrCat(path, " is built with a sanitizer (", sanitizer,
                         "), which needs malloc for itself: it runs unrecorded; build it without "
                         "-fsanitize"),
            true};
  }
  if (const std::string advice = OwnMalloc(*facts); !advice.empty()) {
    return {absl::StrCat(path,
                         " has a malloc of its own inside, whose blocks are not recorded; build "
                         "it without, or use ",
                         advice),
            false};
  }
  return {};
}

}  // namespace

Look LookAt(const Program& program) {
  const std::string& path = program.executable;
  if (path.empty()) return {};
  if (const std::string rights = MoreRights(path); !rights.empty()) {
    return {absl::StrCat(path, " runs with other rights than yours (", rights,
                         "): the loader keeps memshim out; run it as the user it runs as"),
            false};
  }
  Look look = LookAtElf(path);
  if (!look.line.empty() || !program.is_script) return look;
  look.line = absl::StrCat(program.path, " is a script: recorded is what runs it, ", path,
                           ", and what that starts");
  if (absl::StartsWith(metrics::BaseName(path), "python")) {
    absl::StrAppend(&look.line, "; with PYTHONMALLOC=malloc each object");
  }
  return look;
}

}  // namespace memshim::analyzer::run
