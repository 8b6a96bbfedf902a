// See callgrind.h. Names are written once, as "(7) name", and then as "(7)": a name may itself
// begin with a parenthesis, and readers take that for a number only where none was expected.
#include "analyzer/convert/callgrind.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "analyzer/convert/label.h"
#include "analyzer/convert/metric.h"
#include "analyzer/metrics/frame_kind.h"
#include "analyzer/model/counters.h"

namespace memshim::analyzer::convert {
namespace {

using Costs = std::vector<uint64_t>;

void AddCosts(const Costs& from, Costs* to) {
  to->resize(from.size());
  for (size_t i = 0; i < from.size(); ++i) (*to)[i] = model::SaturatingAdd((*to)[i], from[i]);
}

struct Function {
  std::string module, file, name;
};

// A call of one line of a function to another function.
struct Call {
  uint32_t line = 0, callee = 0, callee_line = 0;

  auto operator<=>(const Call&) const = default;  // NOLINT(modernize-use-nullptr): clang 14's own 0
  template <typename H>
  friend H AbslHashValue(H state, const Call& call) {
    return H::combine(std::move(state), call.line, call.callee, call.callee_line);
  }
};

struct CallCosts {
  uint64_t count = 0;
  Costs costs = {};
};

// Writes "fn=(7) name" the first time a name is met, then "fn=(7)".
class Names {
 public:
  std::string Once(absl::string_view name) {
    const auto [entry, is_new] = numbers_.try_emplace(std::string(name), numbers_.size() + 1);
    return is_new ? absl::StrCat("(", entry->second, ") ", name)
                  : absl::StrCat("(", entry->second, ")");
  }

 private:
  absl::flat_hash_map<std::string, size_t> numbers_;
};

class Graph {
 public:
  explicit Graph(const model::Profile& profile);

  void Write(dhat::ByteSink* sink);

 private:
  void AddFunctions();
  void AddPoint(const model::Point& point);
  // Of `function` in `line` to the frame `callee`.
  void AddCall(uint32_t function, uint32_t line, uint32_t callee, const model::Point& point,
               const Costs& costs);
  Costs CostsOf(const model::Point& point) const;
  void WriteFunction(uint32_t function, dhat::ByteSink* sink);
  uint32_t line_of(uint32_t frame) const { return profile_.frames[frame].line; }

  const model::Profile& profile_;
  std::vector<const Metric*> metrics_;
  std::vector<Function> functions_;
  std::vector<uint32_t> function_of_;                        // frame -> function
  std::vector<absl::flat_hash_map<uint32_t, Costs>> own_;    // of each function, by line
  std::vector<absl::flat_hash_map<Call, CallCosts>> calls_;  // of each function
  std::vector<uint64_t> met_;  // of each function: the number of the stack that met it last
  uint64_t stacks_ = 0;
  uint32_t root_ = 0;      // a function that calls the outermost ones
  uint32_t no_stack_ = 0;  // a function of what has no stack
  Costs all_;
  Names objects_, files_, names_;
};

Graph::Graph(const model::Profile& profile) : profile_(profile), metrics_(MetricsOf(profile)) {
  all_.resize(metrics_.size());
  AddFunctions();
  own_.resize(functions_.size());
  calls_.resize(functions_.size());
  met_.resize(functions_.size());
  for (const model::Point& point : profile.points) AddPoint(point);
}

void Graph::AddFunctions() {
  absl::flat_hash_map<std::tuple<std::string, std::string, std::string>, uint32_t> known;
  for (const model::Frame& frame : profile_.frames) {
    const absl::string_view module = metrics::ModulePath(profile_, frame);
    Function function = {OneLine(module.empty() ? "???" : module),
                         OneLine(frame.file.empty() ? "???" : frame.file),
                         FrameLabel(profile_, frame)};
    const auto [entry, is_new] =
        known.try_emplace({function.module, function.file, function.name}, functions_.size());
    if (is_new) functions_.push_back(std::move(function));
    function_of_.push_back(entry->second);
  }
  root_ = static_cast<uint32_t>(functions_.size());
  functions_.push_back({"???", "???", "[root]"});
  no_stack_ = static_cast<uint32_t>(functions_.size());
  functions_.push_back({"???", "???", model::kNoStackFrame});
}

Costs Graph::CostsOf(const model::Point& point) const {
  Costs costs;
  for (const Metric* metric : metrics_) costs.push_back(point.counters.*metric->figure);
  return costs;
}

// Of each function of a stack only the innermost frame stays, so that each is entered and left
// once: with recursion, readers would add up more than there was.
void Graph::AddPoint(const model::Point& point) {
  const Costs costs = CostsOf(point);
  AddCosts(costs, &all_);
  ++stacks_;
  uint32_t callee = 0;
  for (size_t i = 0; i < point.frames.size(); ++i) {
    const uint32_t frame = point.frames[i];
    const uint32_t function = function_of_[frame];
    if (met_[function] == stacks_) continue;
    met_[function] = stacks_;
    if (i == 0) {
      AddCosts(costs, &own_[function][line_of(frame)]);
    } else {
      AddCall(function, line_of(frame), callee, point, costs);
    }
    callee = frame;
  }
  if (point.frames.empty()) {
    AddCosts(costs, &own_[no_stack_][0]);
  } else {
    AddCall(root_, 0, callee, point, costs);
  }
}

void Graph::AddCall(uint32_t function, uint32_t line, uint32_t callee, const model::Point& point,
                    const Costs& costs) {
  CallCosts& call = calls_[function][{line, function_of_[callee], line_of(callee)}];
  call.count = model::SaturatingAdd(call.count, point.counters.total_blocks);
  AddCosts(costs, &call.costs);
}

void Graph::WriteFunction(uint32_t number, dhat::ByteSink* sink) {
  if (own_[number].empty() && calls_[number].empty()) return;
  const Function& function = functions_[number];
  std::string text =
      absl::StrCat("\nob=", objects_.Once(function.module), "\nfl=", files_.Once(function.file),
                   "\nfn=", names_.Once(function.name), "\n");
  std::vector<std::pair<uint32_t, Costs>> own(own_[number].begin(), own_[number].end());
  std::sort(own.begin(), own.end());
  for (const auto& [line, costs] : own) {
    absl::StrAppend(&text, line, " ", absl::StrJoin(costs, " "), "\n");
  }
  std::vector<const std::pair<const Call, CallCosts>*> calls;
  for (const auto& call : calls_[number]) calls.push_back(&call);
  std::sort(calls.begin(), calls.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  for (const auto* entry : calls) {
    const auto& [call, sums] = *entry;
    const Function& callee = functions_[call.callee];
    absl::StrAppend(&text, "cob=", objects_.Once(callee.module), "\ncfi=", files_.Once(callee.file),
                    "\ncfn=", names_.Once(callee.name), "\n");
    absl::StrAppend(&text, "calls=", sums.count, " ", call.callee_line, "\n", call.line, " ",
                    absl::StrJoin(sums.costs, " "), "\n");
  }
  sink->Write(text);
}

void Graph::Write(dhat::ByteSink* sink) {
  std::string head = absl::StrCat("# callgrind format\nversion: 1\ncreator: memshim ",
                                  MEMSHIM_VERSION, "\npid: ", profile_.pid,
                                  "\ncmd: ", OneLine(profile_.command), "\npositions: line\n");
  std::string events = "events:";
  for (const Metric* metric : metrics_) {
    absl::StrAppend(&head, "event: ", metric->event, " : ", metric->title, "\n");
    absl::StrAppend(&events, " ", metric->event);
  }
  const std::string sums = absl::StrJoin(all_, " ");
  sink->Write(absl::StrCat(head, events, "\nsummary: ", sums, "\n"));
  for (uint32_t number = 0; number < functions_.size(); ++number) WriteFunction(number, sink);
  sink->Write(absl::StrCat("\ntotals: ", sums, "\n"));
}

}  // namespace

void WriteCallgrind(const model::Profile& profile, dhat::ByteSink* sink) {
  Graph(profile).Write(sink);
}

}  // namespace memshim::analyzer::convert
