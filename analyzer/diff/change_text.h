// Amounts and their changes as people read them; used by the text and the Markdown.
#ifndef MEMSHIM_ANALYZER_DIFF_CHANGE_TEXT_H_
#define MEMSHIM_ANALYZER_DIFF_CHANGE_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "analyzer/diff/compare.h"

namespace memshim::analyzer::diff {

// "Live at the peak, in bytes".
std::string FigureTitle(const Comparison& comparison);

// "Grew".
absl::string_view ChangeTitle(Change change);

// In the order in which they are shown.
inline constexpr Change kChanges[] = {Change::kGrew, Change::kAppeared, Change::kShrank,
                                      Change::kGone};

class ChangeText {
 public:
  ChangeText(const Comparison& comparison, bool unicode);

  std::string Amount(FigureKind kind, uint64_t amount) const;
  // "+1.20 MB", "-12", "0".
  std::string Signed(FigureKind kind, uint64_t before, uint64_t after) const;
  // The figure that sites are compared by.
  FigureKind site_kind() const { return site_kind_; }
  // "12 call sites changed by less than 1.20 MB each: +34.5 KB, -1.20 KB; 56 did not change."
  std::string SmallChangesLine() const;

 private:
  const Comparison& comparison_;
  bool unicode_;
  FigureKind site_kind_;
};

// The change in percent of `whole`: "+12.3%"; "-" where `whole` is 0.
std::string SignedShare(uint64_t before, uint64_t after, uint64_t whole);

}  // namespace memshim::analyzer::diff

#endif  // MEMSHIM_ANALYZER_DIFF_CHANGE_TEXT_H_
