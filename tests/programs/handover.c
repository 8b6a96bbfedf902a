// The rows of the semantics table that need a second thread, one thread at a time: blocks that are
// freed, resized and left alive by another thread than the one that allocated them. Deterministic,
// so that valgrind's DHAT must agree to the byte.
#include <pthread.h>
#include <stdlib.h>

#define ROW __attribute__((noinline, noclone, noipa))

static void* volatile sink;
static void* volatile g_block;

static void* Keep(void* block) {
  sink = block;
  return sink;
}

ROW static void RunInThread(void* (*start)(void*)) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, start, NULL) != 0) abort();
  pthread_join(thread, NULL);
}

ROW static void* Allocate(void* unused) {
  g_block = Keep(malloc(1001));
  return unused;
}
ROW static void* Free(void* unused) {
  free(g_block);
  return unused;
}
ROW static void* Resize(void* unused) {  // charged to who allocated
  g_block = Keep(realloc(g_block, 70000));
  return unused;
}
ROW static void* NeverFreed(void* unused) {
  for (int i = 0; i < 10; ++i) Keep(calloc(3, 100));
  return unused;
}
ROW static void* ThreadLocal(void* unused) {  // made by the loader at the first use
  static _Thread_local char area[3000];
  sink = &area[5];
  return unused;
}

ROW static void RowFreedByThread(void) {
  g_block = Keep(malloc(501));
  RunInThread(Free);
}
ROW static void RowFreedByMain(void) {
  RunInThread(Allocate);
  free(g_block);
}
ROW static void RowResizedByThread(void) {
  g_block = Keep(malloc(502));
  RunInThread(Resize);
  RunInThread(Free);
}
ROW static void RowFromThreadToThread(void) {
  RunInThread(Allocate);
  RunInThread(Resize);
  RunInThread(Free);
}

int main(void) {
  RowFreedByThread();
  RowFreedByMain();
  RowResizedByThread();
  RowFromThreadToThread();
  RunInThread(NeverFreed);
  RunInThread(ThreadLocal);
  return 0;
}
