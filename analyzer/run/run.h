// memshim run: one program and all that it starts, from the start to the table at the end.
#ifndef MEMSHIM_ANALYZER_RUN_RUN_H_
#define MEMSHIM_ANALYZER_RUN_RUN_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace memshim::analyzer::run {

// Exit statuses of memshim run that are its own; else the program's, 128 + N after signal N.
inline constexpr int kRunFailed = 125;
inline constexpr int kCannotExecute = 126;
inline constexpr int kNotFound = 127;

struct RunOptions {
  std::vector<std::string> command;  // at least one word
  // As MEMSHIM_OPTIONS, whose keys they are; they count before what the environment has.
  std::vector<std::pair<std::string, std::string>> options;
  bool is_quiet = false;  // neither progress nor table
  // The recording of all processes ends then, which go on.
  absl::Duration duration = absl::InfiniteDuration();
  bool is_merged = false;  // the output becomes the sum of all processes' profiles
};

// Starts the program, waits for its end and finishes what its processes have left. `print_line`
// shows a line to the user. Returns the exit status for memshim.
int Run(const RunOptions& options, const std::function<void(absl::string_view)>& print_line);

}  // namespace memshim::analyzer::run

#endif  // MEMSHIM_ANALYZER_RUN_RUN_H_
