// 100 static objects that allocate in their constructors and destructors, before and after
// everything else, and that register handlers of exit from there.
// Truth: 100 blocks of 26 bytes below `construct`, 100 of 27 below `destroy`, 100 of 28 below `at_end`.
#include "hazards.h"

OWN_FRAME static void at_end(void) { make_and_keep(1, 28); }
OWN_FRAME static void construct(void) { make_and_keep(1, 26); }
OWN_FRAME static void destroy(void) { make_and_keep(1, 27); }

#define OBJECT(n) \
  __attribute__((constructor)) static void construct_##n(void) { construct(), atexit(at_end); } \
  __attribute__((destructor)) static void destroy_##n(void) { destroy(); }
#define TEN(n) OBJECT(n##0) OBJECT(n##1) OBJECT(n##2) OBJECT(n##3) OBJECT(n##4) \
  OBJECT(n##5) OBJECT(n##6) OBJECT(n##7) OBJECT(n##8) OBJECT(n##9)
TEN(0) TEN(1) TEN(2) TEN(3) TEN(4) TEN(5) TEN(6) TEN(7) TEN(8) TEN(9)

int main(void) { return 0; }
