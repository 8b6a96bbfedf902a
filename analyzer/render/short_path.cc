// See short_path.h.
#include "analyzer/render/short_path.h"

#include <filesystem>

namespace memshim::analyzer::render {

std::string ShortPath(const std::string& path) {
  std::error_code error;
  const std::filesystem::path here = std::filesystem::current_path(error);  // may be deleted
  if (error) return path;
  const std::string relative = std::filesystem::proximate(path, here, error).string();
  return error || relative.empty() || relative.size() >= path.size() ? path : relative;
}

}  // namespace memshim::analyzer::render
