// Loaded and unloaded by the torture program; each PLUGIN has other frames, so that rules kept for
// one do not fit the other at the same address.
namespace {

// Left by an exception as often as by a return.
struct Guard {
  void (*allocate)(void*);
  void* random;
  ~Guard() { allocate(random); }
};

[[gnu::noinline]] void Through(void (*allocate)(void*), void* random, int depth) {
  volatile char frame[PLUGIN * 136];
  frame[0] = static_cast<char>(depth);
  const Guard guard{allocate, random};
  if (depth == 0) throw PLUGIN;
  Through(allocate, random, depth - 1);
  frame[1] = frame[0];
}

}  // namespace

extern "C" void PluginRun(void (*allocate)(void*), void* random, int depth) {
  volatile char frame[PLUGIN * 72];
  frame[0] = static_cast<char>(depth);
  allocate(random);
  try {
    Through(allocate, random, depth);
  } catch (int number) {
    if (number == PLUGIN) allocate(random);
  }
  frame[1] = frame[0];
}
