// See preload_place.h.
#include <filesystem>

#include "analyzer/run/preload_place.h"

namespace memshim::analyzer::run {

const char* const kLibraryName = "libmemshim.so";
const char* const kPreloadVariable = "LD_PRELOAD";
const char* const kPreloadSeparators = ": ";

std::string OwnExecutable() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

}  // namespace memshim::analyzer::run
