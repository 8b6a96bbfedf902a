// How libunwind is told of the registers to begin with, on x86-64: by a function of its own.
// Included behind <libunwind.h>.
#ifndef MEMSHIM_SHIM_UNWIND_X86_64_LIBUNWIND_CONTEXT_H_
#define MEMSHIM_SHIM_UNWIND_X86_64_LIBUNWIND_CONTEXT_H_

namespace memshim::unwind {

using GetContext = decltype(&unw_tdep_getcontext);
inline constexpr bool kHasGetContext = true;

#define MEMSHIM_GET_CONTEXT_NAME MEMSHIM_NAME_OF(unw_tdep_getcontext)
#define MEMSHIM_GET_CONTEXT(function, context) function(context)

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_X86_64_LIBUNWIND_CONTEXT_H_
