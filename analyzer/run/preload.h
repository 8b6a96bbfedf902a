// The environment in which a program is recorded.
#ifndef MEMSHIM_ANALYZER_RUN_PRELOAD_H_
#define MEMSHIM_ANALYZER_RUN_PRELOAD_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace memshim::analyzer::run {

// libmemshim.so, or what it is called here: beside this executable, where it is installed, or in
// the build tree.
absl::StatusOr<std::string> FindLibrary();

// This process's environment.
std::vector<std::string> PlainEnvironment();

// The same, in which no library of memshim's is preloaded any more.
std::vector<std::string> UnrecordedEnvironment();

// It with `libraries` first in LD_PRELOAD (kPreloadVariable), before what is there already, and
// `options` as MEMSHIM_OPTIONS.
std::vector<std::string> RecordingEnvironment(const std::vector<std::string>& libraries,
                                              const std::string& options);

}  // namespace memshim::analyzer::run

#endif  // MEMSHIM_ANALYZER_RUN_PRELOAD_H_
