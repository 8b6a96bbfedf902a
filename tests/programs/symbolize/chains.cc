// Calls with known chains of functions, for tests/unit/symbolize_test.cc, which compiles this file
// in many ways, runs it, and compares what the symbolizer says of each printed address.
//
// A line "SITE n: f@a < g@b" says: the call of Probe(n) is in f at the line marked "@a", f is
// inlined into g, which calls it at the line marked "@b". The last is the function that was really
// called. f is found anywhere in the demangled name; "*" instead of a mark is any line of any file.
//
// SITE 1: main@main1
// SITE 2: outer::inner::Leaf@leaf < outer::Middle@middle < main@main2
// SITE 3: Box<int>::Twice@twice < main@main3
// SITE 4: operator()@lambda < for_each@* < EachOf@each
// SITE 5: operator()@nested_inner < operator()@nested_outer < NestedLambdas@nested_call
// SITE 6: (anonymous namespace)::Hidden@hidden < Reveal@reveal
// SITE 7: Local::Method@local < WithLocalClass@with_local
// SITE 8: Derived::Derived@derived
// SITE 9: Cloned@cloned
// SITE 10: operator new@new
// SITE 11: Ending@ending
// SITE 12: Box<Pair<int, char>>::Twice@twice < main@main12
// SITE 13: chains_c_linkage@c_linkage
// SITE 14: Recursive@recursive
// SITE 15: Static@static < outer::Middle2@middle2 < main@main15
// SITE 16: Base::Virtual@virtual
#include "chains.h"

#include <link.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <vector>

volatile int sink;

static uintptr_t LoadBias() {
  static uintptr_t bias;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void*) {
        bias = info->dlpi_addr;
        return 1;  // the program itself comes first
      },
      nullptr);
  return bias;
}

#ifdef __clang__
__attribute__((noinline))
#else
__attribute__((noipa))
#endif
int Probe(int site) {
  auto address = reinterpret_cast<uintptr_t>(__builtin_return_address(0)) - 1 - LoadBias();
  std::printf("%d %lx\n", site, static_cast<unsigned long>(address));
  // Were the result known, a call could become a jump, which leaves no return address.
  asm volatile("" : "+r"(site));
  return site;
}

namespace outer {
namespace inner {
ALWAYS_INLINE int Leaf(int x) {
  return x + Probe(2);  // @leaf
}
}  // namespace inner
ALWAYS_INLINE int Middle(int x) {
  return 2 * inner::Leaf(x);  // @middle
}
ALWAYS_INLINE static int Static(int x) {
  return x - Probe(15);  // @static
}
ALWAYS_INLINE int Middle2(int x) {
  return 3 * Static(x);  // @middle2
}
}  // namespace outer

namespace {
ALWAYS_INLINE int Hidden(int x) {
  return x ^ Probe(6);  // @hidden
}
}  // namespace

NOINLINE int Reveal(int x) {
  return Hidden(x) + 1;  // @reveal
}

NOINLINE int EachOf(const std::vector<int>& numbers) {
  int sum = 0;
  std::for_each(numbers.begin(), numbers.end(), [&](int n) ALWAYS_INLINE_LAMBDA {  // @each
    sum += n + Probe(4);                                                           // @lambda
  });
  return sum;
}

NOINLINE int NestedLambdas(int x) {
  auto nested_outer = [x](int y) ALWAYS_INLINE_LAMBDA {
    auto nested_inner = [y](int z) ALWAYS_INLINE_LAMBDA {
      return y * z + Probe(5);  // @nested_inner
    };
    return nested_inner(x) + 1;  // @nested_outer
  };
  return nested_outer(x) + 1;  // @nested_call
}

NOINLINE int WithLocalClass(int x) {
  struct Local {
    int value;
    ALWAYS_INLINE int Method() {
      return value + Probe(7);  // @local
    }
  };
  Local local{x};
  return local.Method() + 1;  // @with_local
}

struct Base {
  int value = 1;
  NOINLINE virtual int Virtual(int x) {
    return x + Probe(16);  // @virtual
  }
  virtual ~Base() = default;
};
struct Derived : virtual Base {
  NOINLINE explicit Derived(int x) {
    value = x + Probe(8);  // @derived
  }
};

static NOINLINE int Cloned(int x, int y) {
  return x * y + Probe(9);  // @cloned
}

struct Counted {
  int value = 0;
  NOINLINE static void* operator new(size_t size) {
    sink = Probe(10);  // @new
    return std::malloc(size);
  }
  NOINLINE static void operator delete(void* p) { std::free(p); }
};

extern "C" NOINLINE int chains_c_linkage(int x) {
  return x + Probe(13);  // @c_linkage
}

static NOINLINE int Recursive(int depth) {
  if (depth == 0) return Probe(14) + 1;  // @recursive
  return Recursive(depth - 1) + 1;
}

// The return address of the call lies behind the end of this function.
[[noreturn]] NOINLINE void Ending() {
  ProbeAndExit(11);  // @ending
}

int main(int argc, char**) {
  sink = Probe(1);                              // @main1
  sink = outer::Middle(argc);                   // @main2
  sink = Box<int>{argc}.Twice(3);               // @main3
  sink = Box<Pair<int, char>>{argc}.Twice(12);  // @main12
  sink = EachOf(std::vector<int>{argc});
  sink = NestedLambdas(argc);
  sink = Reveal(argc);
  sink = WithLocalClass(argc);
  Derived derived(argc);
  Base* base = &derived;
  sink = base->Virtual(argc);
  sink = Cloned(argc, 7);
  delete new Counted;
  sink = chains_c_linkage(argc);
  sink = Recursive(2);
  sink = outer::Middle2(argc);  // @main15
  Ending();
}

[[noreturn]] NOINLINE void ProbeAndExit(int site) {
  auto address = reinterpret_cast<uintptr_t>(__builtin_return_address(0)) - 1 - LoadBias();
  std::printf("%d %lx\n", site, static_cast<unsigned long>(address));
  std::exit(0);
}
