// The HTML page: one file with everything in it, that opens from disk in a browser. The page itself
// is web/, built by npm and embedded; here the profiles are put into it.
// Called by memshim-report --html with one profile, and to compare two: the earlier one first.
#ifndef MEMSHIM_ANALYZER_PAGE_PAGE_H_
#define MEMSHIM_ANALYZER_PAGE_PAGE_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "analyzer/dhat/sink_stream.h"
#include "analyzer/model/profile.h"

namespace memshim::analyzer::page {

struct PageProfile {
  std::string name;  // as the user calls it, usually its file
  const model::Profile* profile = nullptr;
  std::vector<std::string> verdict = {};  // lines; the page shows them first
};

// False where memshim was built without npm (-Dpage=disabled).
bool HasPage();

// Requires: HasPage(), one or two profiles.
void WritePage(absl::Span<const PageProfile> profiles, dhat::ByteSink* sink);

}  // namespace memshim::analyzer::page

#endif  // MEMSHIM_ANALYZER_PAGE_PAGE_H_
