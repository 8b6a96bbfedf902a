// The part of chains.cc whose functions come from a header, so that their lines are in another
// file than the code they are inlined into. Included by chains.cc only, which explains the marks;
// must not include anything.
#ifndef MEMSHIM_TESTS_PROGRAMS_SYMBOLIZE_CHAINS_H_
#define MEMSHIM_TESTS_PROGRAMS_SYMBOLIZE_CHAINS_H_

#define NOINLINE __attribute__((noinline))
#define ALWAYS_INLINE __attribute__((always_inline)) inline
#define ALWAYS_INLINE_LAMBDA __attribute__((always_inline))

int Probe(int site);
[[noreturn]] void ProbeAndExit(int site);

template <typename A, typename B>
struct Pair {
  A a;
  B b;
};

template <typename T>
struct Box {
  int value;
  ALWAYS_INLINE int Twice(int site) {
    return 2 * value + Probe(site);  // @twice
  }
};

#endif  // MEMSHIM_TESTS_PROGRAMS_SYMBOLIZE_CHAINS_H_
