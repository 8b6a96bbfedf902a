// Which of a point's cells an event is counted in.
#include "shim/record/shard.h"

#include <gtest/gtest.h>

#include "tests/unit/recording.h"

namespace memshim::record {
namespace {

using testing::Recording;

// Cells are written without a lock: each shard counts in its own, whoever allocated the block.
TEST(ShardTest, CountsInItsOwnCells) {
  Recording recording(2);
  Shard &first = recording.shard(0), &second = recording.shard(1);
  const PointId points[] = {recording.Point(1), recording.Point(2)};
  first.TakeFor(1, false);
  second.TakeFor(2, false);
  const auto freed = [&points](Shard& shard, int i) {
    return shard.CellFor(points[i])->freed_blocks;
  };
  uint64_t address = 0x10000;
  const auto allocate_and_free = [&](Shard& freeing, int i) {
    t_thread = 1;
    recording.Allocate(first, points[i], address, 8);
    recording.recorder().OnFree(freeing, address);
    address += 32;
  };
  allocate_and_free(first, 0);
  EXPECT_EQ(freed(first, 0), 1u);
  for (const int i : {0, 1, 0, 1}) allocate_and_free(second, i);
  EXPECT_EQ(freed(first, 0), 1u);
  EXPECT_EQ(freed(first, 1), 0u);
  EXPECT_EQ(freed(second, 0), 2u);
  EXPECT_EQ(freed(second, 1), 2u);
  // A thread that comes back for a late event may find another shard than its own.
  second.TakeFor(1, true);
  allocate_and_free(second, 0);
  EXPECT_EQ(freed(first, 0), 1u);
  EXPECT_EQ(freed(second, 0), 3u);
  // Its own is another thread's meanwhile, with its blocks.
  first.TakeFor(3, false);
  allocate_and_free(first, 0);
  EXPECT_EQ(freed(first, 0), 2u);
}

}  // namespace
}  // namespace memshim::record
