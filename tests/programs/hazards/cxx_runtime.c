// A C++ runtime with a program part, as a plugin brings it along: its operator new calls malloc.
#include "hazards.h"

void* new_block(size_t size) __asm__("_Znwm");
void* new_block(size_t size) { return malloc(size); }
void delete_block(void* block) __asm__("_ZdlPv");
void delete_block(void* block) { free(block); }

OWN_FRAME void use_new(void) {
  for (int i = 0; i < 100; ++i) {
    void* volatile block = new_block(77);
    delete_block(block);
  }
}
