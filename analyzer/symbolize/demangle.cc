// Demangling by libiberty's callback interface. cplus_demangle() with DMGL_AUTO tries Rust, then
// C++; so does this, but through callbacks, which keep everything on the stack and so let a name
// whose expansion grows without bound be abandoned half-way.
// Called through demangle.h only; must not keep state between names.
#include "analyzer/symbolize/demangle.h"

#include <csetjmp>
#include <cstring>

// The header declares basename() in its own way unless told that there is a declaration.
#define HAVE_DECL_BASENAME 1
#include <libiberty/demangle.h>

namespace memshim::analyzer::symbolize {
namespace {

constexpr int kOptions = DMGL_PARAMS | DMGL_ANSI | DMGL_AUTO;

using CallbackDemangler = int (*)(const char*, int, demangle_callbackref, void*);

struct Output {
  std::string text;
  jmp_buf too_long;
};

void Append(const char* text, size_t size, void* opaque) {
  auto* output = static_cast<Output*>(opaque);
  // libiberty cannot be told to stop. Its callback interface holds no memory and no lock, and
  // this frame has nothing to destroy, so jumping out of it is safe.
  if (output->text.size() + size > kMaxDemangledNameSize) longjmp(output->too_long, 1);
  output->text.append(text, size);
}

bool TryDemangle(CallbackDemangler demangler, const char* name, Output* output) {
  output->text.clear();
  if (setjmp(output->too_long) != 0) {
    output->text.clear();
    return false;
  }
  return demangler(name, kOptions, Append, output) != 0;
}

}  // namespace

std::string Demangle(absl::string_view name) {
  std::string mangled(name);
  // Both schemes begin with an underscore; anything else is a name already.
  if (name.size() < 3 || name[0] != '_' || name.size() > kMaxMangledNameSize ||
      name.find('\0') != absl::string_view::npos) {
    return mangled;
  }
  Output output;
  if (TryDemangle(rust_demangle_callback, mangled.c_str(), &output)) return output.text;
  if (TryDemangle(cplus_demangle_v3_callback, mangled.c_str(), &output)) return output.text;
  return mangled;
}

std::string Demangler::Get(absl::string_view name) {
  auto found = names_.find(name);
  if (found != names_.end()) return found->second;
  return names_.emplace(std::string(name), Demangle(name)).first->second;
}

}  // namespace memshim::analyzer::symbolize
