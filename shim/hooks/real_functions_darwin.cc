// See real_functions.h. For macOS: the tuples by which dyld binds every other image to the
// replacements, and the table of what they replace, which dyld fills when it loads this image.
//
// A tuple whose function this system does not have, one of the weak imports, has a null there,
// which dyld passes over.
#include <malloc/malloc.h>

#include "shim/hooks/interpose_darwin.h"
#include "shim/hooks/real_functions.h"

namespace memshim::hooks {
namespace {

struct Tuple {
  const void* replacement;
  const void* replaced;
};

#define MEMSHIM_HOOK(name, result, parameters)     \
  {reinterpret_cast<const void*>(&memshim_##name), \
   reinterpret_cast<const void*>(&memshim_real_##name)},
__attribute__((used, section("__DATA,__interpose,interposing"))) const Tuple kTuples[] = {
#include "hook_list.inc"
};
#undef MEMSHIM_HOOK

}  // namespace

// The allocator may call its own entry points by their names on the way: those calls belong to the
// one that is being made.
#define MEMSHIM_HOOK(name, result, parameters) &memshim_real_##name,
RealFunctions g_real = {
#include "hook_list.inc"
    [](void* block) { return malloc_size(block); }, /*is_foreign=*/true, /*is_resolved=*/true};
#undef MEMSHIM_HOOK

// All is there from the beginning.
bool ResolveRealFunctions() { return true; }

}  // namespace memshim::hooks
