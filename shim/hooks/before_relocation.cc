// See before_relocation.h. Calls nothing outside this library, memcpy included.
#include "shim/hooks/before_relocation.h"

#include <cstdint>

namespace memshim::hooks {
namespace {

constexpr size_t kArenaBytes = size_t{1} << 20;  // untouched pages cost nothing
constexpr size_t kAlignment = 16;                // of malloc's blocks, and the room for a size

alignas(kAlignment) char g_arena[kArenaBytes];
size_t g_used;

// Its value is this library's first relocation.
const void* volatile g_own_address = const_cast<const void**>(&g_own_address);

bool IsEarly(const void* block) {
  return reinterpret_cast<uintptr_t>(block) - reinterpret_cast<uintptr_t>(g_arena) < kArenaBytes;
}

size_t SizeOf(const void* block) {
  return *reinterpret_cast<const size_t*>(static_cast<const char*>(block) - kAlignment);
}

// Fills a block of `size` bytes with what an early one has.
void Fill(void* block, size_t size, const void* early) {
  char* to = static_cast<char*>(block);
  const char* from = static_cast<const char*>(early);
  const size_t bytes = SizeOf(early) < size ? SizeOf(early) : size;
  for (size_t i = 0; i < bytes; ++i) {
    to[i] = from[i];
    __asm__ volatile("" ::: "memory");  // else the compiler makes a memcpy of it
  }
}

// The functions that ReplaceForEarlyBlocks has put others in front of.
RealFunctions g_behind;

void Free(void* block) {
  if (!IsEarly(block)) g_behind.free(block);
}
void FreeSized(void* block, size_t size) {
  if (!IsEarly(block)) g_behind.free_sized(block, size);
}
void FreeAlignedSized(void* block, size_t alignment, size_t size) {
  if (!IsEarly(block)) g_behind.free_aligned_sized(block, alignment, size);
}
void* Realloc(void* block, size_t size) {
  if (!IsEarly(block)) return g_behind.realloc(block, size);
  void* moved = g_behind.malloc(size);
  if (moved != nullptr) Fill(moved, size, block);
  return moved;
}
void* Reallocarray(void* block, size_t count, size_t size) {
  size_t bytes;
  const bool is_simple = IsEarly(block) && !__builtin_mul_overflow(count, size, &bytes);
  return is_simple ? Realloc(block, bytes) : g_behind.reallocarray(block, count, size);
}

}  // namespace

bool IsRelocated() { return g_own_address == &g_own_address; }

void* AllocateEarly(size_t alignment, size_t size) {
  if (alignment < kAlignment) alignment = kAlignment;
  const size_t at = (g_used + kAlignment + alignment - 1) / alignment * alignment;
  if (alignment > kArenaBytes || at > kArenaBytes || size > kArenaBytes - at) return nullptr;
  char* block = g_arena + at;
  *reinterpret_cast<size_t*>(block - kAlignment) = size;
  g_used = at + size;
  return block;
}

void* ResizeEarly(void* block, size_t size) {
  void* resized = AllocateEarly(kAlignment, size);
  if (block != nullptr && resized != nullptr) Fill(resized, size, block);
  return resized;
}

void ReplaceForEarlyBlocks(RealFunctions* real) {
  if (g_used == 0) return;
  g_behind = *real;
  real->free = real->cfree = Free;
  if (real->free_sized != nullptr) real->free_sized = FreeSized;
  if (real->free_aligned_sized != nullptr) real->free_aligned_sized = FreeAlignedSized;
  real->realloc = Realloc;
  real->reallocarray = Reallocarray;
}

}  // namespace memshim::hooks
