// See collapsed.h.
#include "analyzer/convert/collapsed.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "analyzer/convert/label.h"
#include "analyzer/model/counters.h"

namespace memshim::analyzer::convert {

void WriteCollapsed(const model::Profile& profile, const Metric& metric, dhat::ByteSink* sink) {
  std::vector<std::string> labels = FrameLabels(profile);
  for (std::string& label : labels) {
    absl::StrReplaceAll({{";", ","}}, &label);
  }
  std::vector<std::string> order;
  absl::flat_hash_map<std::string, uint64_t> sums;
  for (const model::Point& point : profile.points) {
    const uint64_t figure = point.counters.*metric.figure;
    if (figure == 0) continue;
    std::string stack;
    for (size_t i = point.frames.size(); i > 0; --i) {
      absl::StrAppend(&stack, stack.empty() ? "" : ";", labels[point.frames[i - 1]]);
    }
    if (stack.empty()) stack = model::kNoStackFrame;
    const auto [entry, is_new] = sums.try_emplace(stack, 0);
    if (is_new) order.push_back(stack);
    entry->second = model::SaturatingAdd(entry->second, figure);
  }
  for (const std::string& stack : order) sink->Write(absl::StrCat(stack, " ", sums[stack], "\n"));
}

}  // namespace memshim::analyzer::convert
