// See progress.h.
#include "analyzer/run/progress.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "analyzer/render/format.h"

namespace memshim::analyzer::run {
namespace {

constexpr absl::Duration kBetween = absl::Seconds(1);
constexpr absl::string_view kClearLine = "\r\033[K";

std::string Bytes(uint64_t bytes) { return render::FormatBytes(static_cast<double>(bytes)); }

// A terminal that is ours to write on: of the foreground, and not one that the program draws on
// (editors, shells' line editing), which shows in its reading key by key.
bool IsTerminalFree() {
  struct termios settings;
  return tcgetattr(STDERR_FILENO, &settings) == 0 && (settings.c_lflag & ICANON) != 0 &&
         tcgetpgrp(STDERR_FILENO) == getpgrp();
}

size_t Columns() {
  struct winsize size = {};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : 80u;
}

void Write(absl::string_view text) {
  const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
  static_cast<void>(written);  // it is gone in a second anyway
}

}  // namespace

std::string ProgressText(absl::Duration time, const TreeFigures& figures, uint64_t resident_before,
                         double blocks_per_second) {
  const bool is_less = figures.resident_bytes < resident_before;
  const uint64_t change =
      is_less ? resident_before - figures.resident_bytes : figures.resident_bytes - resident_before;
  return absl::StrCat(
      "memshim: ", render::FormatMicroseconds(absl::ToDoubleMicroseconds(time), true), "  live ",
      Bytes(figures.live_bytes), "  RSS ", Bytes(figures.resident_bytes), " (", is_less ? "-" : "+",
      Bytes(change), ")  ", render::FormatQuantity(blocks_per_second), " allocations/s",
      figures.processes > 1 ? absl::StrCat("  ", figures.processes, " processes") : "");
}

Progress::Progress() : start_(absl::Now()), last_(start_) {}

void Progress::Show(Watcher* watcher) {
  const absl::Time now = absl::Now();
  if (now - last_ < kBetween || !IsTerminalFree()) return;
  const TreeFigures figures = watcher->Figures();
  const double rate = static_cast<double>(figures.new_blocks) / absl::ToDoubleSeconds(now - last_);
  const std::string text = ProgressText(now - start_, figures, resident_before_, rate);
  Write(absl::StrCat(kClearLine, render::FitEnd(text, Columns() - 1), "\r"));
  is_shown_ = true;
  last_ = now;
  resident_before_ = figures.resident_bytes;
}

void Progress::Clear() {
  if (is_shown_ && IsTerminalFree()) Write(kClearLine);
  is_shown_ = false;
}

}  // namespace memshim::analyzer::run
