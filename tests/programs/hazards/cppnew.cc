// C++ allocations of every form. Run with libjemalloc.so, libtcmalloc.so or libmimalloc.so, which
// have an operator new of their own, it shows who sees it. Truth: 500 blocks each below `Plain`,
// `Array`, `NoThrow` and `Aligned`, 1,000 by malloc below `ByMalloc`; all freed but 100 of `Plain`.
// With the argument `throws` also requests that cannot be met (mimalloc ends the program then): 20
// below `TooMuch` throw. A block made below `Reserve` is freed by the handler of one of them, which
// makes another one; 100 blocks below `Afterwards` and, by strdup, below `ByLibrary`, all kept.
#include <cstdio>
#include <cstdlib>
#include <cstring>
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

// A size that the compiler does not know of.
volatile std::size_t too_much = std::size_t{1} << 62;

[[gnu::noinline]] int TooMuch() {
  int caught = 0;
  for (int i = 0; i < 10; ++i) {
    try {
      char* volatile block = new char[too_much];
      delete[] block;
    } catch (const std::bad_alloc&) {
      ++caught;
    }
    try {
      void* volatile block = ::operator new (too_much, std::align_val_t{64});
      ::operator delete (block, std::align_val_t{64});
    } catch (const std::bad_alloc&) {
      ++caught;
    }
  }
  return caught;
}

char* volatile reserve;

[[gnu::noinline]] void Reserve() { reserve = new char[1000]; }

[[gnu::noinline]] void ByHandler() {
  delete[] reserve;
  reserve = new char[2000];
  std::set_new_handler(nullptr);  // then it is given up
}

[[gnu::noinline]] void Afterwards() {
  static char* volatile blocks[100];
  for (auto& block : blocks) block = new char[70];
}

[[gnu::noinline]] void ByLibrary() {
  static char* volatile texts[100];
  for (auto& text : texts) text = strdup("a text of 19 bytes");
}

}  // namespace

int main(int argc, char**) {
  Plain();
  Array();
  NoThrow();
  Aligned();
  ByMalloc();
  if (argc < 2) return 0;
  int caught = TooMuch();
  Reserve();
  std::set_new_handler(ByHandler);
  caught += TooMuch();
  Afterwards();
  ByLibrary();
  std::printf("caught %d\n", caught);
  return 0;
}
