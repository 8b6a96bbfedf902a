// What libc keeps for itself because of what a program calls, and three blocks that are the program's own
// leaks when an argument is given: strdup, asprintf and getline (tests/e2e/test_check.py).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <grp.h>
#include <iconv.h>
#include <libintl.h>
#include <locale.h>
#include <mntent.h>
#include <netdb.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void AtExit(void) {}
static void* Thread(void* argument) { return argument; }

static void LeakThree(void) {
  static char *copy, *text, *line;
  static size_t size;
  copy = strdup("mine");
  if (asprintf(&text, "%s, too", copy) < 0) abort();
  FILE* const file = fopen("/proc/self/status", "r");
  if (file == NULL || getline(&line, &size, file) < 0) abort();
  fclose(file);
}

int main(int argc, char** argv) {
  (void)argv;
  setlocale(LC_ALL, "C.UTF-8");
  for (int i = 0; i < 100; ++i) atexit(AtExit);
  setenv("A_NAME_THAT_IS_NEW", "value", 1);
  setenv("TZ", "Europe/Berlin", 1);
  const time_t now = 0;
  localtime(&now);
  getpwuid(0);
  getgrgid(0);
  getservbyname("http", "tcp");
  textdomain("memshim");
  bindtextdomain("memshim", "/nonexistent");
  gettext("a text");
  strsignal(99);
  iconv_t conversion = iconv_open("UTF-16", "LATIN1");
  if (conversion != (iconv_t)-1) iconv_close(conversion);
  dlopen("/nonexistent.so", RTLD_NOW);
  dlerror();
  dlopen("libm.so.6", RTLD_NOW);
  FILE* const mounts = setmntent("/proc/self/mounts", "r");
  if (mounts != NULL) {
    getmntent(mounts);
    endmntent(mounts);
  }
  pthread_t thread;
  if (pthread_create(&thread, NULL, Thread, NULL) == 0) pthread_join(thread, NULL);
  if (argc > 1) LeakThree();
  puts("done");
  return 0;
}
