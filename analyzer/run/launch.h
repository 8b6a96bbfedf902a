// memshim run where nothing is left to be done when the program has ended: memshim becomes it.
#ifndef MEMSHIM_ANALYZER_RUN_LAUNCH_H_
#define MEMSHIM_ANALYZER_RUN_LAUNCH_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "analyzer/run/run.h"

namespace memshim::analyzer::run {

// Says what keeps memshim from recording the program and executes it with memshim loaded: it is the
// same process, so that its status, its signals and its terminal are its own. Returns only where
// that fails: the exit status for memshim.
int Launch(const RunOptions& options, const std::function<void(absl::string_view)>& print_line);

// Executes a program in this process's place, found as a shell would find it. Returns errno, where
// that failed. Requires: this process has one thread.
int Become(std::vector<std::string> words, std::vector<std::string> environment);

// Says why a command could not be started, `error` being errno. Returns the exit status for
// memshim.
int SayWhyNotStarted(const std::string& command, int error,
                     const std::function<void(absl::string_view)>& print_line);

}  // namespace memshim::analyzer::run

#endif  // MEMSHIM_ANALYZER_RUN_LAUNCH_H_
