// Shared by the files of the torture program; torture.cc says what it is.
#ifndef MEMSHIM_TESTS_PROGRAMS_TORTURE_TORTURE_H_
#define MEMSHIM_TESTS_PROGRAMS_TORTURE_TORTURE_H_

#include <cstdint>

#define KEEP [[gnu::noinline]]
// After a call: what comes before it is no tail call.
#define NO_TAIL_CALL __asm__ volatile("" ::: "memory")

namespace torture {

// splitmix64
struct Random {
  uint64_t state;

  uint64_t Next() {
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  uint32_t Below(uint32_t end) { return static_cast<uint32_t>(Next() >> 33) % end; }
};

// One block, resized or new, of a random size by a random function of the malloc family. All blocks
// that the closing line counts are made here. torture.cc
void Allocate(Random& random);

// What a stack ends in.
using Bottom = void (*)(Random& random);

// Which frames may lie on the way to the bottom: kAny: all; it returns. kThrow: those an exception
// may pass. kJump: those a longjmp may leave.
enum class Way { kAny, kThrow, kJump };

// Calls `bottom` through `depth` frames of shapes chosen by `path`: the same path, the same stack.
// shapes.cc
void Descend(Random path, Random& random, int depth, Way way, Bottom bottom);

// The scenarios; each allocates in its own way. `path` is one of few, so that stacks come again.
void Recursion(Random path, Random& random);
void Callbacks(Random path, Random& random);
void TailCalls(Random path, Random& random);
void Exceptions(Random path, Random& random);
void Jumps(Random path, Random& random);
void Coroutines(Random path, Random& random);
void Signals(Random path, Random& random);
void Faults(Random path, Random& random);
void Threads(Random path, Random& random);
void Plugins(Random path, Random& random);  // by one thread only

// Interrupted `times` in each of some regions that call nothing of the heap; a handler allocates.
void Interruptions(int times, Random& random);
// Of each thread, before anything is raised in it. The stack is the thread's to the end.
void UseAlternateStack();
void InstallHandlers();

}  // namespace torture

// no_tables.cc: code without call frame information, with frame pointers and without.
extern "C" void WithoutTables(void (*call)(void*), void* argument, int depth);
extern "C" void LostWithoutTables(void (*call)(void*), void* argument, int depth);

#endif  // MEMSHIM_TESTS_PROGRAMS_TORTURE_TORTURE_H_
