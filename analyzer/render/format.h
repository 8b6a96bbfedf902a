// Numbers and names as people read them. Pure functions, used by the text report only: the JSON
// report gives exact numbers.
// Units are decimal (1 KB = 1,000 bytes), as in DHAT's viewer and in network and disk figures.
#ifndef MEMSHIM_ANALYZER_RENDER_FORMAT_H_
#define MEMSHIM_ANALYZER_RENDER_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "analyzer/render/characters.h"

namespace memshim::analyzer::render {

// "0 B", "999 B", "12.3 KB", "1.20 MB": three digits.
std::string FormatBytes(double bytes);

// "1,234,567".
std::string FormatExact(uint64_t number);

// Exact up to 9,999,999, then "12.3 M", "1.20 G".
std::string FormatCount(uint64_t number);

// Any quantity without a unit: "0", "12.3", "4,321", "12.3 M".
std::string FormatQuantity(double number);

// "<1 µs", "12 µs", "1.20 ms", "3.40 s", "12.0 min", "5.20 h".
std::string FormatMicroseconds(double microseconds, bool unicode);

// A time in `unit`; µs as above, other units as "12.3 M instrs".
std::string FormatTime(double time, absl::string_view unit, bool unicode);

// "12.3%", "100%", "<0.1%", "-" if `whole` is 0.
std::string FormatShare(uint64_t part, uint64_t whole);

// The same of what may be larger than what it is compared with: "300%", ">9999%".
std::string FormatRatio(uint64_t number, uint64_t base);

// A percentage in a sentence: "31%", "0.4%", as above at the ends.
std::string FormatRoughShare(uint64_t part, uint64_t whole);

// "1 block", "2 blocks".
std::string Counted(uint64_t count, absl::string_view one, absl::string_view many);

// `text` without anything a terminal would obey: control characters, marks that turn the direction
// of writing round, and what is no UTF-8 become '?'.
std::string CleanText(absl::string_view text);

// The same for JSON, whose strings may have such characters: they become escapes. Line breaks stay.
std::string EscapeJson(absl::string_view json);

// At most `width` columns; the middle gives way to "...", as both ends of a name tell most.
std::string FitMiddle(absl::string_view text, size_t width);

// At most `width` columns; the end gives way to "...".
std::string FitEnd(absl::string_view text, size_t width);

// Lines of at most `width` columns, broken between words; a longer word gives way to "...".
std::vector<std::string> Wrap(absl::string_view text, size_t width);

std::string PadLeft(absl::string_view text, size_t width);
std::string PadRight(absl::string_view text, size_t width);

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_FORMAT_H_
