// See gzip.h.
#include "analyzer/convert/gzip.h"

#include <libdeflate.h>

#include <memory>

namespace memshim::analyzer::convert {

std::string Gzip(absl::string_view plain) {
  // Higher levels take twice as long for a tenth less.
  constexpr int kCompressionLevel = 5;
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

}  // namespace memshim::analyzer::convert
