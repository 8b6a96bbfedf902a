// See sums.h. How the figures at t-gmax come about: shim/record/peak.h; the others beyond DHAT's:
// shim/record/details.h.
#include "analyzer/ledger/sums.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "analyzer/model/counters.h"

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
  // Sums of these stop at the largest number.
  PointSums details;
  std::array<__int128, format::kMoments> moment_bytes = {};
  __int128 late_freed_bytes = 0;
};

uint64_t Clamp(__int128 value) {
  if (value < 0) return 0;
  if (value > static_cast<__int128>(UINT64_MAX)) return UINT64_MAX;
  return static_cast<uint64_t>(value);
}

void AddCell(const format::Cell& cell, bool is_at_peak, uint32_t epoch, WideSums* sums) {
  sums->total_bytes += cell.total_bytes;
  sums->total_blocks += cell.total_blocks;
  sums->live_bytes += cell.live_bytes();
  sums->live_blocks += cell.live_blocks();
  sums->lifetime_ticks += cell.lifetime_ticks;
  sums->temporary_bytes += cell.temporary_bytes;
  sums->temporary_blocks += cell.temporary_blocks;
  const bool is_noted = !is_at_peak && cell.epoch == epoch;
  sums->gmax_bytes += is_noted ? cell.epoch_bytes : cell.live_bytes();
  sums->gmax_blocks += is_noted ? cell.epoch_blocks : cell.live_blocks();
  sums->max_bytes = cell.max_bytes;  // of use only when it is the point's one cell
  sums->max_blocks = cell.max_blocks;
  ++sums->cells;
}

// Adds up the details of cells; knows the end of the run, up to which they are carried on.
class DetailSums {
 public:
  DetailSums(const LedgerFile& file, const CellTables& tables, uint64_t end_ticks,
             bool is_recording)
      : file_(file),
        tables_(tables),
        is_recording_(is_recording),
        end_moment_(format::MomentAt(end_ticks)),
        end_window_(format::WindowAt(end_ticks)) {}

  absl::Status Add(const format::Cell& cell, WideSums* sums) const;

  uint32_t scale() const { return format::MomentScale(end_moment_); }
  uint32_t moments() const { return end_moment_ >> scale(); }
  uint32_t late_window() const { return end_window_ == 0 ? 0 : end_window_ - 1; }

 private:
  void AddRequests(const format::Cell& cell, PointSums* sums) const;
  absl::Status AddHistogram(const format::Cell& cell, PointSums* sums) const;
  absl::Status AddMoments(const format::Cell& cell, WideSums* sums) const;
  void AddLateFrees(const format::Cell& cell, WideSums* sums) const;

  const LedgerFile& file_;
  const CellTables& tables_;
  bool is_recording_;
  uint32_t end_moment_, end_window_;
};

void AddTo(uint32_t bucket, uint64_t count, std::vector<uint64_t>* buckets) {
  if (count == 0 || bucket > 64) return;
  if (buckets->size() <= bucket) buckets->resize(bucket + 1);
  (*buckets)[bucket] = model::SaturatingAdd((*buckets)[bucket], count);
}

// `width_plus_one`: 0: nothing has been counted. The count is below zero in a cell that was read
// while it changed, or by a kill.
void AddUsual(uint8_t width_plus_one, uint64_t count, std::vector<uint64_t>* buckets) {
  if (width_plus_one == 0 || static_cast<int64_t>(count) <= 0) return;
  AddTo(width_plus_one - 1u, count, buckets);
}

void DetailSums::AddRequests(const format::Cell& cell, PointSums* sums) const {
  const auto add = [](uint64_t figure, uint64_t* sum) {
    *sum = model::SaturatingAdd(*sum, figure);
  };
  add(cell.slack_bytes, &sums->slack_bytes);
  add(cell.remote_blocks, &sums->remote_blocks);
  add(cell.moved_resizes, &sums->moved_resizes);
  add(cell.settled_resizes, &sums->settled_resizes);
  add(cell.moved_bytes, &sums->moved_bytes);
  add(cell.threads, &sums->threads);
  if (cell.total_blocks == 0) return;
  const bool is_first = sums->largest_request == 0;
  sums->smallest_request =
      is_first ? cell.smallest_request : std::min(sums->smallest_request, cell.smallest_request);
  sums->largest_request = std::max(sums->largest_request, cell.largest_request);
}

absl::Status DetailSums::AddHistogram(const format::Cell& cell, PointSums* sums) const {
  uint64_t usual_requests = cell.total_blocks, usual_deaths = cell.deaths();
  const auto add_slots = [&](const uint64_t(&slots)[format::kSlots]) {
    for (const uint64_t slot : slots) {
      const uint32_t key = static_cast<uint32_t>(slot >> format::kSlotShift);
      const bool is_lifetime = (key & format::kLifetimeKey) != 0;
      const uint64_t count = slot & format::kSlotCount;
      (is_lifetime ? usual_deaths : usual_requests) -= count;
      AddTo(key & ~format::kLifetimeKey, count, is_lifetime ? &sums->lifetimes : &sums->requests);
    }
  };
  add_slots(cell.slots);
  // All keys fit fewer entries.
  constexpr uint32_t kMostLinks = 32;
  uint32_t last = 0, links = 0;
  for (uint32_t next = cell.histogram; next != 0; ++links) {
    // The chain of a running process may have grown since the table was read.
    if (is_recording_ && next > tables_.histograms.size()) break;
    if (next <= last || next > tables_.histograms.size() || links == kMostLinks) {
      return file_.Damaged(absl::StrCat("a cell of point ", cell.point_plus_one - 1,
                                        " names histogram ", next - 1, " of ",
                                        tables_.histograms.size()));
    }
    const format::Histogram& entry = tables_.histograms[next - 1];
    add_slots(entry.slots);
    last = next;
    next = entry.next;
  }
  AddUsual(cell.usual_size, usual_requests, &sums->requests);
  AddUsual(cell.usual_lifetime, usual_deaths, &sums->lifetimes);
  return absl::OkStatus();
}

absl::Status DetailSums::AddMoments(const format::Cell& cell, WideSums* sums) const {
  if (cell.history > tables_.histories.size() && !is_recording_) {
    return file_.Damaged(absl::StrCat("a cell of point ", cell.point_plus_one - 1,
                                      " names history ", cell.history - 1, " of ",
                                      tables_.histories.size()));
  }
  const bool has_history = cell.history != 0 && cell.history <= tables_.histories.size();
  for (uint32_t j = 1; j <= moments(); ++j) {
    const uint64_t moment = uint64_t{j} << scale();
    if (moment > cell.era.moment) {  // the cell has not been touched since
      sums->moment_bytes[j] += cell.live_bytes();
    } else if (has_history) {
      // In the cell's own scale: that of a running process may be ahead of its end as we know it.
      const uint64_t slot = moment >> format::MomentScale(cell.era.moment);
      sums->moment_bytes[j] += tables_.histories[cell.history - 1].live_bytes[slot];
    }
  }
  return absl::OkStatus();
}

void DetailSums::AddLateFrees(const format::Cell& cell, WideSums* sums) const {
  const __int128 freed = cell.freed_bytes;
  if (cell.era.window >= end_window_) {  // above: in a cell that changed while it was read
    sums->late_freed_bytes += freed - cell.previous_freed_bytes;
  } else if (cell.era.window + 1 == end_window_) {
    sums->late_freed_bytes += freed - cell.window_freed_bytes;
  }
}

absl::Status DetailSums::Add(const format::Cell& cell, WideSums* sums) const {
  AddRequests(cell, &sums->details);
  AddLateFrees(cell, sums);
  absl::Status status = AddHistogram(cell, &sums->details);
  return status.ok() ? AddMoments(cell, sums) : status;
}

PointSums Finish(const WideSums& wide, uint64_t end_ticks, uint32_t moments) {
  PointSums sums = wide.details;
  sums.late_freed_bytes = Clamp(wide.late_freed_bytes);
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
  uint32_t told = moments;  // behind it all is as at the end
  while (told > 0 && Clamp(wide.moment_bytes[told]) == sums.live_bytes) --told;
  for (uint32_t j = 1; j <= told; ++j) sums.moment_bytes.push_back(Clamp(wide.moment_bytes[j]));
  return sums;
}

// Indices of the cells in use, those of one point together.
std::vector<uint32_t> CellsByPoint(const std::vector<format::Cell>& cells) {
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < cells.size(); ++i) {
    if (cells[i].point_plus_one != 0) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return cells[a].point_plus_one < cells[b].point_plus_one;
  });
  return order;
}

// Takes the points of failed requests out of the sums.
void SetFailedRequestsApart(Contents* contents) {
  for (size_t i = 0; i < contents->points.size(); ++i) {
    format::Point& point = contents->points[i];
    if ((point.function & format::kFailedRequests) == 0) continue;
    point.function &= ~format::kFailedRequests;
    PointSums sums;
    std::swap(sums, contents->sums[i]);
    if (sums.total_blocks == 0) continue;
    contents->failed_requests.push_back(
        {point.stack, point.function, sums.total_blocks, sums.total_bytes, sums.largest_request});
  }
}

}  // namespace

absl::Status SumCells(const LedgerFile& file, const format::Header& header,
                      const CellTables& tables, Contents* contents) {
  const std::vector<format::Cell>& cells = tables.cells;
  const size_t points = contents->points.size();
  const format::PeakFigures peak = format::Unpack(header.peak);
  const uint32_t epoch = peak.epoch;
  const bool is_at_peak = peak.is_at_peak();
  WideSums all;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].point_plus_one == 0) continue;
    if (cells[i].point_plus_one > points) {
      return file.Damaged(
          absl::StrCat("cell ", i, " names point ", cells[i].point_plus_one - 1, " of ", points));
    }
    AddCell(cells[i], is_at_peak, epoch, &all);
  }
  // A kill may fall between an allocation's cell and its peak, and threads need not have settled
  // what they allocated last: then the last moment is the peak.
  const bool is_end_the_peak = all.live_bytes > all.gmax_bytes;
  if (is_end_the_peak) contents->peak_ticks = contents->end_ticks;
  const DetailSums details(file, tables, contents->end_ticks,
                           contents->phase == format::Phase::kRecording);
  // One point after the other: the sums of one are a few hundred bytes, of all they would be many.
  const std::vector<uint32_t> order = CellsByPoint(cells);
  contents->sums.resize(points);
  for (size_t next = 0; next < order.size();) {
    const uint32_t point_plus_one = cells[order[next]].point_plus_one;
    WideSums sums;
    for (; next < order.size() && cells[order[next]].point_plus_one == point_plus_one; ++next) {
      AddCell(cells[order[next]], is_at_peak || is_end_the_peak, epoch, &sums);
      absl::Status status = details.Add(cells[order[next]], &sums);
      if (!status.ok()) return status;
    }
    PointSums& finished = contents->sums[point_plus_one - 1];
    finished = Finish(sums, contents->end_ticks, details.moments());
    // A late event of an ending thread may lie in another shard than its others.
    if (contents->threads != 0) {
      finished.threads = std::min<uint64_t>(finished.threads, contents->threads);
    }
  }
  for (uint32_t j = 1; j <= details.moments(); ++j) {
    contents->moments.push_back(format::MomentStart(j << details.scale()));
  }
  contents->late_ticks = format::WindowStart(details.late_window());
  SetFailedRequestsApart(contents);
  return absl::OkStatus();
}

}  // namespace memshim::analyzer::ledger
