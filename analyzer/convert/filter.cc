// See filter.h.
#include "analyzer/convert/filter.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace memshim::analyzer::convert {
namespace {

// Linear in the text whatever the expression; Latin-1 takes any bytes, and an ASCII or UTF-8
// expression finds its bytes there.
re2::RE2::Options Options() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  return options;
}

absl::Status CheckExpression(absl::string_view option, const std::string& text) {
  const re2::RE2 expression(text, Options());
  if (expression.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("expected a regular expression for --", option,
                                                 ", found '", text, "': ", expression.error()));
}

// One flag a frame: whether `text` is found in it.
std::vector<bool> Matches(const model::Profile& profile, const std::string& text) {
  const re2::RE2 expression(text, Options());
  std::vector<bool> matches;
  matches.reserve(profile.frames.size());
  for (const model::Frame& frame : profile.frames) {
    matches.push_back(re2::RE2::PartialMatch(frame.text, expression));
  }
  return matches;
}

bool HasAny(const std::vector<uint32_t>& stack, const std::vector<bool>& matches) {
  return std::any_of(stack.begin(), stack.end(), [&](uint32_t frame) { return matches[frame]; });
}

std::string NoteOf(const Filter& filter, size_t kept, size_t all) {
  std::string note = absl::StrCat("A part of a profile, ", kept, " of ", all, " program points:");
  if (!filter.focus.empty()) absl::StrAppend(&note, " those with '", filter.focus, "'");
  if (!filter.ignore.empty()) {
    absl::StrAppend(&note, filter.focus.empty() ? " those" : " and", " without '", filter.ignore,
                    "'");
  }
  return note + ".";
}

}  // namespace

absl::Status CheckFilter(const Filter& filter) {
  absl::Status status = CheckExpression("focus", filter.focus);
  if (status.ok()) status = CheckExpression("ignore", filter.ignore);
  return status;
}

void ApplyFilter(const Filter& filter, model::Profile* profile) {
  if (!filter.is_given()) return;
  const std::vector<bool> focus = Matches(*profile, filter.focus);
  const std::vector<bool> ignore = Matches(*profile, filter.ignore);
  const auto goes = [&](const auto& item) {
    return (!filter.focus.empty() && !HasAny(item.frames, focus)) ||
           (!filter.ignore.empty() && HasAny(item.frames, ignore));
  };
  const size_t all = profile->points.size();
  std::erase_if(profile->points, goes);
  std::erase_if(profile->failed_requests, goes);
  profile->timeline.clear();
  profile->resident.clear();
  profile->notes.push_back(NoteOf(filter, profile->points.size(), all));
}

}  // namespace memshim::analyzer::convert
