// An allocator calls the program back from within malloc; there the program uses operator new, which a companion
// of memshim's sees; then the allocator goes on by calling another of its own entry points.
// Truth: 100 blocks of 24 bytes below `on_malloc`, freed; below `outer` these, and 100 of 40 bytes, kept.
#include "hazards.h"

void call_back(void (*function)(void));
void* new_block(size_t size) __asm__("_Znwm");
void delete_block(void* block) __asm__("_ZdlPv");

OWN_FRAME static void on_malloc(void) {
  void* volatile block = new_block(24);
  delete_block(block);
}

OWN_FRAME static void outer(void) { make_and_keep(100, 40); }

int main(void) {
  call_back(on_malloc);
  outer();
  call_back(NULL);
  return 0;
}
