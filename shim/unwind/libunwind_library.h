// libunwind 1.6 or later, opened privately: for the engine and for the oracle.
//
// Never linked: libunwind exports _Unwind_* and would take over the program's C++ exceptions (30
// times slower throws, crashes in pthread_exit). RTLD_LOCAL keeps the program's bindings on
// libgcc; tests/properties looks at them.
// Context: opening allocates from the program's heap (the dynamic linker does) and needs a C
// library that has been initialized.
#ifndef MEMSHIM_SHIM_UNWIND_LIBUNWIND_LIBRARY_H_
#define MEMSHIM_SHIM_UNWIND_LIBUNWIND_LIBRARY_H_

// Types and names of functions only; UNW_LOCAL_ONLY names those of the own process.
#define UNW_LOCAL_ONLY
#include <libunwind.h>

// "_ULx86_64_step" of unw_step: the header's macros give the name that the library exports.
#define MEMSHIM_TEXT_OF(name) #name
#define MEMSHIM_NAME_OF(function) MEMSHIM_TEXT_OF(function)

namespace memshim::unwind {

class LibunwindLibrary {
 public:
  // False: it cannot be had here.
  bool Open();

  // False: it has no such function.
  template <typename Function>
  bool Find(const char* name, Function* function) const {
    *function = reinterpret_cast<Function>(symbol_(handle_, name));
    return *function != nullptr;
  }

 private:
  using Symbol = void* (*)(void*, const char*);
  Symbol symbol_ = nullptr;
  void* handle_ = nullptr;
};

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_LIBUNWIND_LIBRARY_H_
