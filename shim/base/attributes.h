// Attributes every part of the shim uses. Nothing else belongs here.
#ifndef MEMSHIM_SHIM_BASE_ATTRIBUTES_H_
#define MEMSHIM_SHIM_BASE_ATTRIBUTES_H_

// A symbol the program is meant to bind to. Everything else stays hidden (and the version script
// shim/libmemshim.map says so a second time).
#define MEMSHIM_EXPORT __attribute__((visibility("default")))

// A variable of this library's that a header declares. What a declaration does not say this of, the
// compiler takes for another object's, and loads its address before it loads the variable.
#define MEMSHIM_LOCAL __attribute__((visibility("hidden")))

// Thread-local data of the shim. initial-exec: the default model calls __tls_get_addr, which may
// allocate and so re-enter the hooks (reference: glibc 2.39 recursion on a stale dtv). All such
// data together stays at or below 64 bytes and has no destructor; tests/properties checks both.
#define MEMSHIM_TLS __thread __attribute__((tls_model("initial-exec")))

#define MEMSHIM_NOINLINE __attribute__((noinline))

// Of what every event does: calls between its parts would cost as much as the parts.
#define MEMSHIM_INLINE inline __attribute__((always_inline))
#define MEMSHIM_INLINED __attribute__((always_inline))  // of a lambda

#endif  // MEMSHIM_SHIM_BASE_ATTRIBUTES_H_
