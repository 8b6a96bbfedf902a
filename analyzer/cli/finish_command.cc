// See finish_command.h.
#include "analyzer/cli/finish_command.h"

#include <signal.h>
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "analyzer/cli/output_text.h"
#include "analyzer/finish/finish.h"
#include "analyzer/model/counters.h"
#include "analyzer/render/format.h"

namespace memshim::analyzer::cli {
namespace {

constexpr int kUnreadable = 3;

std::string Line(const char* what, uint64_t bytes, uint64_t blocks) {
  return absl::StrCat("memshim: ", what, render::FormatExact(bytes), " bytes in ",
                      render::FormatExact(blocks), " blocks\n");
}

// Relative where that is shorter to type.
std::string ShortPath(const std::string& path) {
  std::error_code error;
  const std::string relative = std::filesystem::proximate(path, error).string();
  return error || relative.empty() || relative.size() >= path.size() ? path : relative;
}

std::string Announcement(const finish::Finished& finished) {
  const model::Profile& profile = finished.profile;
  model::Counters totals;
  for (const model::Point& point : profile.points) model::AddCounters(point.counters, &totals);
  std::string notes;
  for (const std::string& note : profile.notes) absl::StrAppend(&notes, "memshim: ", note, "\n");
  if (totals.total_blocks == 0) return notes;
  return absl::StrCat(notes, Line("Total: ", totals.total_bytes, totals.total_blocks),
                      Line("At t-gmax: ", totals.gmax_bytes, totals.gmax_blocks),
                      Line("At t-end: ", totals.end_bytes, totals.end_blocks), "memshim: wrote ",
                      finished.path, "; next: memshim-report ", ShortPath(finished.path), "\n");
}

// The program's limit on its files is not one on its profile, as far as we may lift it; beyond
// that a write shall fail, not kill.
void LiftFileSizeLimit() {
  struct rlimit limit;
  signal(SIGXFSZ, SIG_IGN);
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_FSIZE, &limit);
}

}  // namespace

int RunFinish(const std::string& ledger_path, bool is_announced) {
  LiftFileSizeLimit();
  const absl::StatusOr<finish::Finished> finished = finish::FinishLedger(ledger_path);
  if (!finished.ok()) {
    const std::string message(finished.status().message());
    fprintf(stderr, "memshim: the profile could not be written: %s\n", message.c_str());
    if (ledger_path != "-") {
      fprintf(stderr, "memshim: its data is safe in %s\n", ledger_path.c_str());
    }
    return kUnreadable;
  }
  if (is_announced) fputs(Announcement(*finished).c_str(), stderr);
  EndProcess(0);
}

}  // namespace memshim::analyzer::cli
