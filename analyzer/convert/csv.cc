// See csv.h.
#include "analyzer/convert/csv.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "analyzer/convert/label.h"
#include "analyzer/metrics/frame_kind.h"
#include "analyzer/metrics/site.h"

namespace memshim::analyzer::convert {
namespace {

using model::Counters;

struct Column {
  absl::string_view name;
  uint64_t Counters::*figure;
};
constexpr Column kTotals[] = {{"total_bytes", &Counters::total_bytes},
                              {"total_blocks", &Counters::total_blocks}};
constexpr Column kLifetimes[] = {
    {"max_bytes", &Counters::max_bytes},   {"max_blocks", &Counters::max_blocks},
    {"peak_bytes", &Counters::gmax_bytes}, {"peak_blocks", &Counters::gmax_blocks},
    {"end_bytes", &Counters::end_bytes},   {"end_blocks", &Counters::end_blocks}};
constexpr Column kAccesses[] = {{"read_bytes", &Counters::read_bytes},
                                {"written_bytes", &Counters::written_bytes}};
constexpr Column kDetails[] = {{"temporary_bytes", &Counters::temporary_bytes},
                               {"temporary_blocks", &Counters::temporary_blocks},
                               {"smallest_request", &Counters::smallest_request},
                               {"largest_request", &Counters::largest_request},
                               {"slack_bytes", &Counters::slack_bytes},
                               {"remote_blocks", &Counters::remote_blocks},
                               {"moved_resizes", &Counters::moved_resizes},
                               {"settled_resizes", &Counters::settled_resizes},
                               {"moved_bytes", &Counters::moved_bytes},
                               {"late_freed_bytes", &Counters::late_freed_bytes},
                               {"threads", &Counters::threads}};

std::vector<Column> ColumnsOf(const model::Profile& profile) {
  std::vector<Column> columns(std::begin(kTotals), std::end(kTotals));
  const auto append = [&](const auto& more) {
    columns.insert(columns.end(), std::begin(more), std::end(more));
  };
  if (profile.has_lifetime_sums) columns.push_back({"lifetime", &Counters::lifetime});
  if (profile.has_lifetimes) append(kLifetimes);
  if (profile.has_accesses) append(kAccesses);
  if (profile.has_details) append(kDetails);
  return columns;
}

std::string Cell(absl::string_view text) {
  const bool is_formula = !text.empty() && absl::StrContains("=+-@", text.substr(0, 1));
  return absl::StrCat("\"", is_formula ? "'" : "", absl::StrReplaceAll(text, {{"\"", "\"\""}}),
                      "\"");
}

}  // namespace

void WriteCsv(const model::Profile& profile, dhat::ByteSink* sink) {
  const std::vector<Column> columns = ColumnsOf(profile);
  const std::vector<std::string> labels = FrameLabels(profile);
  const metrics::SiteFinder finder(profile);
  const auto join_name = [](std::string* out, const Column& column) {
    absl::StrAppend(out, column.name);
  };
  sink->Write(
      absl::StrCat(absl::StrJoin(columns, ",", join_name), ",function,file,line,module,stack\r\n"));
  for (const model::Point& point : profile.points) {
    std::string row = absl::StrJoin(columns, ",", [&](std::string* out, const Column& column) {
      absl::StrAppend(out, point.counters.*column.figure);
    });
    const metrics::Site site = finder.FindSite(point);
    const model::Frame nothing;
    const bool is_known = site.position != metrics::kNoFrame;
    const uint32_t index = is_known ? point.frames[site.position] : 0;
    const model::Frame& frame = is_known ? profile.frames[index] : nothing;
    absl::StrAppend(&row, ",", Cell(is_known ? labels[index] : OneLine(site.label)), ",",
                    Cell(OneLine(frame.file)), ",", frame.line, ",",
                    Cell(OneLine(metrics::ModulePath(profile, frame))), ",");
    // Innermost first, as everywhere; a frame a line within the cell.
    const std::string stack =
        absl::StrJoin(point.frames, "\n", [&](std::string* out, uint32_t number) {
          absl::StrAppend(out, OneLine(profile.frames[number].text));
        });
    sink->Write(absl::StrCat(row, Cell(stack), "\r\n"));
  }
}

}  // namespace memshim::analyzer::convert
