// For linking alone: see mallocx.c.
#include <stddef.h>

void* mallocx(size_t size, int flags) { return (void)size, (void)flags, NULL; }
void* rallocx(void* block, size_t size, int flags) { return (void)size, (void)flags, block; }
size_t xallocx(void* block, size_t size, size_t extra, int flags) {
  return (void)block, (void)size, (void)extra, (size_t)flags;
}
size_t sallocx(const void* block, int flags) { return (void)block, (size_t)flags; }
size_t nallocx(size_t size, int flags) { return (void)flags, size; }
void dallocx(void* block, int flags) { (void)block, (void)flags; }
void sdallocx(void* block, size_t size, int flags) { (void)block, (void)size, (void)flags; }
