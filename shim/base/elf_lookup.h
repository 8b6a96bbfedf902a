// Finds functions of other loaded objects without dlsym.
//
// Why not dlsym: before glibc 2.34 it allocates, it is not in libc.so.6 there, and its lookup
// through RTLD_NEXT depends on the caller's address. Walking the loader's own list of objects
// allocates nothing, takes no lock and works before the first constructor.
// Context: start (the list is read before the program can change it). Locks: none. Allocates: no.
#ifndef MEMSHIM_SHIM_BASE_ELF_LOOKUP_H_
#define MEMSHIM_SHIM_BASE_ELF_LOOKUP_H_

#include <link.h>

namespace memshim::base {

// The definition of `name` in the first object behind ours in load order (what dlsym(RTLD_NEXT)
// gives a preloaded library); null when there is none. `owner` may be null. `last`: the last object
// that is looked at; null: of all.
void* FindNext(const char* name, const struct link_map** owner = nullptr,
               const struct link_map* last = nullptr);

// The same from the beginning of the list, our own object included.
void* FindFirst(const char* name, const struct link_map** owner = nullptr);

// The definition of `name` in any object but ours, also in one whose symbols others do not see, and
// whether that object defines `beside` as well. Objects may come and go meanwhile: under the
// loader's lock, so never with a lock of ours held.
void* FindAnywhere(const char* name, const char* beside, bool* has_beside);

// Whether `object` defines `name`.
bool IsDefinedIn(const struct link_map* object, const char* name);

// Whether any loaded object takes `name` from another one.
bool IsImported(const char* name);

// The object that was loaded last.
const struct link_map* LastObject();

// Our own object's entry, or null.
const struct link_map* OwnObject();

}  // namespace memshim::base

#endif  // MEMSHIM_SHIM_BASE_ELF_LOOKUP_H_
