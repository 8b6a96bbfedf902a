// The replacements, memshim_<name>, and what they replace, memshim_real_<name>, which is
// libSystem's <name>: declared under another name, as libSystem's headers keep some from being
// named at all.
#ifndef MEMSHIM_SHIM_HOOKS_INTERPOSE_DARWIN_H_
#define MEMSHIM_SHIM_HOOKS_INTERPOSE_DARWIN_H_

#include <cstddef>
#include <cstdint>

extern "C" {

#define MEMSHIM_HOOK(name, result, parameters) \
  result memshim_##name parameters;            \
  result memshim_real_##name parameters __asm("_" #name);
#define MEMSHIM_WEAK_HOOK(name, result, parameters) \
  result memshim_##name parameters;                 \
  result memshim_real_##name parameters __asm("_" #name) __attribute__((weak_import));
#include "hook_list.inc"
#undef MEMSHIM_HOOK

}  // extern "C"

namespace memshim::hooks {

// Whether calls of malloc and of free, or their kin, have come to us from other images. They are
// counted until this is asked, once, at the start.
bool IsInterposed();

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_INTERPOSE_DARWIN_H_
