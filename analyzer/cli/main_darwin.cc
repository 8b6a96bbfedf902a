// memshim for macOS: the run command. What reads ledgers is built for Linux (docs/platforms.md).
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analyzer/cli/output_text.h"
#include "analyzer/cli/run_arguments.h"
#include "analyzer/run/launch.h"

namespace memshim::analyzer::cli {
namespace {

constexpr char kHelp[] = R"(Usage: memshim run [OPTION]... [--] COMMAND [ARGUMENT]...
       memshim --version
Runs COMMAND with memshim loaded into it and every process that it starts, after
a line on what keeps macOS from that, if anything does. What they leave becomes
profiles on Linux: memshim-report PATH (docs/macos.md).

  --output=PATH     the profile (dhat-heap.json); others lie in PATH.d/
  --only=NAMES      record only programs of these names, with commas between
  --follow=off      record COMMAND alone
  --quiet           no line at the end; what keeps COMMAND from being recorded is told
  --help

Other keys of MEMSHIM_OPTIONS: docs/options.md. Exit status: COMMAND's, 125
memshim failed, 126 COMMAND cannot be run, 127 not found.
)";

int RunRun(const std::vector<std::string>& args) {
  const absl::StatusOr<RunArguments> arguments = ParseRunArguments(args);
  if (!arguments.ok()) {
    PrintNote(arguments.status().message());
    return run::kRunFailed;
  }
  return arguments->is_help ? PrintOutput(kHelp) : run::Launch(arguments->options, PrintNote);
}

int Main(std::vector<std::string> args) {
  const std::string name = args.empty() ? "" : args.front();
  if (name == "run") return RunRun({args.begin() + 1, args.end()});
  if (name == "--help") return PrintOutput(kHelp);
  if (name == "--version") return PrintOutput("memshim " MEMSHIM_VERSION "\n");
  PrintNote(absl::StrCat("expected the command run, found ", name.empty() ? "none" : name,
                         "; profiles are read on Linux; see memshim --help"));
  return kWrongUsage;
}

}  // namespace
}  // namespace memshim::analyzer::cli

int main(int argc, char** argv) {
  return memshim::analyzer::cli::Main({argv + (argc > 0 ? 1 : 0), argv + argc});
}
