// See text.h.
#include "shim/base/text.h"

namespace memshim::base {

namespace {
constexpr size_t kNone = ~size_t{0};

size_t LastSlash(std::string_view path) {
  for (size_t i = path.size(); i > 0; --i) {
    if (path[i - 1] == '/') return i - 1;
  }
  return kNone;
}
}  // namespace

bool ConsumeNumber(std::string_view* text, uint64_t* value) {
  size_t n = 0;
  uint64_t result = 0;
  while (n < text->size() && (*text)[n] >= '0' && (*text)[n] <= '9') {
    if (__builtin_mul_overflow(result, uint64_t{10}, &result) ||
        __builtin_add_overflow(result, static_cast<uint64_t>((*text)[n] - '0'), &result)) {
      return false;
    }
    ++n;
  }
  if (n == 0) return false;
  text->remove_prefix(n);
  *value = result;
  return true;
}

std::string_view FolderOf(std::string_view path) {
  const size_t slash = LastSlash(path);
  if (slash == kNone) return ".";
  if (slash == 0) return "/";
  return {path.data(), slash};
}

std::string_view NameOf(std::string_view path) {
  const size_t slash = LastSlash(path);
  if (slash == kNone) return path;
  return {path.data() + slash + 1, path.size() - slash - 1};
}

}  // namespace memshim::base
