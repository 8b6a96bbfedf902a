// Other stacks and other threads: coroutines within coroutines, threads that end in every way,
// plugins.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "torture.h"

namespace torture {
namespace {

constexpr int kCoroutines = 3;
constexpr size_t kStackSize = 256 << 10;

// Some coroutines of one thread that take turns; an inner group runs within a coroutine of the
// outer.
struct Group {
  ucontext_t scheduler;
  std::array<ucontext_t, kCoroutines> contexts;
  std::array<char*, kCoroutines> stacks;
  int running;
  Random path;
  Random* random;
  int level;
};
thread_local std::array<Group, 2> groups;
thread_local int current_level;

void RunGroup(Random path, Random& random, int level);

void YieldAtBottom(Random& random) {
  Allocate(random);
  Group& group = groups[static_cast<size_t>(current_level)];
  swapcontext(&group.contexts[static_cast<size_t>(group.running)], &group.scheduler);
  Allocate(random);
}

void Coroutine() {
  Group& group = groups[static_cast<size_t>(current_level)];
  Random path = group.path;
  path.state += static_cast<uint64_t>(group.running);
  const int depth = static_cast<int>(path.Below(15));
  Descend(path, *group.random, depth, Way::kAny, YieldAtBottom);
  if (group.level == 0 && group.running == 1) RunGroup(path, *group.random, 1);
  try {
    Allocate(*group.random);
    throw 1;
  } catch (int) {
    YieldAtBottom(*group.random);
  }
  Allocate(*group.random);
}

void RunGroup(Random path, Random& random, int level) {
  Group& group = groups[static_cast<size_t>(level)];
  group.path = path;
  group.random = &random;
  group.level = level;
  for (size_t i = 0; i < kCoroutines; ++i) {
    if (group.stacks[i] == nullptr) {
      group.stacks[i] =
          static_cast<char*>(mmap(nullptr, kStackSize, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    }
    getcontext(&group.contexts[i]);
    group.contexts[i].uc_stack.ss_sp = group.stacks[i];
    group.contexts[i].uc_stack.ss_size = kStackSize;
    group.contexts[i].uc_link = &group.scheduler;
    makecontext(&group.contexts[i], Coroutine, 0);
  }
  // Each yields twice and then ends.
  for (int turn = 0; turn < 3 * kCoroutines; ++turn) {
    current_level = level;
    group.running = turn % kCoroutines;
    swapcontext(&group.scheduler, &group.contexts[static_cast<size_t>(group.running)]);
  }
  if (level > 0) current_level = level - 1;
}

// What a thread leaves behind, however it ends, allocates once more.
struct Guard {
  Random random;
  ~Guard() { Allocate(random); }
};
thread_local Guard of_thread{{11}};

pthread_key_t MakeKey() {
  pthread_key_t key;
  pthread_key_create(&key, [](void*) {
    Random random{12};
    Allocate(random);
  });
  return key;
}
const pthread_key_t g_key = MakeKey();

void Enter(Random& random) {
  of_thread.random.state += 1;  // from here on it is destroyed at the thread's end
  pthread_setspecific(g_key, &random);
  Allocate(random);
}

void* ReturningThread(void* path) {
  Random random = *static_cast<Random*>(path);
  Enter(random);
  return nullptr;
}
void ExitAtBottom(Random& random) {
  Allocate(random);
  pthread_exit(nullptr);
}
void* ExitingThread(void* path) {
  Random random = *static_cast<Random*>(path);
  Enter(random);
  const Guard guard{random};
  Descend(random, random, 12, Way::kThrow, ExitAtBottom);
  return nullptr;
}
void WaitAtBottom(Random& random) {
  Allocate(random);
  pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, nullptr);
  while (true) pause();
}
void* CancelledThread(void* path) {
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
  Random random = *static_cast<Random*>(path);
  Enter(random);
  const Guard guard{random};
  Descend(random, random, 12, Way::kThrow, WaitAtBottom);
  return nullptr;
}

std::string BesideProgram(const std::string& name) {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  const std::string program(path, length > 0 ? static_cast<size_t>(length) : 0);
  return program.substr(0, program.rfind('/') + 1) + name;
}

}  // namespace

void Coroutines(Random path, Random& random) { RunGroup(path, random, 0); }

void Threads(Random path, Random&) {
  Random seed{path.Next()};
  std::thread([&seed] {
    Random random = seed;
    Enter(random);
  }).join();
  for (void* (*start)(void*) : {ReturningThread, ExitingThread, CancelledThread}) {
    pthread_t thread;
    pthread_create(&thread, nullptr, start, &seed);
    if (start == CancelledThread) pthread_cancel(thread);
    pthread_join(thread, nullptr);
  }
}

void Plugins(Random path, Random& random) {
  for (char number : {'1', '2', '3'}) {
    const std::string file = BesideProgram(std::string("torture_plugin_") + number + ".so");
    void* plugin = dlopen(file.c_str(), RTLD_NOW);
    if (plugin == nullptr) {
      std::fprintf(stderr, "%s\n", dlerror());
      std::abort();
    }
    using Run = void (*)(void (*)(void*), void*, int);
    const Run run = reinterpret_cast<Run>(dlsym(plugin, "PluginRun"));
    run([](void* argument) { Allocate(*static_cast<Random*>(argument)); }, &random,
        static_cast<int>(path.Below(8)));
    dlclose(plugin);
  }
}

}  // namespace torture
