// See memory.h.
#include "shim/base/memory.h"

#include <atomic>

namespace memshim::base {

namespace {

// All private mappings, in ordinary memory: what VisitPrivate goes through. Programs have a
// few hundred, and one more for every 4 MiB of small blocks; beyond the end of the list (128 GiB)
// the one case it is for is given up.
struct Mapping {
  void* at;
  size_t bytes;
};
constexpr uint32_t kMaxMappings = 1 << 15;
Mapping g_mappings[kMaxMappings];
uint32_t g_mapping_count;
bool g_has_unlisted;
Lock g_mappings_lock;

void List(void* at, size_t bytes) {
  LockScope scope(g_mappings_lock);
  if (!scope.ok() || g_mapping_count == kMaxMappings) {
    g_has_unlisted = true;
  } else {
    // In this order: a handler of this thread may look at the list at any moment.
    g_mappings[g_mapping_count] = {at, bytes};
    std::atomic_signal_fence(std::memory_order_release);
    g_mapping_count += 1;
  }
}

void Unlist(void* at) {
  LockScope scope(g_mappings_lock);
  for (uint32_t i = 0; scope.ok() && i < g_mapping_count; ++i) {
    if (g_mappings[i].at != at) continue;
    g_mappings[i] = g_mappings[g_mapping_count - 1];
    std::atomic_signal_fence(std::memory_order_release);
    g_mapping_count -= 1;  // until then the last one is there twice
    return;
  }
}

}  // namespace

void* MapPrivate(size_t bytes) {
  bytes = RoundUp(bytes, kPageBytes);
  const long at =
      SysMmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (IsError(at)) return nullptr;
  void* result = reinterpret_cast<void*>(at);
  if (!PreparePrivate(result, bytes)) {
    SysMunmap(result, bytes);
    return nullptr;
  }
  List(result, bytes);
  return result;
}

void* MapPrivateForHash(size_t bytes) {
  constexpr size_t kHugePageBytes = size_t{2} << 20;
  void* at = MapPrivate(bytes);
  if (at == nullptr) return nullptr;
  if (bytes >= kHugePageBytes) UseHugePages(at, RoundUp(bytes, kPageBytes), true);
  MakePresent(at, RoundUp(bytes, kPageBytes));  // where it fails, each page will be when needed
  return at;
}

void UnmapPrivate(void* at, size_t bytes) {
  Unlist(at);
  SysMunmap(at, RoundUp(bytes, kPageBytes));
}

bool VisitPrivate(void (*visit)(void* at, size_t bytes)) {
  if (g_has_unlisted) return false;
  // Not waiting: the interrupted hook of this very thread may hold the lock. Then the list is good
  // at every moment (seen otherwise: a child in 20,000 found its hook's memory gone).
  const bool is_locked = g_mappings_lock.TryAcquire();
  for (uint32_t i = 0; i < g_mapping_count; ++i) visit(g_mappings[i].at, g_mappings[i].bytes);
  if (is_locked) g_mappings_lock.Release();
  return true;
}

// Unlike all other locks this one is not in wiped memory: the list has to survive the fork.
void RenewAfterFork() { g_mappings_lock.Release(); }

void WipePrivate() {
  // (No lock: what other threads held at the fork they hold for ever.)
  for (uint32_t i = 0; i < g_mapping_count; ++i) {
    EmptyPages(g_mappings[i].at, g_mappings[i].bytes);
  }
}

void* Arena::Allocate(size_t bytes) {
  bytes = RoundUp(bytes, 64);
  if (bytes > kChunkBytes / 4) return MapPrivate(bytes);
  LockScope scope(lock_);
  if (!scope.ok()) return nullptr;
  if (bytes > left_) {
    void* chunk = MapPrivate(kChunkBytes);
    if (chunk == nullptr) return nullptr;
    next_ = static_cast<char*>(chunk);
    left_ = kChunkBytes;
  }
  void* result = next_;
  next_ += bytes;
  left_ -= bytes;
  return result;
}

}  // namespace memshim::base
