// What is read of a stack: its words, no hole, and no other stack's pages by mistake.
#include "shim/unwind/readable.h"

#include <gtest/gtest.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include <thread>

#include "shim/base/memory.h"
#include "shim/base/restricted.h"

namespace memshim::unwind {
namespace {

constexpr uint64_t kPage = base::kPageBytes;

// Pages, some of which are taken out of the middle.
class Pages {
 public:
  explicit Pages(uint64_t count)
      : at_(mmap(nullptr, count * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                 0)),
        count_(count) {}
  ~Pages() { munmap(at_, count_ * kPage); }
  void TakeOut(uint64_t page) {
    void* const at = reinterpret_cast<void*>(At(page));
    EXPECT_EQ(mmap(at, kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), at);
  }
  uint64_t At(uint64_t page, uint64_t offset = 0) const {
    return reinterpret_cast<uint64_t>(at_) + page * kPage + offset;
  }

 private:
  void* at_;
  uint64_t count_;
};

TEST(ReadableTest, AStackGrowsBothWaysWithoutBeingForgotten) {
  Pages pages(100);
  Readable readable = {};
  uint64_t value;
  readable.Begin(pages.At(50, 8));
  const uint32_t moves = readable.moves();
  // A frame of several pages, then deeper calls, then the frames from before.
  for (const uint64_t page : {50, 51, 60, 90, 48, 30, 0, 99}) {
    if (page < 50) readable.Begin(pages.At(page, kPage - 8));
    EXPECT_TRUE(readable.Read(pages.At(page, 16), &value)) << page;
  }
  EXPECT_EQ(readable.moves(), moves);
}

// Else nothing is remembered of a stack with a large buffer in it, at each event.
TEST(ReadableTest, AFrameMayHaveMegabytes) {
  Pages pages(1000);
  Readable readable = {};
  uint64_t value;
  readable.Begin(pages.At(10));
  const uint32_t moves = readable.moves();
  EXPECT_TRUE(readable.Read(pages.At(990), &value));
  readable.Begin(pages.At(10));
  EXPECT_EQ(readable.moves(), moves);
}

TEST(ReadableTest, HolesAreNotRead) {
  Pages pages(10);
  pages.TakeOut(5);
  pages.TakeOut(9);
  Readable readable = {};
  uint64_t value;
  readable.Begin(pages.At(3));
  EXPECT_TRUE(readable.Read(pages.At(4, kPage - 8), &value));
  EXPECT_FALSE(readable.Read(pages.At(5), &value));
  const uint32_t moves = readable.moves();
  EXPECT_TRUE(readable.Read(pages.At(6), &value));  // behind the hole: another stack
  EXPECT_NE(readable.moves(), moves);
  EXPECT_TRUE(readable.Read(pages.At(8, kPage - 8), &value));
  EXPECT_FALSE(readable.Read(pages.At(9), &value));
  EXPECT_TRUE(readable.Read(pages.At(3), &value));
  EXPECT_FALSE(readable.Read(pages.At(3, 4), &value));  // not a word's address
}

TEST(ReadableTest, AnotherStackIsBegunAnew) {
  Pages far(1500);
  Readable readable = {};
  uint64_t value;
  readable.Begin(far.At(0));
  uint32_t moves = readable.moves();
  readable.Begin(far.At(0, 64));
  EXPECT_EQ(readable.moves(), moves);
  readable.Begin(far.At(1300));
  EXPECT_NE(readable.moves(), moves);
  moves = readable.moves();
  EXPECT_TRUE(readable.Read(far.At(1301), &value));
  EXPECT_EQ(readable.moves(), moves);
  readable.Forget();
  EXPECT_NE(readable.moves(), moves);
  EXPECT_TRUE(readable.Read(far.At(1301), &value));
}

// While the kernel may not be asked, only what needs no asking is there.
class Restricted {
 public:
  Restricted() { base::g_restrictions.fetch_add(1); }
  ~Restricted() { base::g_restrictions.fetch_sub(1); }
};

TEST(ReadableTest, TheMainStackIsKnownFromWhereItIsInUse) {
  Restricted restricted;
  Readable readable = {};
  const uint64_t here = reinterpret_cast<uint64_t>(__builtin_frame_address(0)) & ~uint64_t{7};
  const uint64_t end = getauxval(AT_EXECFN) & ~uint64_t{7};
  int pages = 0;
  for (uint64_t address = here; address < end; address += kPage, ++pages) {
    EXPECT_TRUE(readable.AreThere(address, 1)) << pages;
  }
  EXPECT_GE(pages, 1);
  EXPECT_TRUE(readable.AreThere(end, 1));
  EXPECT_FALSE(readable.AreThere(here - 64 * kPage, 1));  // where it will grow to
  EXPECT_FALSE(readable.AreThere(end + 2 * kPage, 1));
  EXPECT_FALSE(readable.AreThere(Pages(1).At(0), 1));
  std::thread([here, end] {
    Readable elsewhere = {};
    EXPECT_FALSE(elsewhere.AreThere(here, 1));
    EXPECT_FALSE(elsewhere.AreThere(end, 1));
    const uint64_t own = reinterpret_cast<uint64_t>(__builtin_frame_address(0)) & ~uint64_t{7};
    EXPECT_FALSE(elsewhere.AreThere(own, 1));
  }).join();
}

}  // namespace
}  // namespace memshim::unwind
