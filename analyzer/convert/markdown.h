// Tables in GitHub's Markdown, for an issue, a pull request or the summary of a CI job.
#ifndef MEMSHIM_ANALYZER_CONVERT_MARKDOWN_H_
#define MEMSHIM_ANALYZER_CONVERT_MARKDOWN_H_

#include <cstddef>

#include "analyzer/dhat/sink_stream.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::convert {

// At most `top` call sites a table and one row for all others, so that columns add up to the total.
void WriteMarkdown(const model::Profile& profile, size_t top, dhat::ByteSink* sink);

}  // namespace memshim::analyzer::convert

#endif  // MEMSHIM_ANALYZER_CONVERT_MARKDOWN_H_
