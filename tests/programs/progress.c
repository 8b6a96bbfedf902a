// Allocates for ever in a known pattern and tells in a shared file how far it is, so that a test
// that kills it at any moment knows the truth within one event a thread.
//
//   usage: progress FILE THREADS
// FILE holds one 64-byte slot a thread: {u64 begun, u64 finished}. Event n of a thread (0, 1, 2...)
// is malloc(16 + n % 1000), and every second block is freed at once after its event was counted:
// blocks with odd n are freed, blocks with even n stay. begun is stored before the malloc and
// finished after it, so `finished <= recorded mallocs <= begun`, and begun - finished <= 1.
// Nothing but these blocks is allocated once begun of any thread is above zero. Live memory is
// bounded: after kLimit events a thread begins to free everything it makes.
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { kLimit = 400000, kMaxThreads = 8 };

struct Slot {
  _Atomic uint64_t begun;
  _Atomic uint64_t finished;
  uint64_t padding[6];
};

static struct Slot* slots;
static atomic_int ready;
static int threads;

__attribute__((noinline)) static void* Event(uint64_t n) { return malloc(16 + n % 1000); }

static void* Work(void* argument) {
  struct Slot* slot = argument;
  // All threads wait for one another: no thread is still being made when the first event counts.
  atomic_fetch_add(&ready, 1);
  while (atomic_load(&ready) < threads) usleep(100);
  for (uint64_t n = 0;; ++n) {
    atomic_store(&slot->begun, n + 1);
    void* block = Event(n);
    atomic_store(&slot->finished, n + 1);
    if (n % 2 == 1 || n >= kLimit) free(block);
  }
  return NULL;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  threads = atoi(argv[2]);
  if (threads < 1 || threads > kMaxThreads) return 2;
  int fd = open(argv[1], O_RDWR | O_CREAT, 0600);
  if (fd < 0 || ftruncate(fd, kMaxThreads * sizeof(struct Slot)) != 0) return 1;
  slots = mmap(NULL, kMaxThreads * sizeof(struct Slot), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (slots == MAP_FAILED) return 1;
  close(fd);
  for (int i = 1; i < threads; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, Work, &slots[i]) != 0) return 1;
  }
  Work(&slots[0]);
}
