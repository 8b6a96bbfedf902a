// Any text as a file of budgets and as one of suppressions: a refusal is one line, and what is
// accepted can be held against a profile and written down.
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "analyzer/check/budget_file.h"
#include "analyzer/check/check.h"
#include "analyzer/check/junit.h"
#include "analyzer/check/markdown_summary.h"
#include "analyzer/check/suppressions.h"
#include "analyzer/model/profile.h"
#include "analyzer/render/format.h"
#include "tests/fuzz/fuzzing.h"

namespace memshim::analyzer {
namespace {

using fuzz::Require;

// Two stacks, one of which is live at the end.
const model::Profile& SmallProfile() {
  static const model::Profile* const profile = [] {
    auto* const made = new model::Profile;
    made->is_ours = true;
    made->modules.push_back({"/usr/lib/libapp.so.1", ""});
    for (const char* function : {"", "malloc", "app::Cache<int>::Insert(int)", "main"}) {
      model::Frame& frame = made->frames.emplace_back();
      frame.text = frame.function = function;
      frame.file = "src/cache.cc";
      frame.line = 7;
      frame.module = 0;
    }
    made->points.push_back({{.total_bytes = 90, .total_blocks = 9, .gmax_bytes = 9}, {1, 2, 3}});
    made->points.push_back(
        {{.total_bytes = 5, .total_blocks = 1, .end_bytes = 5, .end_blocks = 1}, {1, 3}});
    return made;
  }();
  return *profile;
}

void CheckRefusal(const absl::Status& status) {
  const std::string line = render::CleanText(status.message());
  Require(absl::StartsWith(line, "input:"), "a refusal names the file");
}

}  // namespace
}  // namespace memshim::analyzer

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace memshim::analyzer;  // NOLINT(google-build-using-namespace): of this function
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  // Files that are named in it are not opened: the fuzzer would write their names, too.
  if (absl::StrContains(text, "files")) return 0;
  absl::StatusOr<check::Budgets> budgets = check::ParseBudgets(text, "input");
  if (!budgets.ok()) {
    CheckRefusal(budgets.status());
    budgets.emplace();
  } else {
    memshim::fuzz::CountAccepted();
  }
  const absl::Status status = check::ParseSuppressions(text, "input", &budgets->suppressions);
  if (!status.ok()) CheckRefusal(status);
  const check::CheckResult result = check::Check(SmallProfile(), &SmallProfile(), *budgets);
  memshim::fuzz::Require(result.outcomes.size() == budgets->budgets.size() + 6,
                         "each budget has an outcome");
  const std::string xml = check::JunitXml(result, "file");
  for (const char c : xml) {
    memshim::fuzz::Require(static_cast<unsigned char>(c) >= 0x20 || c == '\n',
                           "XML has no such text");
  }
  memshim::fuzz::Require(!check::MarkdownSummary(result, "file").empty(), "there is a summary");
  return 0;
}
