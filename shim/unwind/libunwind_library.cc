// See libunwind_library.h.
#include "shim/unwind/libunwind_library.h"

#include <dlfcn.h>

#include "shim/base/elf_lookup.h"

namespace memshim::unwind {

bool LibunwindLibrary::Open() {
  // By look-up: before glibc 2.34 these are in libdl, which the program may not have loaded.
  using OpenFunction = void* (*)(const char*, int);
  const OpenFunction open = reinterpret_cast<OpenFunction>(base::FindFirst("dlopen"));
  symbol_ = reinterpret_cast<Symbol>(base::FindFirst("dlsym"));
  if (open == nullptr || symbol_ == nullptr) return false;
  handle_ = open("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  return handle_ != nullptr;
}

}  // namespace memshim::unwind
