// The few terminal styles of the text report; nothing at all where colour is off.
#ifndef MEMSHIM_ANALYZER_RENDER_STYLE_H_
#define MEMSHIM_ANALYZER_RENDER_STYLE_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace memshim::analyzer::render {

class Style {
 public:
  explicit Style(bool use_color) : use_color_(use_color) {}

  std::string Heading(absl::string_view text) const { return Wrap("\033[1m", text); }
  std::string Warning(absl::string_view text) const { return Wrap("\033[33m", text); }
  std::string Faint(absl::string_view text) const { return Wrap("\033[2m", text); }
  std::string Figure(absl::string_view text) const { return Wrap("\033[36m", text); }

 private:
  std::string Wrap(absl::string_view code, absl::string_view text) const {
    return use_color_ ? absl::StrCat(code, text, "\033[0m") : std::string(text);
  }

  bool use_color_;
};

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_STYLE_H_
