// See text_verdict.h.
#include "analyzer/render/text_verdict.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "analyzer/render/amounts.h"
#include "analyzer/render/format.h"
#include "analyzer/render/names.h"

namespace memshim::analyzer::render {
namespace {

using metrics::Course;
using metrics::Leak;
using metrics::LeakSum;
using metrics::Shape;
using metrics::Suspicion;

constexpr size_t kNameColumns = 40;
// On a small screen, where the verdict must leave room for the rest.
constexpr size_t kShortNameColumns = 30;

// "a", "a and b", "a, b and c".
std::string Listed(std::vector<std::string> parts) {
  if (parts.size() < 2) return absl::StrJoin(parts, "");
  const std::string last = std::move(parts.back());
  parts.pop_back();
  return absl::StrCat(absl::StrJoin(parts, ", "), " and ", last);
}

class Words {
 public:
  Words(const model::Profile& profile, const metrics::Findings& findings,
        const ReportOptions& options)
      : profile_(profile), findings_(findings), options_(options) {}

  std::vector<std::string> Sentences();

 private:
  std::string CourseText() const;
  std::string Confidence() const;
  uint64_t Top() const;
  std::string PeakAbove() const;
  std::string PeakText() const;
  std::string EndText() const;
  std::string FreedLateText() const;
  std::string ChurnText() const;
  std::string ResidentText() const;
  std::string RetainedText() const;

  std::string Bytes(double bytes) const {
    return CountsBytes(profile_)
               ? FormatSize(profile_, bytes)
               : absl::StrCat(FormatSize(profile_, bytes), " ", CleanText(profile_.bytes_unit));
  }
  std::string Bytes(uint64_t bytes) const { return Bytes(static_cast<double>(bytes)); }
  std::string Time(uint64_t time) const {
    return FormatTime(static_cast<double>(time), profile_.time_unit, options_.unicode);
  }
  std::string Name(size_t group) const {
    return SiteName(findings_.groups[group], false, is_short() ? kShortNameColumns : kNameColumns);
  }
  bool is_short() const { return options_.lines < kRoomyLines; }
  // "1 call site", "3 functions".
  std::string Groups(size_t count) const { return CountedGroups(findings_.by, count); }
  // The entry with the most bytes.
  const Leak& Largest(Suspicion suspicion) const {
    const auto is_such = [suspicion](const Leak& leak) { return leak.suspicion == suspicion; };
    return *std::find_if(findings_.leaks.entries.begin(), findings_.leaks.entries.end(), is_such);
  }

  const model::Profile& profile_;
  const metrics::Findings& findings_;
  const ReportOptions& options_;
};

std::string Words::Confidence() const {
  const Course& course = findings_.verdict.course;
  return absl::StrFormat(" (confidence %.0f%%, %s)", 100 * course.confidence,
                         Counted(course.samples, "sample", "samples"));
}

// What live bytes went up to. The sum of several peaks is not what was live at any moment.
uint64_t Words::Top() const {
  if (profile_.merged_profiles == 0) return findings_.totals.all.gmax_bytes;
  uint64_t top = 0;
  for (const model::TimelineSample& sample : profile_.timeline) {
    top = std::max(top, sample.live_bytes);
  }
  return top;
}

// Where the peak is no part of what is live most of the time.
std::string Words::PeakAbove() const {
  const uint64_t peak = findings_.totals.all.gmax_bytes;
  const uint64_t typical = findings_.verdict.course.typical_bytes;
  if (profile_.merged_profiles > 0 || peak < typical + typical / 5) return "";
  return absl::StrCat(", ", Bytes(peak), " at most, at ", Time(profile_.t_gmax));
}

std::string Words::CourseText() const {
  const Course& course = findings_.verdict.course;
  const uint64_t peak = Top();
  const std::string typical = Bytes(course.typical_bytes);
  const std::string rate = absl::StrCat(
      Bytes(course.slope * 1e6), " ",
      profile_.time_unit == "µs" ? "a second" : "per " + CleanText(profile_.million_time_units));
  switch (course.shape) {
    case Shape::kUnknown:
      if (findings_.is_selection) return "";
      if (profile_.timeline.empty())
        return "Whether memory grows is not told: the file has no timeline.";
      return absl::StrCat("Too short a run, or too few events, to tell whether memory grows (",
                          Counted(course.samples, "sample", "samples"), ").");
    case Shape::kConstant:
      return absl::StrCat("Constant: about ", typical, " are live all the time", PeakAbove(),
                          Confidence(), ".");
    case Shape::kPlateau:
      return absl::StrCat("A plateau: from ", Time(course.since), " on about ", typical,
                          " are live", PeakAbove(), Confidence(), ".");
    case Shape::kGrowing:
      return absl::StrCat("Growing: live bytes rise by ", rate, ", up to ", Bytes(peak),
                          Confidence(), ".");
    case Shape::kSawtooth:
      return absl::StrCat(
          "A sawtooth: live bytes fall and rise ", Counted(course.teeth, "time", "times"),
          course.low_points_grow ? absl::StrCat(", and what remains grows by ", rate)
                                 : ", and what remains does not grow",
          Confidence(), ".");
    case Shape::kSpike:
      return absl::StrCat("A spike: ", Bytes(peak), " at ", Time(profile_.t_gmax), ", where about ",
                          typical, " are live most of the time", Confidence(), ".");
    case Shape::kRiseAndFall:
      return absl::StrCat("Rise and fall: live bytes go up to ", Bytes(peak), " at ",
                          Time(profile_.t_gmax), ", and down again", Confidence(), ".");
    case Shape::kIrregular:
      return absl::StrCat("No regular course: live bytes go up and down, to ", Bytes(peak),
                          " at most", Confidence(), ".");
  }
  return "";
}

std::string Words::PeakText() const {
  const uint64_t peak = findings_.totals.all.gmax_bytes;
  if (findings_.verdict.peak_groups.empty()) {
    const auto has_any = [](const auto& group) { return group.counters.gmax_bytes > 0; };
    const auto groups = static_cast<size_t>(
        std::count_if(findings_.groups.begin(), findings_.groups.end(), has_any));
    // Of a part of the profile only what is much of the whole is worth a sentence.
    if (groups == 0 || findings_.is_selection) return "";
    return absl::StrCat("The peak is spread over ", Groups(groups), ", none with a tenth of it.");
  }
  std::vector<std::string> parts;
  for (const size_t i : findings_.verdict.peak_groups) {
    parts.push_back(absl::StrCat(FormatRoughShare(findings_.groups[i].counters.gmax_bytes, peak),
                                 " ", Name(i)));
  }
  return absl::StrCat("The peak is ", Listed(std::move(parts)), ".");
}

std::string Words::EndText() const {
  const metrics::Leaks& leaks = findings_.leaks;
  const uint64_t left = findings_.selected.all.end_bytes;
  if (left == 0) {
    return findings_.is_selection ? "Nothing that is selected is left at the end."
                                  : "Nothing is left at the end.";
  }
  const bool is_running = profile_.ending == model::Ending::kRunning;
  std::vector<std::string> parts;
  if (const LeakSum& sum = leaks.sum(Suspicion::kGrows); sum.bytes > 0) {
    parts.push_back(
        absl::StrCat(Bytes(sum.bytes), " that grew with time (",
                     sum.groups > 1 ? absl::StrCat(Groups(sum.groups), ", most in ") : "",
                     Name(Largest(Suspicion::kGrows).group), ")"));
  }
  if (const LeakSum& sum = leaks.sum(Suspicion::kKept); sum.bytes > 0) {
    parts.push_back(
        absl::StrCat(Bytes(sum.bytes), parts.empty() ? " that did not grow" : " that did not"));
  }
  if (const LeakSum& sum = leaks.sum(Suspicion::kUntold); sum.bytes > 0) {
    parts.push_back(absl::StrCat(Bytes(sum.bytes), " of ", Groups(sum.groups), "; whether ",
                                 sum.groups == 1 ? "it" : "they", " grew is not told"));
  }
  if (const LeakSum& sum = leaks.sum(Suspicion::kRuntime); sum.bytes > 0) {
    parts.insert(parts.end() - (leaks.sum(Suspicion::kUntold).bytes > 0 ? 1 : 0),
                 absl::StrCat(Bytes(sum.bytes), " of the runtime's own"));
  }
  return absl::StrCat(is_running ? "Live now" : "Left at the end",
                      findings_.is_selection ? ", of what is selected: " : ": ",
                      Listed(std::move(parts)), ".");
}

// Only what grew: that everything is freed at the end is how it should be.
std::string Words::FreedLateText() const {
  uint64_t bytes = 0;
  const Leak* largest = nullptr;
  for (const Leak& leak : findings_.leaks.entries) {
    if (leak.suspicion != Suspicion::kFreedLate || leak.growth != metrics::Growth::kGrows) continue;
    bytes += leak.bytes;
    if (largest == nullptr) largest = &leak;
  }
  if (largest == nullptr || bytes < findings_.totals.all.gmax_bytes / 20) return "";
  return absl::StrCat("Freed only at the very end: ", Bytes(bytes),
                      " that grew with time, most in ", Name(largest->group), ".");
}

std::string Words::ChurnText() const {
  std::vector<std::string> parts;
  for (const size_t i : findings_.verdict.churn_groups) {
    const model::Counters& c = findings_.groups[i].counters;
    const double life = metrics::AverageOf(c.lifetime, c.total_blocks);
    parts.push_back(absl::StrCat(Name(i), ", ", FormatCount(c.total_blocks), " blocks for ",
                                 FormatTime(life, profile_.time_unit, options_.unicode), " each"));
    if (is_short()) break;
  }
  return parts.empty() ? "" : absl::StrCat("Churn: ", absl::StrJoin(parts, "; "), ".");
}

// What was measured: whether the allocator retains it, or something else was mapped since, is not
// told apart.
std::string Words::RetainedText() const {
  const metrics::Resident& resident = *findings_.verdict.resident;
  if (!resident.over_time.has_value()) return "";
  const metrics::Resident::OverTime& over_time = *resident.over_time;
  if (over_time.RetainedBytes() <= resident.peak_bytes / 10) return "";
  const metrics::Resident::Sample& peak = over_time.at_peak;
  const metrics::Resident::Sample& end = over_time.at_end;
  return absl::StrCat(
      " From the sample with most live bytes to the last one these fell by ",
      Bytes(peak.live_bytes - end.live_bytes), ", RSS ",
      end.bytes < peak.bytes ? absl::StrCat("by ", Bytes(peak.bytes - end.bytes)) : "did not", ".");
}

std::string Words::ResidentText() const {
  if (!findings_.verdict.resident.has_value()) return "";
  const metrics::Resident& resident = *findings_.verdict.resident;
  const std::string peak = Bytes(resident.peak_bytes);
  if (resident.rest_bytes == 0) {
    return absl::StrCat("RSS went up to ", peak, ", no more than the heap asked for.",
                        RetainedText());
  }
  const std::string slack = resident.slack_bytes.has_value()
                                ? absl::StrCat(", about ", Bytes(*resident.slack_bytes), " slack")
                                : "";
  const std::string own =
      resident.own_bytes.has_value()
          ? absl::StrCat(", ", Bytes(*resident.own_bytes), " memshim's own at the end")
          : "";
  absl::string_view parts = " (code, mappings, what the allocator retains)";
  if (is_short()) {
    parts = "";
  } else if (own.empty()) {
    parts = " (code, mappings, what the allocator retains, memshim's own)";
  }
  return absl::StrCat("RSS went up to ", peak, ": ", Bytes(resident.live_bytes), " live", slack,
                      own, ", ", Bytes(resident.rest_bytes), " that the file does not tell apart",
                      parts, ".", RetainedText());
}

std::vector<std::string> Words::Sentences() {
  std::vector<std::string> sentences = {CourseText(),    PeakText(),  EndText(),
                                        FreedLateText(), ChurnText(), ResidentText()};
  std::erase(sentences, "");
  return sentences;
}

}  // namespace

std::vector<std::string> VerdictSentences(const model::Profile& profile,
                                          const metrics::Findings& findings,
                                          const ReportOptions& options) {
  if (!profile.has_lifetimes || profile.points.empty()) return {};
  return Words(profile, findings, options).Sentences();
}

}  // namespace memshim::analyzer::render
