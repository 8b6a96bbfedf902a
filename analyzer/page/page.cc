// See page.h. Nothing of a profile becomes HTML: its bytes stand as base64 in an element that the
// browser does not run, and the page sets texts, never markup.
#include "analyzer/page/page.h"

#include <libdeflate.h>

#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "analyzer/page/embedded_page.h"
#include "analyzer/page/page_data.h"

namespace memshim::analyzer::page {
namespace {

constexpr absl::string_view kMarker = "<!--memshim:profiles-->";
// Higher levels take twice as long for a tenth less.
constexpr int kCompressionLevel = 5;

std::string Compress(const std::string& plain) {
  struct Free {
    void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
  };
  const std::unique_ptr<libdeflate_compressor, Free> compressor(
      libdeflate_alloc_compressor(kCompressionLevel));
  std::string packed(libdeflate_gzip_compress_bound(compressor.get(), plain.size()), '\0');
  packed.resize(libdeflate_gzip_compress(compressor.get(), plain.data(), plain.size(),
                                         packed.data(), packed.size()));
  return packed;
}

absl::string_view Template() { return {kEmbeddedPage, kEmbeddedPageBytes}; }

}  // namespace

bool HasPage() { return Template().find(kMarker) != absl::string_view::npos; }

void WritePage(absl::Span<const PageProfile> profiles, dhat::ByteSink* sink) {
  const absl::string_view page = Template();
  const size_t at = page.find(kMarker);
  sink->Write(page.substr(0, at));
  for (const PageProfile& profile : profiles) {
    sink->Write("<script type=\"application/octet-stream\" class=\"memshim-profile\">");
    sink->Write(absl::Base64Escape(Compress(PageData(profile))));
    sink->Write("</script>\n");
  }
  sink->Write(page.substr(at + kMarker.size()));
}

}  // namespace memshim::analyzer::page
