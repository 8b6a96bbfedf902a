// How libunwind is told of the registers to begin with, on 64-bit ARM: by its header's own code, in
// the function whose registers they are. Included behind <libunwind.h>.
#ifndef MEMSHIM_SHIM_UNWIND_AARCH64_LIBUNWIND_CONTEXT_H_
#define MEMSHIM_SHIM_UNWIND_AARCH64_LIBUNWIND_CONTEXT_H_

namespace memshim::unwind {

using GetContext = const void*;
inline constexpr bool kHasGetContext = false;

#define MEMSHIM_GET_CONTEXT_NAME ""
#define MEMSHIM_GET_CONTEXT(function, context) unw_tdep_getcontext(context)

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_AARCH64_LIBUNWIND_CONTEXT_H_
