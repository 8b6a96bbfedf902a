// ledger_figures FILE: prints what a ledger holds, for comparing what readers of two processors
// find in one file.
#include <cinttypes>
#include <cstdio>

#include "analyzer/ledger/reader.h"

int main(int argc, char** argv) {
  using memshim::analyzer::ledger::ReadLedger;
  if (argc != 2) return 2;
  const auto contents = ReadLedger(argv[1]);
  if (!contents.ok()) {
    std::puts(std::string(contents.status().message()).c_str());
    return 3;
  }
  std::printf("end %u status %d pid %d ticks %" PRIu64 " of %.6f us\n",
              static_cast<unsigned>(contents->end), contents->exit_status, contents->pid,
              contents->end_ticks, contents->microseconds_per_tick);
  for (const auto& module : contents->modules) {
    std::printf("module %s %s %" PRIx64 "\n", module.path.c_str(), module.build_id.c_str(),
                module.bias);
  }
  for (size_t i = 0; i < contents->frames.size(); ++i) {
    std::printf("frame %zu %" PRIx64 " of %u\n", i, contents->frames[i].pc,
                contents->frames[i].module);
  }
  for (size_t i = 0; i < contents->points.size(); ++i) {
    const auto& sums = contents->sums[i];
    std::printf("point %zu stack %u total %" PRIu64 " %" PRIu64 " peak %" PRIu64 " max %" PRIu64
                " end %" PRIu64 " lives %" PRIu64 " slack %" PRIu64 "\n",
                i, contents->points[i].stack, sums.total_bytes, sums.total_blocks, sums.gmax_bytes,
                sums.max_bytes, sums.live_bytes, sums.lifetime_ticks, sums.slack_bytes);
  }
  return 0;
}
