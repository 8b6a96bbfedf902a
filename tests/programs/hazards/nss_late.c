// A service of libc's look-ups (NSS) that opens and closes libraries, as those of directories do. Before glibc 2.34 it
// brings libdl along, which the program itself has not.
#include <dlfcn.h>
#include <errno.h>
#include <nss.h>
#include <pwd.h>
#include <stddef.h>

enum nss_status _nss_late_getpwnam_r(const char* name, struct passwd* result, char* buffer, size_t bytes, int* error) {
  (void)name, (void)result, (void)buffer, (void)bytes;
  void* program = dlopen(NULL, RTLD_NOW);
  *error = program == NULL || dlclose(program) != 0 ? EIO : ENOENT;
  return *error == ENOENT ? NSS_STATUS_NOTFOUND : NSS_STATUS_UNAVAIL;
}
