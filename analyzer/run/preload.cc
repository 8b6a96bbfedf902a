// See preload.h.
#include "analyzer/run/preload.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace memshim::analyzer::run {
namespace {

namespace fs = std::filesystem;

constexpr char kLibrary[] = "libmemshim.so";

}  // namespace

absl::StatusOr<std::string> FindLibrary() {
  std::error_code error;
  const fs::path own = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* folder : {".", "../" MEMSHIM_LIBDIR, "../lib", "../../shim"}) {
    const std::string library = fs::canonical(own / folder / kLibrary, error).string();
    if (error) continue;
    // The loader takes both for ends of a name.
    if (library.find_first_of(": ") == std::string::npos) return library;
    return absl::FailedPreconditionError(absl::StrCat(
        "expected ", kLibrary, " in a folder without blanks and colons in its name, found ",
        library, "; install memshim elsewhere"));
  }
  return absl::NotFoundError(absl::StrCat("expected ", kLibrary, " beside ", own.string(),
                                          " or in its ../" MEMSHIM_LIBDIR
                                          ", found none; install memshim again"));
}

std::vector<std::string> PlainEnvironment() {
  std::vector<std::string> result;
  for (char** variable = environ; *variable != nullptr; ++variable) result.emplace_back(*variable);
  return result;
}

std::vector<std::string> RecordingEnvironment(const std::vector<std::string>& libraries,
                                              const std::string& options) {
  std::vector<std::string> result = PlainEnvironment();
  std::erase_if(result, [](const std::string& variable) {
    return absl::StartsWith(variable, "LD_PRELOAD=") ||
           absl::StartsWith(variable, "MEMSHIM_OPTIONS=");
  });
  const char* others = getenv("LD_PRELOAD");
  const bool has_others = others != nullptr && others[0] != '\0';
  result.push_back(absl::StrCat("LD_PRELOAD=", absl::StrJoin(libraries, ":"), has_others ? ":" : "",
                                has_others ? others : ""));
  result.push_back(absl::StrCat("MEMSHIM_OPTIONS=", options));
  return result;
}

}  // namespace memshim::analyzer::run
