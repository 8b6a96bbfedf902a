// Text as the formats pack it that are kept compressed.
#ifndef MEMSHIM_ANALYZER_CONVERT_GZIP_H_
#define MEMSHIM_ANALYZER_CONVERT_GZIP_H_

#include <string>

#include "absl/strings/string_view.h"

namespace memshim::analyzer::convert {

std::string Gzip(absl::string_view plain);

}  // namespace memshim::analyzer::convert

#endif  // MEMSHIM_ANALYZER_CONVERT_GZIP_H_
