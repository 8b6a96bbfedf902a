// Texts by the characters that a terminal makes of them: what it may get, and how wide it is.
#ifndef MEMSHIM_ANALYZER_RENDER_CHARACTERS_H_
#define MEMSHIM_ANALYZER_RENDER_CHARACTERS_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace memshim::analyzer::render {

struct Character {
  size_t bytes;
  bool is_plain;   // no control character, no mark that turns writing round, and UTF-8
  size_t columns;  // 0: it is drawn over the one before; 2: of a wide script
};

// Requires: `text` is not empty. What is no UTF-8 has one byte. (The shim has the same for its own
// lines.)
Character FirstCharacter(absl::string_view text);

// Columns taken on a terminal.
size_t DisplayWidth(absl::string_view text);

// The first bytes of `text` that take at most `columns`.
absl::string_view FirstColumns(absl::string_view text, size_t columns);
// The last ones.
absl::string_view LastColumns(absl::string_view text, size_t columns);

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_CHARACTERS_H_
