// For the compilers to compile, not a part of the project. Small on purpose: heaptrack takes 19 GB of
// memory for a unit with <regex> in it.
#include <map>
#include <string>
#include <vector>

template <int N>
struct Chain {
  std::map<int, std::vector<std::string>> m;
  std::string name = std::to_string(N);
  Chain<N - 1> next;
};
template <>
struct Chain<0> {
  std::string name;
};

int use(int argc) {
  Chain<DEPTH> chain;
  chain.m[argc].push_back(chain.next.name);
  return static_cast<int>(chain.m.size());
}
