// See finish_command.h.
#include "analyzer/cli/finish_command.h"

#include <cstdint>
#include <filesystem>
#include <system_error>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "analyzer/cli/output_text.h"
#include "analyzer/finish/file_size_limit.h"
#include "analyzer/finish/finish.h"
#include "analyzer/model/counters.h"
#include "analyzer/render/format.h"
#include "analyzer/render/short_path.h"

namespace memshim::analyzer::cli {
namespace {

std::string Line(const char* what, uint64_t bytes, uint64_t blocks) {
  return absl::StrCat(what, render::FormatExact(bytes), " bytes in ", render::FormatExact(blocks),
                      " blocks");
}

void Announce(const model::Profile& profile, const std::string& path) {
  model::Counters totals;
  for (const model::Point& point : profile.points) model::AddCounters(point.counters, &totals);
  for (const std::string& note : profile.notes) PrintNote(note);
  if (totals.total_blocks == 0) return;
  PrintNote(Line("Total: ", totals.total_bytes, totals.total_blocks));
  PrintNote(Line("At t-gmax: ", totals.gmax_bytes, totals.gmax_blocks));
  PrintNote(Line("At t-end: ", totals.end_bytes, totals.end_blocks));
  PrintNote(absl::StrCat("wrote ", path, "; next: memshim-report ", render::ShortPath(path)));
}

}  // namespace

int RunFinish(const std::string& ledger_path, bool is_announced) {
  finish::LiftFileSizeLimit();
  const absl::StatusOr<finish::Finished> finished = finish::FinishLedger(ledger_path);
  if (!finished.ok()) {
    PrintNote(absl::StrCat("the profile could not be written: ", finished.status().message()));
    std::error_code ignored;
    if (ledger_path != "-" && std::filesystem::exists(ledger_path, ignored)) {
      PrintNote(absl::StrCat("its data is safe in ", ledger_path));
    }
    return kUnreadableInput;
  }
  if (is_announced) Announce(finished->profile, finished->path);
  EndProcess(kDone);
}

}  // namespace memshim::analyzer::cli
