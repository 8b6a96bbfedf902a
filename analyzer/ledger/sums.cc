// See sums.h. How the figures at t-gmax come about: shim/record/peak.h.
#include "analyzer/ledger/sums.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace memshim::analyzer::ledger {
namespace {

// Sums of one point's cells. 128 bits: what a hostile file says must not overflow.
struct WideSums {
  __int128 live_bytes = 0, live_blocks = 0;
  __int128 gmax_bytes = 0, gmax_blocks = 0;
  __int128 total_bytes = 0, total_blocks = 0;
  __int128 lifetime_ticks = 0;
  __int128 temporary_bytes = 0, temporary_blocks = 0;
  __int128 max_bytes = 0, max_blocks = 0;
  uint32_t cells = 0;
};

uint64_t Clamp(__int128 value) {
  if (value < 0) return 0;
  if (value > static_cast<__int128>(UINT64_MAX)) return UINT64_MAX;
  return static_cast<uint64_t>(value);
}

void AddCell(const format::Cell& cell, bool is_at_peak, uint32_t epoch, WideSums* sums) {
  sums->total_bytes += cell.total_bytes;
  sums->total_blocks += cell.total_blocks;
  sums->live_bytes += cell.live_bytes;
  sums->live_blocks += cell.live_blocks;
  sums->lifetime_ticks += cell.lifetime_ticks;
  sums->temporary_bytes += cell.temporary_bytes;
  sums->temporary_blocks += cell.temporary_blocks;
  const bool is_noted = !is_at_peak && cell.epoch == epoch;
  sums->gmax_bytes += is_noted ? cell.epoch_bytes : cell.live_bytes;
  sums->gmax_blocks += is_noted ? cell.epoch_blocks : cell.live_blocks;
  sums->max_bytes = cell.max_bytes;  // of use only when it is the point's one cell
  sums->max_blocks = cell.max_blocks;
  ++sums->cells;
}

PointSums Finish(const WideSums& wide, uint64_t end_ticks) {
  PointSums sums;
  sums.total_bytes = Clamp(wide.total_bytes);
  sums.total_blocks = Clamp(wide.total_blocks);
  sums.live_bytes = std::min(Clamp(wide.live_bytes), sums.total_bytes);
  sums.live_blocks = std::min(Clamp(wide.live_blocks), sums.total_blocks);
  sums.gmax_bytes = std::min(Clamp(wide.gmax_bytes), sums.total_bytes);
  sums.gmax_blocks = std::min(Clamp(wide.gmax_blocks), sums.total_blocks);
  sums.temporary_bytes = std::min(Clamp(wide.temporary_bytes), sums.total_bytes);
  sums.temporary_blocks = std::min(Clamp(wide.temporary_blocks), sums.total_blocks);
  sums.lifetime_ticks =
      Clamp(wide.lifetime_ticks + static_cast<__int128>(sums.live_blocks) * end_ticks);
  // Cells of several threads reach their maxima at different moments; what is known then is that
  // the point once held what it held at t-gmax and at t-end.
  const bool is_exact = wide.cells == 1;
  sums.max_is_lower_bound = !is_exact;
  if (is_exact) {
    sums.max_bytes = std::min(Clamp(wide.max_bytes), sums.total_bytes);
    sums.max_blocks = std::min(Clamp(wide.max_blocks), sums.total_blocks);
  }
  const auto raise = [&](uint64_t bytes, uint64_t blocks) {
    if (bytes <= sums.max_bytes) return;
    sums.max_bytes = bytes;
    sums.max_blocks = blocks;
  };
  raise(sums.gmax_bytes, sums.gmax_blocks);
  raise(sums.live_bytes, sums.live_blocks);
  return sums;
}

}  // namespace

absl::Status SumCells(const LedgerFile& file, const format::Header& header,
                      const std::vector<format::Cell>& cells, Contents* contents) {
  std::vector<WideSums> wide(contents->points.size());
  const uint32_t epoch = header.epoch.load();
  const bool is_at_peak = header.is_at_peak.load() != 0;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].point_plus_one == 0) continue;
    const uint32_t point = cells[i].point_plus_one - 1;
    if (point >= wide.size()) {
      return file.Damaged(absl::StrCat("cell ", i, " names point ", point, " of ", wide.size()));
    }
    AddCell(cells[i], is_at_peak, epoch, &wide[point]);
  }
  // A kill may fall between an allocation's cell and its peak: then the last moment is the peak.
  __int128 live = 0, gmax = 0;
  for (const WideSums& sums : wide) {
    live += sums.live_bytes;
    gmax += sums.gmax_bytes;
  }
  if (live > gmax) {
    contents->peak_ticks = contents->end_ticks;
    for (WideSums& sums : wide) {
      sums.gmax_bytes = sums.live_bytes;
      sums.gmax_blocks = sums.live_blocks;
    }
  }
  contents->sums.reserve(wide.size());
  for (const WideSums& sums : wide) contents->sums.push_back(Finish(sums, contents->end_ticks));
  return absl::OkStatus();
}

}  // namespace memshim::analyzer::ledger
