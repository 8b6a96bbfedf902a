// For linking alone: see mallocx.c.
#include <stddef.h>

void* mallocx(size_t size, int flags) { return (void)size, (void)flags, NULL; }
void dallocx(void* block, int flags) { (void)block, (void)flags; }
