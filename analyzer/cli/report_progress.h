// Says on a terminal what is being waited for, once it takes long.
#ifndef MEMSHIM_ANALYZER_CLI_REPORT_PROGRESS_H_
#define MEMSHIM_ANALYZER_CLI_REPORT_PROGRESS_H_

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "absl/strings/string_view.h"

namespace memshim::analyzer::cli {

// From the second second on, a line on standard error, if that is a terminal: what is done, and for
// how long. It is gone when the object is.
class Progress {
 public:
  explicit Progress(absl::string_view what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void Show();

  std::string what_;
  std::mutex mutex_;
  std::condition_variable is_over_changed_;
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace memshim::analyzer::cli

#endif  // MEMSHIM_ANALYZER_CLI_REPORT_PROGRESS_H_
