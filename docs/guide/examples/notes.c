// A list of notes that forgets something.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct Note {
  char* title;
  char* body;
};

static struct Note* NewNote(int number) {
  char title[32];
  snprintf(title, sizeof title, "note %d", number);
  struct Note* note = malloc(sizeof *note);
  note->title = strdup(title);
  note->body = calloc(1, 200);
  return note;
}

static void FreeNote(struct Note* note) {
#ifdef FIXED
  free(note->title);
#endif
  free(note->body);
  free(note);
}

int main(void) {
  for (int i = 0; i < 1000; ++i) FreeNote(NewNote(i));
  puts("1000 notes");
  return 0;
}
