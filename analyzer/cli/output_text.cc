// See output_text.h. Plain write(2): the report is one string, and errors must not get lost in a
// buffer that is flushed after the exit status was chosen.
#include "analyzer/cli/output_text.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "analyzer/render/format.h"

namespace memshim::analyzer::cli {
namespace {

// Returns errno, 0 for success.
int WriteAll(int fd, absl::string_view text) {
  signal(SIGPIPE, SIG_IGN);  // write() reports it
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return ENOSPC;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

}  // namespace

int PrintOutput(absl::string_view text) {
  const int error = WriteAll(STDOUT_FILENO, text);
  if (error == 0) return kDone;
  if (error != EPIPE) {
    PrintNote(absl::StrCat("standard output cannot be written: ", strerror(error)));
  }
  return kOutputFailed;
}

void PrintError(absl::string_view message) {
  WriteAll(STDERR_FILENO, absl::StrCat("memshim-report: ", render::CleanText(message), "\n"));
}

void PrintNote(absl::string_view message) {
  WriteAll(STDERR_FILENO, absl::StrCat("memshim: ", render::CleanText(message), "\n"));
}

void EndProcess(int status) { _exit(status); }

}  // namespace memshim::analyzer::cli
