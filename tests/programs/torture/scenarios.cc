// What leaves and enters frames: recursion, callbacks, tail calls, exceptions, longjmp.
#include <setjmp.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>

#include "torture.h"

namespace torture {
namespace {

// The callbacks of qsort and bsearch get no argument of ours.
thread_local Random* callback_random;

int Compare(const void* a, const void* b) {
  Allocate(*callback_random);
  const int left = *static_cast<const int*>(a), right = *static_cast<const int*>(b);
  return (left > right) - (left < right);
}

KEEP void TailThree(Random& random) { return Allocate(random); }
KEEP void TailTwo(Random& random) {
  Allocate(random);
  return TailThree(random);
}
KEEP void TailOne(Random& random) { return TailTwo(random); }

struct Thrown {
  uint64_t padding[4];
};

[[noreturn]] KEEP void Throw(Random& random) {
  Allocate(random);
  throw Thrown{};
}
// The call is the last instruction: its return address belongs to the next function.
[[noreturn]] KEEP void EndsInACall(Random& random) { Throw(random); }
void ThrowAtTheEnd(Random& random) { EndsInACall(random); }

// An exception thrown and caught while another one is under way.
struct ThrowingGuard {
  Random& random;
  ~ThrowingGuard() {
    try {
      Throw(random);
    } catch (const Thrown&) {
      Allocate(random);
    }
  }
};
void ThrowThroughAGuard(Random& random) {
  const ThrowingGuard guard{random};
  Throw(random);
}
void ThrowAnew(Random& random) {
  try {
    Throw(random);
  } catch (const Thrown&) {
    Allocate(random);
    throw 1;
  }
}

thread_local jmp_buf jump;

[[noreturn]] KEEP void Jump(Random& random) {
  Allocate(random);
  longjmp(jump, 1);
}
void JumpFromBottom(Random& random) { Jump(random); }

}  // namespace

void Recursion(Random path, Random& random) {
  // A step is two frames or more. Now and then 2,000 frames: deeper than any recorded stack.
  const int depth = path.Below(16) == 0 ? 850 : static_cast<int>(path.Below(140));
  const Way way = path.Below(2) == 0 ? Way::kAny : Way::kJump;
  Descend(path, random, depth, way, Allocate);
  Descend(path, random, depth % 12, Way::kAny, Allocate);
}

void Callbacks(Random path, Random& random) {
  callback_random = &random;
  std::array<int, 12> numbers;
  for (int& number : numbers) number = static_cast<int>(path.Below(100));
  qsort(numbers.data(), numbers.size(), sizeof(int), Compare);
  const int wanted = 50;
  if (bsearch(&wanted, numbers.data(), numbers.size(), sizeof(int), Compare)) Allocate(random);
  std::stable_sort(numbers.begin(), numbers.end(),
                   [](int a, int b) { return Compare(&a, &b) < 0; });
  std::function<void(int)> recursive = [&](int depth) {
    Allocate(random);
    if (depth > 0) recursive(depth - 1);
    NO_TAIL_CALL;
  };
  recursive(static_cast<int>(path.Below(10)));
}

void TailCalls(Random path, Random& random) {
  const int depth = static_cast<int>(path.Below(5));
  Descend(path, random, depth, Way::kJump, TailOne);
  // A callee without call frame information, and with none of its frames linked.
  LostWithoutTables([](void* argument) { Allocate(*static_cast<Random*>(argument)); }, &random,
                    depth % 4);
}

void Exceptions(Random path, Random& random) {
  const Bottom bottoms[] = {ThrowAtTheEnd, ThrowThroughAGuard, ThrowAnew};
  const Bottom bottom = bottoms[path.Below(3)];
  const int depth = static_cast<int>(path.Below(40));
  try {
    Descend(path, random, depth, Way::kThrow, bottom);
  } catch (const Thrown&) {
    Allocate(random);
  } catch (int) {
    Allocate(random);
  }
}

void Jumps(Random path, Random& random) {
  const volatile int depth = static_cast<int>(path.Below(60));
  if (setjmp(jump) == 0) Descend(path, random, depth, Way::kJump, JumpFromBottom);
  Allocate(random);
}

}  // namespace torture
