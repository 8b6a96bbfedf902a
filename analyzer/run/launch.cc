// See launch.h.
#include "analyzer/run/launch.h"

#include <errno.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "analyzer/run/look.h"
#include "analyzer/run/option_text.h"
#include "analyzer/run/preload.h"
#include "analyzer/run/program.h"

extern char** environ;  // POSIX: programs declare it themselves

namespace memshim::analyzer::run {
namespace {

std::vector<char*> Pointers(std::vector<std::string>* texts) {
  std::vector<char*> pointers;
  for (std::string& text : *texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string OptionsFor(const RunOptions& options) {
  const char* inherited = getenv("MEMSHIM_OPTIONS");
  std::string result = inherited == nullptr ? "" : inherited;
  for (const auto& [key, value] : options.options) AddOption(key, value, &result);
  if (options.is_quiet) AddOption("quiet", "1", &result);
  return result;
}

// Returns only where that failed.
void Become(std::vector<std::string> words, std::vector<std::string> environment) {
  std::vector<char*> variables = Pointers(&environment);
  environ = variables.data();
  const std::vector<char*> argv = Pointers(&words);
  execvp(argv[0], argv.data());
}

}  // namespace

int SayWhyNotStarted(const std::string& command, int error,
                     const std::function<void(absl::string_view)>& print_line) {
  print_line(absl::StrCat("cannot run ", command, ": ", strerror(error)));
  return error == ENOENT                      ? kNotFound
         : error == EAGAIN || error == ENOMEM ? kRunFailed
                                              : kCannotExecute;
}

int Launch(const RunOptions& options, const std::function<void(absl::string_view)>& print_line) {
  if (options.duration != absl::InfiniteDuration() || options.is_merged) {
    print_line(
        "--duration and --merge need somebody who watches the program, which is not to be "
        "had on this system: run it without; memshim merge adds profiles up on Linux");
    return kRunFailed;
  }
  const Program program = FindProgram(options.command[0]);
  const Look look = LookAt(program);
  std::vector<std::string> environment = PlainEnvironment();
  if (!look.may_be_harmed) {
    const absl::StatusOr<std::string> library = FindLibrary();
    if (!library.ok()) {
      print_line(library.status().message());
      return kRunFailed;
    }
    environment = RecordingEnvironment({*library}, OptionsFor(options));
  }
  if (!look.line.empty()) print_line(look.line);
  Become(options.command, environment);
  return SayWhyNotStarted(options.command[0], errno, print_line);
}

}  // namespace memshim::analyzer::run
