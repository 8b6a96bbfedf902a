// Makes a few blocks in known ways; README.md says how it is recorded.
#include <stdlib.h>
#include <string.h>

#include "valgrind/dhat.h"

static char *keep;

__attribute__((noinline)) static void churn(void) {
  for (int i = 0; i < 100; ++i) free(malloc(24));
}

int main(void) {
  keep = malloc(1000);
  char *copy = strdup("a text");
  char *grown = realloc(malloc(10), 500);
  memcpy(keep, grown, 300);
  churn();
  DHAT_AD_HOC_EVENT(15);
  DHAT_AD_HOC_EVENT(5);
  free(copy);
  free(grown);
  return keep == 0;
}
