// See report_progress.h.
#include "analyzer/cli/report_progress.h"

#include <unistd.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "analyzer/render/format.h"

namespace memshim::analyzer::cli {
namespace {

// Beginning of the line, and clear it.
constexpr char kClear[] = "\r\033[K";

void Put(const std::string& text) {
  // Nobody would do anything about a failure.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

Progress::Progress(absl::string_view what) : what_(render::CleanText(what)) {
  if (isatty(STDERR_FILENO) == 1) thread_ = std::thread([this] { Show(); });
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_over_ = true;
  }
  is_over_changed_.notify_one();
  thread_.join();
}

void Progress::Show() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (int seconds = 1;; ++seconds) {
    if (is_over_changed_.wait_for(lock, std::chrono::seconds(1), [this] { return is_over_; })) {
      if (seconds > 1) Put(kClear);
      return;
    }
    Put(absl::StrCat(
        kClear, render::FitEnd(absl::StrCat("memshim-report: ", what_, ", ", seconds, " s"), 79)));
  }
}

}  // namespace memshim::analyzer::cli
