// AnnotationText() of text_views.h.
#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "analyzer/render/amounts.h"
#include "analyzer/render/format.h"
#include "analyzer/render/style.h"
#include "analyzer/render/text_views.h"

namespace memshim::analyzer::render {
namespace {

constexpr uint32_t kContext = 3;  // lines of source around one with figures

class Annotation {
 public:
  Annotation(const model::Profile& profile, metrics::RankBy by, const ReportOptions& options)
      : profile_(profile), by_(by), options_(options), style_(options.use_color) {}

  void Add(const AnnotatedFile& file);
  std::string Take() { return std::move(text_); }

 private:
  std::string Size(uint64_t bytes, uint64_t figure) const {
    return figure == 0 ? "." : FormatSize(profile_, static_cast<double>(bytes));
  }
  void AddLine(const metrics::SourceLine* figures, uint32_t number, absl::string_view source);

  const model::Profile& profile_;
  metrics::RankBy by_;
  const ReportOptions& options_;
  Style style_;
  std::string text_;
};

void Annotation::AddLine(const metrics::SourceLine* figures, uint32_t number,
                         absl::string_view source) {
  std::string line;
  if (figures != nullptr) {
    line = absl::StrCat(PadLeft(Size(figures->self.bytes, figures->self_figure), 10),
                        PadLeft(Size(figures->through.bytes, figures->through_figure), 10),
                        PadLeft(FormatCount(figures->through.blocks), 11));
  } else {
    line = std::string(31, ' ');
  }
  const std::string code = CleanText(absl::StrReplaceAll(source, {{"\t", "    "}, {"\r", ""}}));
  absl::StrAppend(&line, PadLeft(absl::StrCat(number), 7), code.empty() ? "" : "  ", code);
  if (!options_.full_names) line = FitEnd(line, options_.columns);
  while (!line.empty() && line.back() == ' ') line.pop_back();
  absl::StrAppend(&text_, figures == nullptr ? style_.Faint(line) : line, "\n");
}

void Annotation::Add(const AnnotatedFile& file) {
  const metrics::SourceLine& sum = file.figures.sum;
  const std::string name =
      CleanText(absl::StrCat(FigureName(profile_, by_), " by lines of ",
                             file.path.empty() ? file.figures.file : file.path));
  if (!text_.empty()) absl::StrAppend(&text_, "\n");
  absl::StrAppend(
      &text_, style_.Heading(FitEnd(name, options_.columns)), "\n",
      FitEnd(absl::StrCat(
                 "In the file itself: ", FormatAmount(profile_, sum.self.bytes, sum.self.blocks),
                 "; through it: ", FormatAmount(profile_, sum.through.bytes, sum.through.blocks)),
             options_.columns),
      "\n");
  if (file.text.empty()) {
    absl::StrAppend(&text_,
                    FitEnd("The source was not found: give its path, or call this from its folder.",
                           options_.columns),
                    "\n");
  }
  absl::StrAppend(
      &text_,
      style_.Faint(absl::StrCat(PadLeft("self", 10), PadLeft("through", 10),
                                PadLeft(FitEnd(CleanText(profile_.blocks_unit), 10), 11),
                                PadLeft("line", 7))),
      "\n");
  uint32_t shown = 0;  // the last line that was shown
  const auto all = static_cast<uint32_t>(file.text.size());
  const auto source = [&](uint32_t number) -> absl::string_view {
    return number <= all ? absl::string_view(file.text[number - 1]) : "";
  };
  const auto& lines = file.figures.lines;
  for (auto line = lines.begin(); line != lines.end(); ++line) {
    const uint32_t number = line->first;
    const uint32_t first = std::max(shown + 1, number > kContext ? number - kContext : 1);
    if (all > 0) {
      if (first > shown + 1 && shown > 0) absl::StrAppend(&text_, PadLeft("...", 38), "\n");
      for (uint32_t i = first; i < number && i <= all; ++i) AddLine(nullptr, i, source(i));
    }
    AddLine(&line->second, number, source(number));
    shown = number;
    const auto next = std::next(line);
    for (uint32_t i = number + 1; i <= std::min(number + kContext, all); ++i) {
      if (next != lines.end() && i >= next->first) break;
      AddLine(nullptr, i, source(i));
      shown = i;
    }
  }
}

}  // namespace

std::string AnnotationText(const model::Profile& profile, const std::vector<AnnotatedFile>& files,
                           metrics::RankBy by, const ReportOptions& options) {
  Annotation annotation(profile, by, options);
  for (const AnnotatedFile& file : files) annotation.Add(file);
  return annotation.Take();
}

}  // namespace memshim::analyzer::render
