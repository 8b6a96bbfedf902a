// See text_head.h.
#include "analyzer/render/text_head.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "analyzer/model/counters.h"
#include "analyzer/render/amounts.h"
#include "analyzer/render/format.h"
#include "analyzer/render/sparkline.h"
#include "analyzer/render/style.h"
#include "analyzer/render/text_verdict.h"

namespace memshim::analyzer::render {
namespace {

using model::Ending;

// More of them are only counted, and each gets two lines at most: the JSON report has all.
constexpr size_t kMaxRemarks = 5;
constexpr size_t kLabelColumns = 12;

class Head {
 public:
  Head(const model::Profile& profile, const metrics::Findings& findings,
       const ReportOptions& options)
      : profile_(profile),
        findings_(findings),
        totals_(findings.totals),
        options_(options),
        style_(options.use_color) {}

  std::vector<std::string> Lines();

 private:
  std::string RunLine() const;
  std::string EndingText() const;
  void AddVerdict();
  void AddTotals();
  void AddSelection();
  void AddTimeline();
  void AddCurve(absl::string_view label, const std::vector<model::TimelineSample>& samples,
                uint64_t peak);
  void AddVerification();
  void AddFailedRequests(std::vector<std::string>* remarks) const;
  void AddRemarks();
  void AddRemark(const std::string& text);

  void AddRow(absl::string_view label, absl::string_view text) {
    lines_.push_back(absl::StrCat(style_.Heading(PadRight(label, kLabelColumns)),
                                  FitEnd(text, options_.columns - kLabelColumns)));
  }
  std::string Time(double time) const {
    return FormatTime(time, profile_.time_unit, options_.unicode);
  }
  std::string Amount(uint64_t bytes, uint64_t blocks) const {
    return FormatAmount(profile_, bytes, blocks);
  }

  const model::Profile& profile_;
  const metrics::Findings& findings_;
  const metrics::Totals& totals_;
  const ReportOptions& options_;
  Style style_;
  std::vector<std::string> lines_;
};

std::string Head::EndingText() const {
  switch (profile_.ending) {
    case Ending::kUnknown:
      return "";
    case Ending::kExit:
      return absl::StrFormat(", exited with status %d", profile_.exit_status);
    case Ending::kFastExit:
      return absl::StrFormat(", ended by _exit with status %d", profile_.exit_status);
    case Ending::kExec:
      return ", replaced itself by another program (exec)";
    case Ending::kKilled:
      return ", was killed";
    case Ending::kRunning:
      return ", still running";
  }
  return "";
}

std::string Head::RunLine() const {
  const double t_end = static_cast<double>(profile_.t_end);
  const bool is_merged = profile_.merged_profiles > 0;
  std::string line = is_merged
                         ? absl::StrCat(Counted(profile_.merged_profiles, "profile", "profiles"),
                                        " added up, ran ", Time(t_end))
                         : absl::StrCat("pid ", profile_.pid, ", ran ", Time(t_end), EndingText());
  if (profile_.thread_count > 0) {
    absl::StrAppend(&line, "; ", Counted(profile_.thread_count, "thread", "threads"));
  }
  if (profile_.peak_rss_bytes.has_value()) {
    absl::StrAppend(&line, "; peak RSS ",
                    FormatBytes(static_cast<double>(*profile_.peak_rss_bytes)));
  }
  if (profile_.has_lifetime_sums && profile_.time_unit != "µs") {
    absl::StrAppend(&line, "; lives below are in ", CleanText(profile_.time_unit));
  }
  if (!profile_.has_lifetimes && !profile_.mode.empty()) {
    absl::StrAppend(&line, "; ", CleanText(profile_.mode), " profile");
  }
  return line;
}

void Head::AddVerdict() {
  const std::vector<std::string> sentences = VerdictSentences(profile_, findings_, options_);
  if (sentences.empty()) return;
  const bool is_roomy = options_.lines >= kRoomyLines;
  if (is_roomy) lines_.push_back("");
  for (const std::string& line : Wrap(absl::StrJoin(sentences, " "), options_.columns)) {
    lines_.push_back(line);
  }
  if (is_roomy) lines_.push_back("");
}

// What part of the whole is looked at.
void Head::AddSelection() {
  if (!findings_.is_selection) return;
  const model::Counters& part = findings_.selected.all;
  std::string text =
      absl::StrCat(Amount(part.total_bytes, part.total_blocks), ", ",
                   FormatShare(part.total_bytes, totals_.all.total_bytes), " of the total");
  if (profile_.has_lifetimes) {
    absl::StrAppend(&text, "; ", FormatShare(part.gmax_bytes, totals_.all.gmax_bytes),
                    " of the peak; ", FormatShare(part.end_bytes, totals_.all.end_bytes),
                    " at the end");
  }
  AddRow("Selected", text);
}

void Head::AddTotals() {
  const model::Counters& all = totals_.all;
  std::string total = Amount(all.total_bytes, all.total_blocks);
  if (all.total_blocks > 0) {
    const double size = metrics::AverageOf(all.total_bytes, all.total_blocks);
    absl::StrAppend(&total, ", on average ", FormatSize(profile_, size));
    if (profile_.has_lifetime_sums) {
      absl::StrAppend(&total, " for ", Time(metrics::AverageOf(all.lifetime, all.total_blocks)));
    }
  }
  AddRow("Total", total);
  if (!profile_.has_lifetimes) return;
  const std::string peak = Amount(all.gmax_bytes, all.gmax_blocks);
  if (profile_.merged_profiles > 0) {
    AddRow("Peak", absl::StrCat(peak, ": the sum of each one's own peak, at most live at once"));
  } else {
    AddRow("Peak",
           absl::StrCat(peak, " live at once, at ", Time(static_cast<double>(profile_.t_gmax)),
                        " (", FormatShare(profile_.t_gmax, profile_.t_end), " of the run)"));
  }
  if (all.end_blocks == 0) {
    AddRow("At the end", "nothing was live");
    return;
  }
  std::string end = absl::StrCat(Amount(all.end_bytes, all.end_blocks), " live");
  const model::Counters& runtime = totals_.runtime;
  if (runtime.end_blocks == all.end_blocks) {
    absl::StrAppend(&end, ", all of it the runtime's own, not yours");
  } else if (runtime.end_blocks > 0) {
    absl::StrAppend(&end, "; ", Amount(runtime.end_bytes, runtime.end_blocks),
                    " the runtime's own");
  }
  AddRow("At the end", end);
}

void Head::AddTimeline() {
  // The sum of several peaks is not what was live at any moment.
  const uint64_t peak = profile_.merged_profiles > 0 ? 0 : totals_.all.gmax_bytes;
  AddCurve("Live bytes", profile_.timeline, peak);
  std::vector<model::TimelineSample> resident;
  for (const model::ResidentSample& sample : profile_.resident) {
    resident.push_back({sample.time, sample.bytes, 0});
  }
  AddCurve("RSS", resident, 0);
}

// `peak` was reached at t-gmax, even if no sample caught it.
void Head::AddCurve(absl::string_view label, const std::vector<model::TimelineSample>& samples,
                    uint64_t peak) {
  constexpr size_t kTopColumns = 17;  // "| up to 12.3 MB" and a little for other units
  const size_t width = std::min<size_t>(options_.columns - kLabelColumns - kTopColumns - 1, 100);
  const std::string line =
      Sparkline(samples, profile_.t_end, profile_.t_gmax, peak, width, options_.unicode);
  if (line.empty()) return;
  uint64_t top = peak;
  for (const model::TimelineSample& sample : samples) top = std::max(top, sample.live_bytes);
  lines_.push_back(absl::StrCat(style_.Heading(PadRight(label, kLabelColumns)), "|",
                                style_.Figure(line), "| up to ",
                                FormatSize(profile_, static_cast<double>(top))));
}

void Head::AddVerification() {
  if (!profile_.verification.has_value()) return;
  const model::Verification& v = *profile_.verification;
  const uint64_t compared = v.equal + v.equal_where_described + v.different;
  std::string text = absl::StrCat("compared ", Counted(compared, "stack", "stacks"), ", ",
                                  FormatExact(v.different), " different");
  if (v.equal_where_described > 0) {
    absl::StrAppend(&text, "; ", FormatExact(v.equal_where_described),
                    " up to code without description");
  }
  if (v.not_compared > 0) absl::StrAppend(&text, "; left out ", FormatExact(v.not_compared));
  AddRow("Verified", text);
}

// On one line or two, the second begun between words.
void Head::AddRemark(const std::string& text) {
  const size_t width = options_.columns - 2;
  size_t end = text.size();
  if (DisplayWidth(text) > width) {
    // Bytes are at least as many as columns, so this cannot be too wide.
    const size_t blank = text.rfind(' ', width);
    if (blank != std::string::npos && blank > 0) end = blank;
  }
  lines_.push_back(
      style_.Warning(FitEnd(absl::StrCat("! ", text.substr(0, end)), options_.columns)));
  if (end == text.size()) return;
  lines_.push_back(
      style_.Warning(FitEnd(absl::StrCat("  ", text.substr(end + 1)), options_.columns)));
}

void Head::AddFailedRequests(std::vector<std::string>* remarks) const {
  uint64_t count = 0, largest = 0;
  for (const model::FailedRequests& failed : profile_.failed_requests) {
    count = model::SaturatingAdd(count, failed.count);
    largest = std::max(largest, failed.largest);
  }
  if (count == 0) return;
  remarks->push_back(absl::StrCat(Counted(count, "request", "requests"),
                                  " for memory failed, the largest for ",
                                  FormatBytes(static_cast<double>(largest)), " (--json has them)"));
}

void Head::AddRemarks() {
  std::vector<std::string> remarks;
  for (const model::Loss& loss : profile_.losses) {
    remarks.push_back(
        absl::StrCat("Incomplete: ", FormatExact(loss.count), " ", CleanText(loss.what)));
  }
  AddFailedRequests(&remarks);
  if (profile_.has_lifetimes && !profile_.has_lifetime_sums) {
    remarks.push_back("The file gives no lifetimes for some points: none are shown.");
  }
  if (profile_.folded_points > 0) {
    remarks.push_back(
        absl::StrFormat("%s of the total, %s, stands at their callers to keep the file small.",
                        FormatShare(profile_.folded_bytes, totals_.all.total_bytes),
                        Counted(profile_.folded_points, "small point", "small points")));
  }
  if (profile_.cut_points > 0) {
    remarks.push_back(absl::StrCat("The middle of ",
                                   Counted(profile_.cut_points, "deep stack", "deep stacks"),
                                   " is left out."));
  }
  for (const std::string& note : profile_.notes) remarks.push_back(CleanText(note));
  for (size_t i = 0; i < remarks.size(); ++i) {
    const bool is_last_line = i + 1 == kMaxRemarks && remarks.size() > kMaxRemarks;
    const std::string text =
        is_last_line ? absl::StrFormat("%d more remarks: see --json", remarks.size() - i)
                     : remarks[i];
    AddRemark(text);
    if (is_last_line) break;
  }
}

std::vector<std::string> Head::Lines() {
  const std::string command =
      profile_.command.empty() ? "(command unknown)" : CleanText(profile_.command);
  lines_.push_back(style_.Heading(FitEnd(command, options_.columns)));
  lines_.push_back(FitEnd(RunLine(), options_.columns));
  AddVerdict();
  AddTotals();
  AddTimeline();
  AddSelection();
  AddVerification();
  AddRemarks();
  return std::move(lines_);
}

}  // namespace

std::vector<std::string> HeadLines(const model::Profile& profile, const metrics::Findings& findings,
                                   const ReportOptions& options) {
  return Head(profile, findings, options).Lines();
}

}  // namespace memshim::analyzer::render
