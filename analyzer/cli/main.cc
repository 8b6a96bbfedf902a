// One executable for all commands: called memshim-report it reports, called memshim its first
// argument names the command, and with --finish the shim calls it at the end of a process.
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "analyzer/cli/check_command.h"
#include "analyzer/cli/convert_command.h"
#include "analyzer/cli/diff_command.h"
#include "analyzer/cli/finish_command.h"
#include "analyzer/cli/merge_command.h"
#include "analyzer/cli/output_text.h"
#include "analyzer/cli/report_command.h"
#include "analyzer/cli/run_command.h"
#include "analyzer/metrics/frame_kind.h"

namespace memshim::analyzer::cli {
namespace {

struct Command {
  absl::string_view name;
  absl::string_view summary;
  int (*run)(const std::vector<std::string>& args);
};

constexpr Command kCommands[] = {
    {"report", "show where a program allocated memory", RunReport},
    {"check", "hold a profile against budgets, for CI", RunCheck},
    {"convert", "write a profile in a format of other tools", RunConvert},
    {"diff", "say what changed between two profiles", RunDiff},
    {"merge", "add several profiles up", RunMerge},
    {"run", "record a program and the processes it starts", RunRun},
};

int PrintCommands() {
  std::string text = "Usage: memshim COMMAND [OPTION]...\n\nCommands:\n";
  for (const Command& command : kCommands) {
    absl::StrAppendFormat(&text, "  %-9s%s\n", command.name, command.summary);
  }
  return PrintOutput(absl::StrCat(text, "\nmemshim COMMAND --help tells more.\n"));
}

int RunCommand(std::vector<std::string> args) {
  if (args.empty()) {
    PrintNote("expected a command, e.g. memshim report FILE; see memshim --help");
    return kWrongUsage;
  }
  const std::string name = args.front();
  args.erase(args.begin());
  for (const Command& command : kCommands) {
    if (name == command.name) return command.run(args);
  }
  if (name == "--help") return PrintCommands();
  if (name == "--version") return PrintOutput("memshim " MEMSHIM_VERSION "\n");
  PrintNote(absl::StrCat("unknown command '", name, "'; see memshim --help"));
  return kWrongUsage;
}

int RunFinishArguments(const std::vector<std::string>& args) {
  const bool is_announced = args.size() > 1 && args[1] == "--announce";
  if (args.size() != (is_announced ? 3u : 2u)) {
    PrintError("expected --finish [--announce] LEDGER");
    return kWrongUsage;
  }
  return RunFinish(args.back(), is_announced);
}

// A file opened as number 1 or 2 would get the report or the errors written into it. /dev/null is
// opened for reading so that writing to a standard output that was closed stays an error; a program
// that we start finds it closed.
void OccupyStandardDescriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (fcntl(fd, F_GETFD) == -1 && errno == EBADF) open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
}

int Main(int argc, char** argv) {
  OccupyStandardDescriptors();
  const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (!args.empty() && args[0] == "--finish") return RunFinishArguments(args);
  const bool is_memshim = argc > 0 && metrics::BaseName(argv[0]) == "memshim";
  return is_memshim ? RunCommand(args) : RunReport(args);
}

}  // namespace
}  // namespace memshim::analyzer::cli

int main(int argc, char** argv) { return memshim::analyzer::cli::Main(argc, argv); }
