// A library whose code is chosen while it is loaded (IFUNC), by a function that allocates. The loader asks it when
// this library is relocated, which is before those that come before it in the program's scope, preloads among them.
#include <stdlib.h>
#include <string.h>

static char* text;
static void* blocks[3000];

static int chosen(void) { return (int)strlen(text); }

static int (*choose(void))(void) {
  free(malloc(1000));
  text = malloc(10);
  strcpy(text, "nine");
  text = realloc(text, 20000);
  strcpy(text + 4, "teen");
  for (int i = 0; i < 3000; ++i) blocks[i] = calloc(1, 50);
  for (int i = 0; i < 3000; i += 2) free(blocks[i]);
  return chosen;
}

static int ask(void) __attribute__((ifunc("choose")));

int ask_library(void) {
  for (int i = 1; i < 3000; i += 2) free(blocks[i]);
  text = realloc(text, 40000);
  const int length = ask();
  free(text);
  return length;
}
