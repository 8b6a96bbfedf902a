// See process_table.h.
#include "analyzer/run/process_table.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "analyzer/metrics/frame_kind.h"
#include "analyzer/model/counters.h"
#include "analyzer/render/format.h"
#include "analyzer/render/short_path.h"

namespace memshim::analyzer::run {
namespace {

using render::PadLeft;
using render::PadRight;

constexpr size_t kMostRows = 20;
constexpr size_t kCommandColumns = 24;

std::string Row(absl::string_view pid, absl::string_view command, absl::string_view total,
                absl::string_view peak, absl::string_view end, absl::string_view ended,
                absl::string_view path) {
  return absl::StrCat(PadLeft(pid, 8), "  ", PadRight(command, kCommandColumns), PadLeft(total, 10),
                      PadLeft(peak, 10), PadLeft(end, 10), "  ", PadRight(ended, 10), " ", path);
}

// "cc1plus -quiet foo.cc": the program without its folder.
std::string ShortCommand(const std::string& command) {
  const std::vector<std::string> words = absl::StrSplit(command, absl::MaxSplits(' ', 1));
  return render::FitEnd(
      render::CleanText(absl::StrCat(metrics::BaseName(words[0]), words.size() > 1 ? " " : "",
                                     words.size() > 1 ? words[1] : "")),
      kCommandColumns);
}

std::string HowItEnded(const RecordedProcess& process) {
  switch (process.ending) {
    case model::Ending::kExit:
    case model::Ending::kFastExit:
      return absl::StrCat("status ", process.exit_status);
    case model::Ending::kExec:
      return "exec";
    case model::Ending::kKilled:
      return process.signal == 0 ? "killed" : absl::StrCat("signal ", process.signal);
    case model::Ending::kRunning:
      return "running";
    case model::Ending::kUnknown:
      return "";
  }
  return "";
}

std::string Path(const std::string& path) { return render::CleanText(render::ShortPath(path)); }

std::string Bytes(uint64_t bytes) { return render::FormatBytes(static_cast<double>(bytes)); }

}  // namespace

std::vector<std::string> ProcessTable(const ProcessTree& tree) {
  std::vector<std::string> lines;
  if (tree.processes.empty()) return lines;
  lines.push_back(Row("pid", "command", "total", "peak", "at end", "ended", "profile"));
  uint64_t left_out = 0, left_out_bytes = 0;
  for (const RecordedProcess& process : tree.processes) {
    if (lines.size() > kMostRows) {
      ++left_out;
      left_out_bytes = model::SaturatingAdd(left_out_bytes, process.total_bytes);
      continue;
    }
    lines.push_back(Row(absl::StrCat(process.pid), ShortCommand(process.command),
                        Bytes(process.total_bytes), Bytes(process.peak_bytes),
                        Bytes(process.end_bytes), HowItEnded(process), Path(process.path)));
  }
  if (left_out > 0) {
    lines.push_back(absl::StrCat("... and ",
                                 render::Counted(left_out, "smaller process", "smaller processes"),
                                 ", ", Bytes(left_out_bytes), " in all, in the same folder"));
  }
  const std::string& largest = tree.processes.front().path;
  const bool is_merged = !tree.merged_path.empty();
  lines.push_back(absl::StrCat("next: memshim-report ",
                               Path(is_merged ? tree.merged_path : largest),
                               is_merged ? ", the sum of all" : ""));
  return lines;
}

}  // namespace memshim::analyzer::run
