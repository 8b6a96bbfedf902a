// Turns "simdjson did not like it" into a line that says what is wrong and where.
// Called by the reader after a failure only, so it may look at the whole text once more, with
// RapidJSON, whose errors carry a place.
#ifndef MEMSHIM_ANALYZER_DHAT_SYNTAX_ERROR_H_
#define MEMSHIM_ANALYZER_DHAT_SYNTAX_ERROR_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace memshim::analyzer::dhat {

// What to do about a file that is broken; the end of most messages.
inline constexpr absl::string_view kRecordAgain = "the file is damaged, record the profile again";

// "line 3 (byte 120)"; lines and bytes count from 1.
std::string PlaceText(absl::string_view text, size_t offset);

// `bytes` made fit for a message: at most 40 of them, printable, in quotes.
std::string Excerpt(absl::string_view bytes);

// OK if `text` is well-formed JSON in UTF-8, an object or an array; else the line to print.
absl::Status CheckSyntax(const std::string& path, absl::string_view text);

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_SYNTAX_ERROR_H_
