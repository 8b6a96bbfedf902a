// See label.h.
#include "analyzer/convert/label.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "analyzer/dhat/utf8.h"
#include "analyzer/metrics/frame_kind.h"
#include "analyzer/render/format.h"

namespace memshim::analyzer::convert {
namespace {

// "/usr/lib/libx.so+0x1234" of "0x7F01: ??? (in /usr/lib/libx.so+0x1234)"; empty if there is no
// such offset, as in valgrind's files.
absl::string_view PlaceInModule(absl::string_view text) {
  constexpr absl::string_view kIn = " (in ";
  const size_t begin = text.rfind(kIn);
  if (begin == absl::string_view::npos || !absl::ConsumeSuffix(&text, ")")) return "";
  const absl::string_view place = text.substr(begin + kIn.size());
  return absl::StrContains(metrics::BaseName(place), "+0x") ? place : "";
}

std::string NameOf(const model::Profile& profile, const model::Frame& frame) {
  if (!frame.function.empty()) return OneLine(frame.function);
  if (const absl::string_view place = PlaceInModule(frame.text); !place.empty()) {
    return OneLine(metrics::BaseName(place));
  }
  const absl::string_view module = metrics::ModulePath(profile, frame);
  const bool is_only_address = frame.address != 0 && frame.line == 0;
  if (is_only_address && !module.empty()) {
    return absl::StrFormat("0x%X in %s", frame.address, OneLine(metrics::BaseName(module)));
  }
  return is_only_address ? absl::StrFormat("0x%X", frame.address) : OneLine(frame.text);
}

}  // namespace

std::string OneLine(absl::string_view text) {
  const std::string clean = render::CleanText(text);
  return dhat::FindInvalidUtf8(clean) == std::string::npos ? clean : dhat::MakeValidUtf8(clean);
}

std::string FrameLabel(const model::Profile& profile, const model::Frame& frame) {
  const std::string name(absl::StripAsciiWhitespace(NameOf(profile, frame)));
  return name.empty() ? "???" : name;
}

std::vector<std::string> FrameLabels(const model::Profile& profile) {
  std::vector<std::string> labels;
  labels.reserve(profile.frames.size());
  for (const model::Frame& frame : profile.frames) labels.push_back(FrameLabel(profile, frame));
  return labels;
}

}  // namespace memshim::analyzer::convert
