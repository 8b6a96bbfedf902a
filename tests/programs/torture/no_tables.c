// Code without call frame information (tests/programs/torture/build says how), compiled twice: as
// WithoutTables its frame pointers link its frames; as LostWithoutTables they do not, and no
// unwinder can know its caller.
#ifndef NAME
#define NAME WithoutTables
#endif

void NAME(void (*call)(void*), void* argument, int depth);

__attribute__((noinline)) void NAME(void (*call)(void*), void* argument, int depth) {
  volatile char frame[72];
  frame[depth % 72] = 1;
  if (depth > 0) {
    NAME(call, argument, depth - 1);
  } else {
    call(argument);
  }
  frame[0] = frame[depth % 72];
}
