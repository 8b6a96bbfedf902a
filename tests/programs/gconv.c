// Conversions that come and go: glibc loads a module for each, and unloads it by itself when it has long not been
// wanted. Nobody calls dlclose.
#include <iconv.h>
#include <stddef.h>

static int Convert(const char *to) {
  const iconv_t conversion = iconv_open(to, "UTF-8");
  if (conversion == (iconv_t)-1) return 0;
  char text[] = "a", out[16];
  char *from = text, *into = out;
  size_t left = 1, room = sizeof out;
  iconv(conversion, &from, &left, &into, &room);
  iconv_close(conversion);
  return 1;
}

int main(void) {
  static const char *const kSets[] = {"UTF-16", "ISO-8859-2", "ISO-8859-3", "ISO-8859-4", "ISO-8859-5", "CP1250"};
  int found = 0;
  for (int i = 0; i < 60; ++i) found += Convert(kSets[i % 6]);
  return found == 60 ? 0 : 2;
}
