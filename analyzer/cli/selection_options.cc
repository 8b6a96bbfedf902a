// See selection_options.h.
#include "analyzer/cli/selection_options.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "analyzer/cli/report_ranges.h"

namespace memshim::analyzer::cli {
namespace {

// Given several times, any of them may match.
absl::Status AddExpression(absl::string_view name, absl::string_view text, std::string* into) {
  const absl::Status status = metrics::CheckExpression(text);
  if (!status.ok() || text.empty()) {
    absl::Status wrong = BadValue(name, "a regular expression", text);
    return status.ok()
               ? wrong
               : absl::InvalidArgumentError(absl::StrCat(wrong.message(), ": ", status.message()));
  }
  *into = into->empty() ? std::string(text) : absl::StrCat("(?:", *into, ")|(?:", text, ")");
  return absl::OkStatus();
}

absl::Status TakeSize(absl::string_view text, metrics::Selection* selection) {
  selection->size = ParseSizeRange(text);
  return selection->size.has_value() ? absl::OkStatus()
                                     : BadValue("size", "a range as 16..4K", text);
}

absl::Status TakeLifetime(absl::string_view text, metrics::Selection* selection,
                          bool* is_lifetime_in_seconds) {
  const std::optional<LifetimeRange> lifetime = ParseLifetimeRange(text);
  if (!lifetime.has_value()) return BadValue("lifetime", "a range as 10us..2ms", text);
  selection->lifetime = lifetime->range;
  *is_lifetime_in_seconds = lifetime->is_time;
  return absl::OkStatus();
}

}  // namespace

std::vector<Option> SelectionOptions(metrics::Selection* selection, bool* is_lifetime_in_seconds) {
  const auto expression = [](const char* name, std::string* into) {
    return [name, into](absl::string_view text) { return AddExpression(name, text, into); };
  };
  return {
      {"focus", "RE", "only stacks with a frame that matches",
       expression("focus", &selection->focus)},
      {"ignore", "RE", "no stack with a frame that matches",
       expression("ignore", &selection->ignore)},
      {"hide", "RE", "leave out frames that match, charge their callers",
       expression("hide", &selection->hide)},
      {"size", "A..B", "only points whose blocks have such sizes on average",
       [selection](absl::string_view text) { return TakeSize(text, selection); }},
      {"lifetime", "A..B", "the same by lifetimes, as 10us..2ms",
       [selection, is_lifetime_in_seconds](absl::string_view text) {
         return TakeLifetime(text, selection, is_lifetime_in_seconds);
       }},
  };
}

absl::Status CheckIsTold(const metrics::Selection& selection, bool is_lifetime_in_seconds,
                         const std::string& file, const model::Profile& profile) {
  if (selection.lifetime.has_value() && !profile.has_lifetime_sums) {
    return absl::NotFoundError(
        absl::StrCat(file, ": expected lifetimes for --lifetime, found a file without"));
  }
  if (is_lifetime_in_seconds && profile.time_unit != "µs") {
    return absl::NotFoundError(absl::StrCat(file, ": expected --lifetime in ", profile.time_unit,
                                            ", which the file counts, as 500..20000"));
  }
  return absl::OkStatus();
}

}  // namespace memshim::analyzer::cli
