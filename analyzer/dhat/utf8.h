// UTF-8 validity: where a text breaks it, and a copy of a text that does not.
// The reader names the place of the first wrong byte; the writer repairs every string, because
// names of files, symbols and arguments are bytes of any kind and JSON must be UTF-8.
#ifndef MEMSHIM_ANALYZER_DHAT_UTF8_H_
#define MEMSHIM_ANALYZER_DHAT_UTF8_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace memshim::analyzer::dhat {

// The offset of the first byte that is no part of a well-formed sequence; npos if there is none.
size_t FindInvalidUtf8(absl::string_view text);

// `text` with every wrong byte replaced by U+FFFD.
std::string MakeValidUtf8(absl::string_view text);

}  // namespace memshim::analyzer::dhat

#endif  // MEMSHIM_ANALYZER_DHAT_UTF8_H_
