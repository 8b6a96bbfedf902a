// The length of the longest line of a file: reads all lines first, or (-DFIXED) one at a time.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char* ReadLine(FILE* file) {
  char text[4096];
  return fgets(text, sizeof text, file) ? strdup(text) : NULL;
}

int main(int argc, char** argv) {
  FILE* file = argc > 1 ? fopen(argv[1], "r") : NULL;
  if (file == NULL) return 1;
  size_t longest = 0;
#ifdef FIXED
  for (char* line; (line = ReadLine(file)) != NULL; free(line)) {
    if (strlen(line) > longest) longest = strlen(line);
  }
#else
  char** lines = NULL;
  size_t count = 0;
  for (char* line; (line = ReadLine(file)) != NULL; ++count) {
    lines = realloc(lines, (count + 1) * sizeof *lines);
    lines[count] = line;
  }
  for (size_t i = 0; i < count; ++i) {
    if (strlen(lines[i]) > longest) longest = strlen(lines[i]);
    free(lines[i]);
  }
  free(lines);
#endif
  fclose(file);
  printf("%zu\n", longest);
  return 0;
}
