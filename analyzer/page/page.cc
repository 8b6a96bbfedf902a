// See page.h. Nothing of a profile becomes HTML: its bytes stand as base64 in an element that the
// browser does not run, and the page sets texts, never markup.
#include "analyzer/page/page.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "analyzer/convert/gzip.h"
#include "analyzer/page/embedded_page.h"
#include "analyzer/page/page_data.h"

namespace memshim::analyzer::page {
namespace {

constexpr absl::string_view kMarker = "<!--memshim:profiles-->";

absl::string_view Template() { return {kEmbeddedPage, kEmbeddedPageBytes}; }

}  // namespace

bool HasPage() { return Template().find(kMarker) != absl::string_view::npos; }

void WritePage(absl::Span<const PageProfile> profiles, dhat::ByteSink* sink) {
  const absl::string_view page = Template();
  const size_t at = page.find(kMarker);
  sink->Write(page.substr(0, at));
  for (const PageProfile& profile : profiles) {
    sink->Write("<script type=\"application/octet-stream\" class=\"memshim-profile\">");
    sink->Write(absl::Base64Escape(convert::Gzip(PageData(profile))));
    sink->Write("</script>\n");
  }
  sink->Write(page.substr(at + kMarker.size()));
}

}  // namespace memshim::analyzer::page
