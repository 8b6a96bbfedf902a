// C++ allocations of every form. Run with libjemalloc.so, libtcmalloc.so or libmimalloc.so, which
// have an operator new of their own, it shows who sees it. Truth: 500 blocks each below `Plain`,
// `Array`, `NoThrow` and `Aligned`, 1,000 by malloc below `ByMalloc`; all freed but 100 of `Plain`.
#include <cstdlib>
#include <new>

namespace {

struct alignas(64) Wide {
  char bytes[64];
};

[[gnu::noinline]] void Plain() {
  for (int i = 0; i < 500; ++i) {
    int* volatile block = new int(i);
    if (i >= 100) delete block;
  }
}
[[gnu::noinline]] void Array() {
  for (int i = 0; i < 500; ++i) {
    char* volatile block = new char[33];
    delete[] block;
  }
}
[[gnu::noinline]] void NoThrow() {
  for (int i = 0; i < 500; ++i) {
    long* volatile block = new (std::nothrow) long(i);
    delete block;
  }
}
[[gnu::noinline]] void Aligned() {
  for (int i = 0; i < 500; ++i) {
    Wide* volatile block = new Wide;
    delete block;
  }
}
[[gnu::noinline]] void ByMalloc() {
  for (int i = 0; i < 1000; ++i) {
    void* volatile block = std::malloc(20);
    std::free(block);
  }
}

}  // namespace

int main() {
  Plain();
  Array();
  NoThrow();
  Aligned();
  ByMalloc();
  return 0;
}
