// A C++ program with frames of many kinds: compiled for macOS by the tests, never run. Templates
// make many functions of few lines; they differ in how many values live across calls, in the size
// of their locals, in exceptions, variable frames and aligned ones.
#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace {

extern "C" uint64_t outside(...);  // what no compiler sees through

template <int kValues, int kBytes>
__attribute__((noinline)) uint64_t Keep(uint64_t seed) {
  uint64_t values[kValues];
  for (int i = 0; i < kValues; ++i) values[i] = outside(seed, i);
  char bytes[kBytes];
  outside(bytes, kBytes);
  uint64_t sum = 0;
  for (int i = 0; i < kValues; ++i)
    sum += values[i] * outside(values[i]) + static_cast<uint8_t>(bytes[i % kBytes]);
  return sum;
}

template <int kBytes>
__attribute__((noinline)) uint64_t Leaf(const uint64_t* from) {
  volatile uint64_t local[kBytes / 8 + 1];
  for (int i = 0; i < kBytes / 8 + 1; ++i) local[i] = from[i];
  uint64_t sum = 0;
  for (int i = 0; i < kBytes / 8 + 1; ++i) sum ^= local[i];
  return sum;
}

template <int kLocals>
__attribute__((noinline)) uint64_t Cross(uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                                         uint64_t e) {
  uint64_t x = outside(a), y = kLocals > 1 ? outside(b, x) : 0, z = kLocals > 2 ? outside(c, y) : 0;
  uint64_t u = kLocals > 3 ? outside(d, z) : 0, v = kLocals > 4 ? outside(e, u) : 0;
  outside();
  return x + y + z + u + v + outside(x, y, z, u, v) + (kLocals > 1 ? b : 0) + (kLocals > 2 ? c : 0);
}

template <int kAlignment>
__attribute__((noinline)) uint64_t Aligned(uint64_t n) {
  alignas(kAlignment) char bytes[kAlignment * 2];
  outside(bytes, n);
  return static_cast<uint8_t>(bytes[n % sizeof(bytes)]);
}

__attribute__((noinline)) uint64_t Variable(size_t n) {
  char* bytes = static_cast<char*>(__builtin_alloca(n));
  return outside(bytes, n) + outside(bytes);
}

__attribute__((noinline)) uint64_t Sum(int count, ...) {
  va_list list;
  va_start(list, count);
  uint64_t sum = 0;
  for (int i = 0; i < count; ++i) sum += va_arg(list, uint64_t) * outside(i);
  va_end(list);
  return sum;
}

struct Base {
  virtual ~Base() = default;
  virtual uint64_t Do(uint64_t n) = 0;
};
template <int kNumber>
struct Derived : Base {
  uint64_t Do(uint64_t n) override {
    std::vector<std::string> texts;
    for (uint64_t i = 0; i < n; ++i) texts.push_back(std::string(n + kNumber, 'x'));
    std::sort(texts.begin(), texts.end());
    try {
      outside(texts.data(), kNumber);
    } catch (...) {
      outside(kNumber);
      throw;
    }
    return texts.size() + outside(texts.size());
  }
};

double Floats(double a, double b, double c, double d) {
  double x = static_cast<double>(outside(a)), y = x * b, z = y * c;
  outside(z);
  return x + y + z * d;
}

template <int... kNumbers>
uint64_t All(uint64_t n, std::integer_sequence<int, kNumbers...>) {
  uint64_t sum = 0;
  ((sum += Keep<kNumbers % 9 + 1, (kNumbers * kNumbers * 37 % 5000) + 8>(n)), ...);
  ((sum += Leaf<kNumbers * 24 + 8>(&sum)), ...);
  ((sum += Cross<kNumbers % 6>(n, sum, n, sum, n)), ...);
  ((sum += Derived<kNumbers>().Do(sum)), ...);
  return sum;
}

}  // namespace

extern "C" uint64_t run_all(uint64_t n) {
  std::map<std::string, uint64_t> counts;
  counts["a"] = All(n, std::make_integer_sequence<int, 40>());
  counts["b"] = Aligned<32>(n) + Aligned<64>(n) + Aligned<256>(n) + Variable(n) + Sum(2, n, n);
  return counts["a"] + counts["b"] + static_cast<uint64_t>(Floats(1, 2, 3, static_cast<double>(n)));
}
