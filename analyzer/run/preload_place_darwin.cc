// See preload_place.h.
#include <mach-o/dyld.h>

#include <filesystem>

#include "analyzer/run/preload_place.h"

namespace memshim::analyzer::run {

const char* const kLibraryName = "libmemshim.dylib";
const char* const kPreloadVariable = "DYLD_INSERT_LIBRARIES";
const char* const kPreloadSeparators = ":";

std::string OwnExecutable() {
  std::string path(4096, '\0');
  uint32_t bytes = static_cast<uint32_t>(path.size());
  if (_NSGetExecutablePath(path.data(), &bytes) != 0) return "";
  std::error_code error;
  return std::filesystem::canonical(path.c_str(), error).string();
}

}  // namespace memshim::analyzer::run
