// See deepbind.c.
#include <stdlib.h>

void* deep_makes(void) { return malloc(81); }
void deep_frees(void* block) { free(block); }
