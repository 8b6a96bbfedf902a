// See shim_options.h.
#include "analyzer/run/shim_options.h"

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "analyzer/run/option_text.h"

namespace memshim::analyzer::run {

namespace {

constexpr char kDefaultOutput[] = "dhat-heap.json";

}  // namespace

ShimOptions::ShimOptions(const RunOptions& options, std::string executable)
    : executable_(std::move(executable)) {
  const char* inherited = getenv("MEMSHIM_OPTIONS");
  if (inherited != nullptr) text_ = inherited;
  is_nested_ = HasOption("first");
  for (const auto& [key, value] : options.options) {
    AddOption(key, value, &text_);
    if (key == "output") is_nested_ = false;
  }
  pattern_ = FindOption(text_, "output");
  if (pattern_.empty()) pattern_ = kDefaultOutput;
  if (absl::StrContains(pattern_, "%n")) {
    problem_ = absl::StrCat("expected an output without %n, found ", pattern_,
                            "; programs that exec replaces are kept in OUTPUT.d anyway");
  }
  std::error_code error;
  start_directory_ = std::filesystem::current_path(error).string();
  if (error) start_directory_ = "/proc/self/cwd (deleted)";  // as the shim names it
}

std::string ShimOptions::OutputOf(int pid) const {
  return ExpandOutput(pattern_, {start_directory_, pid, executable_});
}

std::string ShimOptions::TextFor(int pid) const {
  std::string text = text_;
  AddOption("output", AsPattern(OutputOf(pid)), &text);
  AddOption("first", absl::StrCat(pid), &text);
  return text;
}

std::string ShimOptions::LedgerFolder() const { return FindOption(text_, "dir"); }

bool ShimOptions::HasOption(const std::string& key) const {
  return !FindOption(text_, key).empty();
}

}  // namespace memshim::analyzer::run
