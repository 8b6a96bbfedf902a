// Sums up numbers by name: with a string made for each look-up, or (-DFIXED) without.
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#ifdef FIXED
using Sums = std::map<std::string, long, std::less<>>;
static long& SumOf(Sums& sums, std::string_view name) {
  const auto known = sums.find(name);
  return known != sums.end() ? known->second : sums.emplace(name, 0).first->second;
}
#else
using Sums = std::map<std::string, long>;
static long& SumOf(Sums& sums, std::string_view name) { return sums[std::string(name)]; }
#endif

int main() {
  constexpr std::string_view kNames[] = {"a name that is too long to be stored in place",
                                         "another name that is too long for that as well"};
  Sums sums;
  for (int i = 0; i < 50000; ++i) SumOf(sums, kNames[i % 2]) += i;
  std::printf("%ld\n", SumOf(sums, kNames[0]));
}
