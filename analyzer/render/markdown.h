// Text from files in Markdown: nothing in it is markup.
#ifndef MEMSHIM_ANALYZER_RENDER_MARKDOWN_H_
#define MEMSHIM_ANALYZER_RENDER_MARKDOWN_H_

#include <string>

#include "absl/strings/string_view.h"

namespace memshim::analyzer::render {

// A name or a path, as code: "`std::vector<...>::f (x.cc:12)`".
std::string MarkdownCode(absl::string_view text);

// The same in a table, where a bar ends a cell, even inside code, unless it is escaped. Elsewhere
// the escape would be shown.
std::string MarkdownCellCode(absl::string_view text);

// Words, with what Markdown and HTML would obey taken out of its meaning.
std::string MarkdownText(absl::string_view text);

}  // namespace memshim::analyzer::render

#endif  // MEMSHIM_ANALYZER_RENDER_MARKDOWN_H_
