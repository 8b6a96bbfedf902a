// See preload.h.
#include "analyzer/run/preload.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "analyzer/metrics/frame_kind.h"
#include "analyzer/run/preload_place.h"

extern char** environ;  // POSIX: programs declare it themselves

namespace memshim::analyzer::run {

namespace fs = std::filesystem;

absl::StatusOr<std::string> FindLibrary() {
  std::error_code error;
  const fs::path own = fs::path(OwnExecutable()).parent_path();
  for (const char* folder : {".", "../" MEMSHIM_LIBDIR, "../lib", "../../shim"}) {
    const std::string library = fs::canonical(own / folder / kLibraryName, error).string();
    if (error) continue;
    if (library.find_first_of(kPreloadSeparators) == std::string::npos) return library;
    return absl::FailedPreconditionError(
        absl::StrCat("expected ", kLibraryName, " in a folder without any of '", kPreloadSeparators,
                     "' in its name, found ", library, "; install memshim elsewhere"));
  }
  return absl::NotFoundError(absl::StrCat("expected ", kLibraryName, " beside ", own.string(),
                                          " or in its ../" MEMSHIM_LIBDIR
                                          ", found none; install memshim again"));
}

std::vector<std::string> PlainEnvironment() {
  std::vector<std::string> result;
  for (char** variable = environ; *variable != nullptr; ++variable) result.emplace_back(*variable);
  return result;
}

std::vector<std::string> UnrecordedEnvironment() {
  std::vector<std::string> result = PlainEnvironment();
  const std::string preload = absl::StrCat(kPreloadVariable, "=");
  for (std::string& variable : result) {
    if (!absl::StartsWith(variable, preload)) continue;
    std::vector<absl::string_view> others;
    for (const absl::string_view library :
         absl::StrSplit(absl::string_view(variable).substr(preload.size()),
                        absl::ByAnyChar(kPreloadSeparators))) {
      if (!absl::StartsWith(metrics::BaseName(library), "libmemshim")) others.push_back(library);
    }
    variable = absl::StrCat(preload, absl::StrJoin(others, ":"));
  }
  std::erase(result, preload);
  return result;
}

std::vector<std::string> RecordingEnvironment(const std::vector<std::string>& libraries,
                                              const std::string& options) {
  std::vector<std::string> result = PlainEnvironment();
  const std::string preload = absl::StrCat(kPreloadVariable, "=");
  std::erase_if(result, [&](const std::string& variable) {
    return absl::StartsWith(variable, preload) || absl::StartsWith(variable, "MEMSHIM_OPTIONS=");
  });
  const char* others = getenv(kPreloadVariable);
  const bool has_others = others != nullptr && others[0] != '\0';
  result.push_back(absl::StrCat(preload, absl::StrJoin(libraries, ":"), has_others ? ":" : "",
                                has_others ? others : ""));
  result.push_back(absl::StrCat("MEMSHIM_OPTIONS=", options));
  return result;
}

}  // namespace memshim::analyzer::run
