// Hostile DHAT files: whatever the reader accepts makes both reports, is written in every format,
// and is read again with the same sums. The size of an input chooses the options of its report.
#include <simdjson.h>

#include <vector>

#include "analyzer/convert/formats.h"
#include "analyzer/dhat/reader.h"
#include "analyzer/dhat/utf8.h"
#include "analyzer/dhat/writer.h"
#include "analyzer/diff/compare.h"
#include "analyzer/diff/json_diff.h"
#include "analyzer/diff/markdown_diff.h"
#include "analyzer/diff/text_diff.h"
#include "analyzer/metrics/selection.h"
#include "analyzer/render/json_report.h"
#include "analyzer/render/text_report.h"
#include "analyzer/render/text_views.h"
#include "tests/fuzz/fuzzing.h"

namespace memshim::analyzer {
namespace {

using fuzz::Require;
using model::Counters;

// The figures that a profile says it has; others in its points mean nothing.
std::vector<uint64_t Counters::*> FiguresOf(const model::Profile& profile) {
  std::vector<uint64_t Counters::*> figures = {
      &Counters::total_bytes,      &Counters::total_blocks,    &Counters::temporary_bytes,
      &Counters::temporary_blocks, &Counters::slack_bytes,     &Counters::remote_blocks,
      &Counters::moved_resizes,    &Counters::settled_resizes, &Counters::moved_bytes,
      &Counters::late_freed_bytes};
  if (profile.has_lifetime_sums) figures.push_back(&Counters::lifetime);
  if (profile.has_lifetimes) {
    figures.insert(figures.end(), {&Counters::gmax_bytes, &Counters::gmax_blocks,
                                   &Counters::end_bytes, &Counters::end_blocks});
  }
  if (profile.has_accesses) {
    figures.insert(figures.end(), {&Counters::read_bytes, &Counters::written_bytes});
  }
  return figures;
}

unsigned __int128 Sum(const model::Profile& profile, uint64_t Counters::*figure) {
  unsigned __int128 sum = 0;
  for (const model::Point& point : profile.points) sum += point.counters.*figure;
  return sum;
}

render::ReportOptions OptionsFor(size_t size) {
  render::ReportOptions options;
  options.file = "input";
  if (size % 3 == 0) options.sort = static_cast<metrics::RankBy>(size / 3 % metrics::kRankings);
  if (size % 5 == 0) options.top = size / 5 % 4;
  options.depth = size % 7;
  options.full_names = size % 11 == 0;
  options.unicode = size % 2 == 0;
  return options;
}

// Whatever is asked of whatever profile. The profile is left as it was.
void CheckReports(model::Profile profile, const render::ReportOptions& options) {
  metrics::Query query;
  query.by = static_cast<metrics::GroupBy>(options.depth % 4);
  if (options.depth == 3) query.selection.hide = "m";
  if (options.depth == 5) query.selection.size = metrics::Range{1, 100};
  const metrics::Findings findings = metrics::Examine(query, &profile);
  Require(!render::LeaksText(profile, findings, options).empty(), "there are leaks or a word");
  metrics::TreeQuery tree_query;
  tree_query.order = options.unicode ? metrics::TreeOrder::kUp : metrics::TreeOrder::kDown;
  tree_query.by = query.by;
  const metrics::CallTree tree = metrics::BuildCallTree(profile, tree_query);
  Require(!render::TreeText(profile, tree, tree_query, options).empty(), "there is a tree");
  Require(!render::TextReport(profile, findings, options).empty(), "there is a report");
  const std::string json = render::JsonReport(profile, findings, options);
  simdjson::dom::parser parser;
  Require(parser.parse(json).error() == simdjson::SUCCESS, "the JSON report is JSON");
}

class Text : public dhat::ByteSink {
 public:
  void Write(absl::string_view bytes) override { text_.append(bytes.data(), bytes.size()); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void CheckFormats(const model::Profile& profile, size_t size) {
  model::Profile part = profile;
  if (size % 4 == 0) {
    const metrics::Selection selection = {.focus = "a", .ignore = "b"};
    const size_t all = part.points.size();
    metrics::Select(selection, &part);
    metrics::LeaveOutTheWhole(selection, all, &part);
  }
  for (const convert::Format& format : convert::Formats()) {
    if (format.needs_lifetimes && !profile.has_lifetimes) continue;
    convert::Request request;
    request.top = size % 5;
    request.live_at_peak = size % 2 == 0;
    if (size % 3 == 0) request.max_bytes = size;
    Text sink;
    format.write(part, request, &sink);
    const bool is_json = format.name == "speedscope" || format.name == "dhat";
    simdjson::dom::parser parser;
    Require(!is_json || parser.parse(sink.text()).error() == simdjson::SUCCESS, "it is JSON");
    Require(format.name == "pprof" || dhat::FindInvalidUtf8(sink.text()) == std::string::npos,
            "it is UTF-8");
  }
}

void CheckRoundTrip(const model::Profile& profile, const std::string& path) {
  Require(dhat::WriteProfile(profile, path).ok(), "what was read can be written");
  const absl::StatusOr<model::Profile> again = dhat::ReadProfile(path);
  Require(again.ok(), again.ok() ? "" : std::string(again.status().message()).c_str());
  for (uint64_t Counters::*sum : FiguresOf(profile)) {
    const unsigned __int128 before = Sum(profile, sum), after = Sum(*again, sum);
    // Points that became equal are merged, and a merged figure stops at 2^64-1.
    const bool may_stop = before > UINT64_MAX;
    Require(before == after || (may_stop && after >= UINT64_MAX && after < before),
            "sums are kept in the file");
  }
}

// A profile has not changed from itself, whatever its names are.
void CheckDiff(const model::Profile& profile) {
  const absl::StatusOr<diff::Comparison> comparison =
      diff::Compare(profile, profile, metrics::RankBy::kTotalBytes, {});
  Require(comparison.ok() && comparison->sites.empty() && comparison->small.sites == 0,
          "a profile equals itself");
  const std::string json = diff::JsonDiff(*comparison, {});
  simdjson::dom::parser parser;
  Require(parser.parse(json).error() == simdjson::SUCCESS, "the JSON comparison is JSON");
  Require(!diff::TextDiff(*comparison, {}).empty() && !diff::MarkdownDiff(*comparison, {}).empty(),
          "there is a text");
}

}  // namespace
}  // namespace memshim::analyzer

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace memshim::analyzer;  // NOLINT(google-build-using-namespace): of this function
  static memshim::fuzz::InputFile input, output;
  input.Reset(0);
  input.Write(0, data, size);
  const absl::StatusOr<model::Profile> profile = dhat::ReadProfile(input.path());
  if (!profile.ok()) {
    const auto& message = profile.status().message();
    memshim::fuzz::Require(message.size() > input.path().size() && !message.empty() &&
                               message.find('\n') == message.npos,
                           "a refusal is one line");
    return 0;
  }
  memshim::fuzz::CountAccepted();
  CheckReports(*profile, OptionsFor(size));
  CheckRoundTrip(*profile, output.path());
  CheckDiff(*profile);
  CheckFormats(*profile, size);
  return 0;
}
