// See merge_command.h.
#include "analyzer/cli/merge_command.h"

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "analyzer/cli/output_text.h"
#include "analyzer/finish/finish.h"
#include "analyzer/merge/merge_files.h"

namespace memshim::analyzer::cli {
namespace {

constexpr char kMergeHelp[] =
    R"(Usage: memshim merge OUT FILE...
Writes one profile, OUT, that is the sum of the FILEs: of processes of one run,
or of several runs. FILE is a dhat-heap.json of memshim, or any file of valgrind
--tool=dhat or dhat-rs; all must be of one kind.

Points whose stacks have equal names, lines and modules are added up. The peak
is the sum of each FILE's own peak: at most so much was live at once.

Exit status: 0 done, 2 wrong usage, 3 a FILE cannot be read, 4 OUT cannot be
written.
)";

}  // namespace

int RunMerge(const std::vector<std::string>& args) {
  for (const std::string& arg : args) {
    if (arg == "--help") return PrintOutput(kMergeHelp);
    if (!absl::StartsWith(arg, "-")) continue;
    PrintNote(absl::StrCat("unknown option '", arg, "'; see memshim merge --help"));
    return kWrongUsage;
  }
  if (args.size() < 2) {
    PrintNote("expected OUT and at least one FILE; see memshim merge --help");
    return kWrongUsage;
  }
  if (!merge::MayReplace(args[0])) {
    PrintNote(absl::StrCat(args[0],
                           ": expected OUT to be a new file or an earlier merge's, found "
                           "another; give OUT before the files to merge"));
    return kWrongUsage;
  }
  const absl::StatusOr<model::Profile> sum = merge::SumFiles({args.begin() + 1, args.end()});
  if (!sum.ok()) {
    PrintNote(sum.status().message());
    return kUnreadableInput;
  }
  const absl::Status status = finish::WriteFitting(*sum, /*is_unfolded=*/false, args[0]);
  if (!status.ok()) {
    PrintNote(status.message());
    return kOutputFailed;
  }
  return kDone;
}

}  // namespace memshim::analyzer::cli
