// What the programs of this folder share. Each has its truth in its head comment;
// tests/e2e/hazards.py has it as figures. A figure that depends on the moment is told by the
// program itself.
#ifndef MEMSHIM_TESTS_PROGRAMS_HAZARDS_H_
#define MEMSHIM_TESTS_PROGRAMS_HAZARDS_H_

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OWN_FRAME __attribute__((noinline, noipa))

// `count` blocks of `bytes` bytes, each freed at once.
static inline void make_and_free(int count, size_t bytes) {
  for (int i = 0; i < count; ++i) {
    void* volatile block = malloc(bytes);
    free(block);
  }
}

// `count` blocks of `bytes` bytes that nobody frees.
static inline void make_and_keep(int count, size_t bytes) {
  for (int i = 0; i < count; ++i) {
    void* volatile block = malloc(bytes);
    (void)block;
  }
}

// Adds a line to the file "truth" in the current folder: `blocks` were made below `function`.
static inline void tell_truth(const char* function, unsigned long blocks) {
  const int file = open("truth", O_WRONLY | O_CREAT | O_APPEND, 0600);
  dprintf(file, "%s %lu\n", function, blocks);
  close(file);
}

#endif  // MEMSHIM_TESTS_PROGRAMS_HAZARDS_H_
