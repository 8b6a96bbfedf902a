// Frames of every shape a compiler makes, stacked at random.
#include <alloca.h>

#include <functional>

#include "machine.h"
#include "torture.h"

namespace torture {
namespace {

struct Step {
  Random path;
  Random& random;
  int depth;
  Way way;
  Bottom bottom;
};

void Next(const Step& step);

KEEP void PlainFrame(const Step& step) {
  Next(step);
  NO_TAIL_CALL;
}

KEEP void TailFrame(const Step& step) { return Next(step); }

KEEP void BigFrame(const Step& step) {
  volatile char area[3000];
  area[step.depth % 3000] = 1;
  Next(step);
  area[0] = area[step.depth % 3000];
}

KEEP void AllocaFrame(const Step& step) {
  Random path = step.path;
  const uint32_t size = path.Below(400) + 1;
  volatile char* area = static_cast<volatile char*>(alloca(size));
  area[size - 1] = 1;
  Next(step);
  area[0] = area[size - 1];
}

KEEP void VlaFrame(const Step& step) {
  Random path = step.path;
  const uint32_t size = path.Below(400) + 1;
  volatile int area[size];
  area[size - 1] = 1;
  Next(step);
  area[0] = area[size - 1];
}

// Realigned: the CFA is kept in a register of its own.
KEEP void AlignedFrame(const Step& step) {
  alignas(64) volatile char aligned[64];
  aligned[step.depth % 64] = 1;
  Next(step);
  aligned[0] = aligned[step.depth % 64];
}

// Realigned and of variable size: the CFA is found through memory.
KEEP void AlignedAllocaFrame(const Step& step) {
  Random path = step.path;
  alignas(128) volatile char aligned[128];
  const uint32_t size = path.Below(300) + 1;
  volatile char* area = static_cast<volatile char*>(alloca(size));
  aligned[step.depth % 128] = 1;
  area[size - 1] = 1;
  Next(step);
  area[0] = aligned[step.depth % 128];
}

using Vector [[gnu::vector_size(32)]] = float;

WITH_WIDE_VECTORS KEEP void VectorFrame(const Step& step) {
  Random path = step.path;
  volatile Vector vector = Vector{} + static_cast<float>(step.depth);
  const uint32_t size = path.Below(100) + 1;
  volatile char* area = static_cast<volatile char*>(alloca(size));
  area[size - 1] = 1;
  Next(step);
  area[0] = area[size - 1];
  const Vector sum = vector + vector;
  vector = sum;
}

// More values live over the call than there are registers to save them in.
KEEP void RegistersFrame(const Step& step) {
  Random path = step.path;
  uint64_t a = path.Next(), b = path.Next(), c = path.Next(), d = path.Next();
  uint64_t e = path.Next(), f = path.Next(), g = path.Next(), h = path.Next();
  __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d));
  __asm__ volatile("" : "+r"(e), "+r"(f), "+r"(g), "+r"(h));
  Next(step);
  __asm__ volatile("" ::"r"(a ^ e), "r"(b ^ f), "r"(c ^ g), "r"(d ^ h));
}

// Pushes arguments, so that the CFA moves within the function.
KEEP void ManyArguments(const Step& step, int b, int c, int d, int e, int f, uint64_t g, uint64_t h,
                        uint64_t i, uint64_t j, uint64_t k) {
  Next(step);
  volatile uint64_t sum = g + h + i + j + k + static_cast<uint64_t>(b + c + d + e + f);
  sum = sum + 1;
}
KEEP void ArgumentsFrame(const Step& step) {
  const uint64_t path = step.path.state;
  ManyArguments(step, 1, 2, 3, 4, 5, path, path + 1, path + 2, path + 3, path + 4);
  NO_TAIL_CALL;
}

// Grown and shrunk in its middle: the rule differs from one call to the next.
KEEP void ShrinkWrappedFrame(const Step& step) {
  if (step.depth % 3 == 0) return Next(step);
  Random path = step.path;
  volatile uint64_t area[40];
  area[path.Below(40)] = path.Next();
  Next(step);
  area[0] = area[path.Below(40)];
}

KEEP void FunctionFrame(const Step& step) {
  const std::function<void()> function = [&step] { Next(step); };
  function();
  NO_TAIL_CALL;
}

struct Guard {
  Random& random;
  ~Guard() { Allocate(random); }
};

KEEP void GuardFrame(const Step& step) {
  const Guard first{step.random};
  Next(step);
  const Guard second{step.random};
}

KEEP void TryFrame(const Step& step) {
  try {
    Next(step);
  } catch (...) {
    Allocate(step.random);
    throw;
  }
}

void CallNext(void* step) { Next(*static_cast<const Step*>(step)); }

KEEP void NoTablesFrame(const Step& step) {
  Step copy = step;
  WithoutTables(CallNext, &copy, step.depth % 3);
  NO_TAIL_CALL;
}

using Shape = void (*)(const Step& step);
// In this order: fit for a longjmp, also for an exception, also for neither.
const Shape kShapes[] = {PlainFrame,     TailFrame,      BigFrame,           AllocaFrame,
                         VlaFrame,       AlignedFrame,   VectorFrame,        AlignedAllocaFrame,
                         RegistersFrame, ArgumentsFrame, ShrinkWrappedFrame, FunctionFrame,
                         GuardFrame,     TryFrame,       NoTablesFrame};
constexpr uint32_t kForAny = sizeof(kShapes) / sizeof(kShapes[0]);
constexpr uint32_t kForThrow = kForAny - 1, kForJump = kForAny - 4;

KEEP void Next(const Step& step) {
  if (step.depth == 0) return step.bottom(step.random);
  Step next = step;
  --next.depth;
  const uint32_t shapes = step.way == Way::kAny     ? kForAny
                          : step.way == Way::kThrow ? kForThrow
                                                    : kForJump;
  const uint32_t shape = next.path.Below(shapes);
  kShapes[shape](next);
  NO_TAIL_CALL;
}

}  // namespace

void Descend(Random path, Random& random, int depth, Way way, Bottom bottom) {
  Next({path, random, depth, way, bottom});
  NO_TAIL_CALL;
}

}  // namespace torture
