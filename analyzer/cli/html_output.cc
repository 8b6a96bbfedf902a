// See html_output.h.
#include "analyzer/cli/html_output.h"

#include "analyzer/cli/output_text.h"
#include "analyzer/cli/sink_to.h"

namespace memshim::analyzer::cli {

int WriteHtml(absl::Span<const page::PageProfile> profiles, const std::string& path) {
  if (!page::HasPage()) {
    PrintNote("this memshim was built without its HTML page; build it where npm is installed");
    return kWrongUsage;
  }
  return WriteTo(path, [&](dhat::ByteSink* sink) { page::WritePage(profiles, sink); });
}

}  // namespace memshim::analyzer::cli
