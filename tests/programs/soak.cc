// Everything at once, chosen by a seed: four threads that allocate in many ways, hand blocks to
// each other, throw, load and unload plugins, fork, start threads, end them, take signals, and
// switch stacks, while a timer interrupts them. tests/soak/soak.py runs it bare and under memshim.
//
//   soak SEED STEPS PLUGIN_A PLUGIN_B
//
// Truth: prints for each of its functions how many blocks of how many bytes were made below it, in
// this process; whatever the threads' order, the same seed prints the same. Nothing is live at the
// end.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#define OWN_FRAME [[gnu::noinline, gnu::noipa]] static

namespace {

constexpr int kThreads = 4;
constexpr int kSlots = 64;
constexpr size_t kStackBytes = 32 << 10;

// One for each function below which blocks are counted.
enum Kind { kBlocks, kResizes, kExchange, kHandler, kCoroutine, kDeep, kThread, kLoads, kKinds };
constexpr const char* kNames[] = {"Blocks",    "Resizes", "Exchange",    "Handler",
                                  "Coroutine", "Deep",    "ShortThread", "plugin_run"};
std::atomic<uint64_t> g_blocks[kKinds], g_bytes[kKinds];
std::atomic<uint64_t> g_result;
std::atomic<void*> g_slots[kSlots];
const char* g_plugins[2];
pthread_mutex_t g_loading = PTHREAD_MUTEX_INITIALIZER;  // so that the plugins' order is the seed's

void Count(Kind kind, uint64_t blocks, uint64_t bytes) {
  g_blocks[kind] += blocks;
  g_bytes[kind] += bytes;
}

struct Chance {
  uint64_t state;
  uint32_t Next(uint32_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state >> 33) % below;
  }
};

void* volatile g_sink;

OWN_FRAME void Blocks(Chance* chance) {
  void* blocks[16];
  for (void*& block : blocks) {
    const size_t bytes = chance->Next(3) == 0 ? 1 + chance->Next(40000) : 1 + chance->Next(200);
    switch (chance->Next(4)) {
      case 0:
        block = calloc(1, bytes);
        break;
      case 1:
        block = aligned_alloc(64, (bytes + 63) / 64 * 64);
        break;
      default:
        block = malloc(bytes);
        break;
    }
    memset(block, 0x5a, bytes < 64 ? bytes : 64);
  }
  for (void* block : blocks) free(block);
  g_sink = blocks[0];
}

// What Blocks will ask for, by the same chance.
void CountBlocks(Chance chance) {
  for (int i = 0; i < 16; ++i) {
    const size_t bytes = chance.Next(3) == 0 ? 1 + chance.Next(40000) : 1 + chance.Next(200);
    Count(kBlocks, 1, chance.Next(4) == 1 ? (bytes + 63) / 64 * 64 : bytes);
  }
}

OWN_FRAME void Resizes(Chance* chance) {
  const size_t first = 1 + chance->Next(3000);
  char* block = static_cast<char*>(malloc(first));
  Count(kResizes, 1, first);
  for (int i = 0; i < 8; ++i) {
    const size_t bytes = 1 + chance->Next(60000);
    block = static_cast<char*>(realloc(block, bytes));
    Count(kResizes, 1, bytes);
    block[bytes - 1] = 1;
  }
  free(block);
}

OWN_FRAME void Exchange(Chance* chance) {
  for (int i = 0; i < 8; ++i) {
    const size_t bytes = 1 + chance->Next(500);
    free(g_slots[chance->Next(kSlots)].exchange(malloc(bytes)));
    Count(kExchange, 1, bytes);
  }
}

OWN_FRAME void Throw(int depth) {
  void* volatile block = nullptr;
  if (depth == 0) throw depth;
  Throw(depth - 1);
  g_sink = block;
}

OWN_FRAME void Exceptions(Chance* chance) {
  for (int i = 0; i < 4; ++i) {
    try {
      Throw(static_cast<int>(chance->Next(20)));
    } catch (int) {
      ++g_result;
    }
  }
}

OWN_FRAME void Loads(Chance* chance) {
  pthread_mutex_lock(&g_loading);
  const int which = static_cast<int>(chance->Next(2));
  void* plugin = dlopen(g_plugins[which], RTLD_NOW | RTLD_LOCAL);
  void* (*run)() = reinterpret_cast<void* (*)()>(dlsym(plugin, "plugin_run"));
  for (int i = 0; i < 5; ++i) free(run());
  Count(kLoads, 5, which == 0 ? 5 * 321 : 5 * 123);
  dlclose(plugin);
  pthread_mutex_unlock(&g_loading);
}

// The compiler leaves out a pair that it sees through.
void MakeAndFree(size_t bytes) {
  void* volatile block = malloc(bytes);
  free(block);
}

// Raised by its own thread outside of malloc, so that it may allocate.
OWN_FRAME void Handler(int) { MakeAndFree(77); }

void Signals(Chance* chance) {
  for (uint32_t i = chance->Next(4); i > 0; --i) {
    raise(SIGUSR1);
    Count(kHandler, 1, 77);
  }
}

std::atomic<uint64_t> g_alarms;
void OnAlarm(int) { ++g_alarms; }  // may interrupt malloc and memshim anywhere

thread_local ucontext_t t_main, t_coroutine;

OWN_FRAME void Coroutine() {
  for (int i = 0; i < 4; ++i) {
    void* volatile block = malloc(150);
    swapcontext(&t_coroutine, &t_main);
    free(block);
  }
}

void Coroutines(Chance*) {
  static thread_local char* stack = nullptr;
  if (stack == nullptr) stack = static_cast<char*>(malloc(kStackBytes));
  getcontext(&t_coroutine);
  t_coroutine.uc_stack.ss_sp = stack;
  t_coroutine.uc_stack.ss_size = kStackBytes;
  t_coroutine.uc_link = &t_main;
  makecontext(&t_coroutine, Coroutine, 0);
  for (int i = 0; i < 5; ++i) swapcontext(&t_main, &t_coroutine);
  Count(kCoroutine, 4, 4 * 150);
  free(stack);
  stack = nullptr;
}

OWN_FRAME void Deep(int depth) {
  void* volatile block = malloc(33);
  if (depth > 0) Deep(depth - 1);
  free(block);
}

OWN_FRAME void* ShortThread(void* argument) {
  const size_t bytes = reinterpret_cast<size_t>(argument);
  for (int i = 0; i < 10; ++i) MakeAndFree(bytes);
  if (bytes % 2 == 0) pthread_exit(nullptr);
  return nullptr;
}

void Threads(Chance* chance) {
  const size_t bytes = 1 + chance->Next(300);
  pthread_t thread;
  pthread_create(&thread, nullptr, ShortThread, reinterpret_cast<void*>(bytes));
  pthread_join(thread, nullptr);
  Count(kThread, 10, 10 * bytes);
}

// A child's blocks are its own.
OWN_FRAME void Child(uint32_t how) {
  for (int i = 0; i < (how == 0 ? 1500 : 20); ++i) g_sink = malloc(60);
  if (how == 1) abort();
  if (how == 2) kill(getpid(), SIGKILL);
  _exit(how == 3 ? 7 : 0);
}

void Forks(Chance* chance) {
  const uint32_t how = chance->Next(5);
  const pid_t child = fork();
  if (child == 0) Child(how);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
  }
  g_result += static_cast<uint64_t>(status) * 3;
}

OWN_FRAME void* Work(void* argument) {
  Chance chance = {reinterpret_cast<uintptr_t>(argument)};
  const int steps = static_cast<int>(chance.state >> 32);
  for (int step = 0; step < steps; ++step) {
    switch (chance.Next(64)) {
      case 0:
      case 1:
      case 2:
        Loads(&chance);
        break;
      case 3:
        if (chance.Next(4) == 0) Forks(&chance);
        break;
      case 4:
      case 5:
        Threads(&chance);
        break;
      case 6:
      case 7:
      case 8:
        Coroutines(&chance);
        break;
      case 9:
      case 10: {
        const uint32_t depth = chance.Next(400);
        Deep(static_cast<int>(depth));
        Count(kDeep, depth + 1, 33 * (uint64_t{depth} + 1));
        break;
      }
      case 11:
      case 12:
      case 13:
        Exceptions(&chance);
        break;
      case 14:
      case 15:
      case 16:
        Signals(&chance);
        break;
      case 17:
      case 18:
      case 19:
      case 20:
      case 21:
      case 22:
        Resizes(&chance);
        break;
      case 23:
      case 24:
      case 25:
      case 26:
      case 27:
      case 28:
      case 29:
        Exchange(&chance);
        break;
      default:
        CountBlocks(chance);
        Blocks(&chance);
        break;
    }
  }
  g_result += chance.state >> 40;
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const uint64_t seed = strtoull(argv[1], nullptr, 0), steps = strtoull(argv[2], nullptr, 0);
  g_plugins[0] = argv[3];
  g_plugins[1] = argv[4];
  struct sigaction action = {};
  action.sa_flags = SA_RESTART;
  action.sa_handler = Handler;
  sigaction(SIGUSR1, &action, nullptr);
  action.sa_handler = OnAlarm;
  sigaction(SIGALRM, &action, nullptr);
  const itimerval often = {{0, 500}, {0, 500}}, never = {};
  setitimer(ITIMER_REAL, &often, nullptr);
  pthread_t threads[kThreads];
  // The first pthread_exit opens libgcc_s, which takes a block.
  pthread_create(
      &threads[0], nullptr, [](void*) -> void* { pthread_exit(nullptr); }, nullptr);
  pthread_join(threads[0], nullptr);
  for (uint64_t i = 0; i < kThreads; ++i) {
    const uint64_t start = steps << 32 | ((seed * kThreads + i) * 2654435761u & 0xffffffff);
    pthread_create(&threads[i], nullptr, Work, reinterpret_cast<void*>(start));
  }
  for (pthread_t thread : threads) pthread_join(thread, nullptr);
  setitimer(ITIMER_REAL, &never, nullptr);
  for (std::atomic<void*>& slot : g_slots) free(slot.exchange(nullptr));
  for (int kind = 0; kind < kKinds; ++kind) {
    printf("%s %llu %llu\n", kNames[kind], static_cast<unsigned long long>(g_blocks[kind]),
           static_cast<unsigned long long>(g_bytes[kind]));
  }
  printf("result %llu\n", static_cast<unsigned long long>(g_result));
  return 3;
}
