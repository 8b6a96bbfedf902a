// See launch.h.
#include "analyzer/run/launch.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <cstring>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "analyzer/run/look.h"
#include "analyzer/run/option_text.h"
#include "analyzer/run/preload.h"
#include "analyzer/run/program.h"
#include "analyzer/run/shim_options.h"

extern char** environ;  // POSIX: programs declare it themselves

namespace memshim::analyzer::run {
namespace {

std::vector<char*> Pointers(std::vector<std::string>* texts) {
  std::vector<char*> pointers;
  for (std::string& text : *texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// The line at the end, on where the recording is, comes unless somebody does not want it.
std::string TextFor(const RunOptions& options, const ShimOptions& shim_options) {
  std::string text = shim_options.TextFor(getpid());
  if (options.is_quiet) {
    AddOption("quiet", "1", &text);
  } else if (!shim_options.HasOption("quiet")) {
    AddOption("quiet", "0", &text);
  }
  return text;
}

}  // namespace

int Become(std::vector<std::string> words, std::vector<std::string> environment) {
  std::vector<char*> variables = Pointers(&environment);
  const std::vector<char*> argv = Pointers(&words);
  char** const own = environ;
  environ = variables.data();
  execvp(argv[0], argv.data());
  const int error = errno;
  environ = own;
  return error;
}

int SayWhyNotStarted(const std::string& command, int error,
                     const std::function<void(absl::string_view)>& print_line) {
  print_line(absl::StrCat("cannot run ", command, ": ", strerror(error)));
  return error == ENOENT                      ? kNotFound
         : error == EAGAIN || error == ENOMEM ? kRunFailed
                                              : kCannotExecute;
}

int Launch(const RunOptions& options, const std::function<void(absl::string_view)>& print_line) {
  struct sigaction on_broken_pipe;
  sigaction(SIGPIPE, nullptr, &on_broken_pipe);  // whoever prints a line changes it
  if (options.duration != absl::InfiniteDuration() || options.is_merged) {
    print_line(
        "expected neither --duration nor --merge, found one: nobody watches the program "
        "here; leave it out, and add profiles up on Linux by memshim merge");
    return kRunFailed;
  }
  const Program program = FindProgram(options.command[0]);
  const Look look = LookAt(program);
  const ShimOptions shim_options(options, program.executable);
  const absl::StatusOr<std::string> library = FindLibrary();
  if (!shim_options.problem().empty() || !library.ok()) {
    print_line(library.ok() ? absl::string_view(shim_options.problem())
                            : library.status().message());
    return kRunFailed;
  }
  std::vector<std::string> environment;
  if (look.may_be_harmed) {
    environment = UnrecordedEnvironment();
  } else if (shim_options.is_nested()) {
    print_line("another memshim run records this; --output=PATH records apart");
    environment = PlainEnvironment();
  } else {
    environment = RecordingEnvironment({*library}, TextFor(options, shim_options));
  }
  if (!look.line.empty()) print_line(look.line);
  sigaction(SIGPIPE, &on_broken_pipe, nullptr);
  return SayWhyNotStarted(options.command[0], Become(options.command, environment), print_line);
}

}  // namespace memshim::analyzer::run
