// Every standard container, filled, copied, moved and shrunk: many distinct templates, inlined
// frames and demangled names, in one ordinary C++ program. Prints a checksum of what it holds.
#include <any>
#include <array>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <forward_list>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <regex>
#include <set>
#include <sstream>
#include <stack>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <valarray>
#include <variant>
#include <vector>

namespace {

struct Node {
  explicit Node(int depth) : payload(static_cast<size_t>(depth) * 10 + 1, 'n') {
    if (depth == 0) return;
    left = std::make_unique<Node>(depth - 1);
    right = std::make_unique<Node>(depth - 1);
  }
  std::unique_ptr<Node> left, right;
  std::string payload;
};

uint64_t Sum(const Node& node) {
  return node.payload.size() + (node.left ? Sum(*node.left) : 0) +
         (node.right ? Sum(*node.right) : 0);
}

template <typename Container, typename Make>
uint64_t Fill(Container& container, Make make, int count) {
  for (int i = 0; i < count; ++i) container.insert(container.end(), make(i));
  Container copy = container;
  Container moved = std::move(container);
  container = copy;
  return moved.size() + copy.size();
}

std::string Text(int i) {
  return std::string(static_cast<size_t>(i) % 60, 'x') + std::to_string(i);
}

uint64_t Sequences() {
  std::vector<std::string> vector;
  std::deque<std::string> deque;
  std::list<std::string> list;
  std::vector<std::vector<int>> nested;
  uint64_t sum =
      Fill(vector, Text, 1500) + Fill(deque, Text, 1500) + Fill(list, Text, 1500) +
      Fill(
          nested, [](int i) { return std::vector<int>(static_cast<size_t>(i) % 17 + 1); }, 800);
  vector.resize(10);
  vector.shrink_to_fit();
  std::forward_list<uint64_t> forward;
  for (int i = 0; i < 500; ++i) forward.push_front(static_cast<uint64_t>(i));
  for (uint64_t value : forward) sum += value;
  std::vector<bool> bits(10000);
  std::valarray<double> numbers(500);
  return sum + bits.size() + numbers.size();
}

uint64_t Associative() {
  std::map<std::string, int> map;
  std::multimap<int, std::string> multimap;
  std::set<std::string> set;
  std::unordered_map<std::string, std::vector<int>> hash_map;
  std::unordered_set<std::string> hash_set;
  for (int i = 0; i < 1200; ++i) {
    map[Text(i)] = i;
    multimap.emplace(i % 50, Text(i));
    set.insert(Text(i));
    hash_map[Text(i % 100)].push_back(i);
    hash_set.insert(Text(i));
  }
  for (int i = 0; i < 600; ++i) map.erase(Text(i));
  return map.size() + multimap.size() + set.size() + hash_map.size() + hash_set.size();
}

uint64_t Adaptors() {
  std::priority_queue<std::string> heap;
  std::queue<std::string> queue;
  std::stack<std::string, std::vector<std::string>> stack;
  for (int i = 0; i < 600; ++i) {
    heap.push(Text(i));
    queue.push(Text(i));
    stack.push(Text(i));
  }
  uint64_t sum = heap.size() + queue.size();
  while (!heap.empty()) heap.pop();
  while (!stack.empty()) stack.pop();
  return sum;
}

uint64_t Wrappers() {
  std::vector<std::function<uint64_t()>> functions;
  for (uint64_t i = 0; i < 300; ++i) {
    std::array<uint64_t, 6> big{i, 1, 2, 3, 4, 5};  // too big for std::function's own storage
    functions.emplace_back([big] { return big[0] + big[5]; });
  }
  uint64_t sum = 0;
  for (const auto& function : functions) sum += function();
  std::vector<std::shared_ptr<std::string>> shared(200, std::make_shared<std::string>(100, 's'));
  std::variant<int, std::string, std::vector<double>> variant = std::vector<double>(50);
  std::any any = std::string(80, 'a');
  std::optional<std::vector<int>> optional(std::in_place, 40);
  std::ostringstream stream;
  for (int i = 0; i < 500; ++i) stream << i << ' ';
  std::regex expression("([a-z]+)-([0-9]+)");
  std::smatch match;
  const std::string subject = "zzz-123";
  if (std::regex_match(subject, match, expression)) sum += match.size();
  for (int i = 0; i < 100; ++i) {
    try {
      throw std::runtime_error(Text(i));
    } catch (const std::exception& error) {
      sum += std::string(error.what()).size();
    }
  }
  return sum + shared.size() + variant.index() + optional->size() + stream.str().size() +
         std::any_cast<std::string>(any).size();
}

}  // namespace

int main() {
  const uint64_t tree = Sum(*std::make_unique<Node>(9));
  std::printf("containers %llu %llu %llu %llu %llu\n", static_cast<unsigned long long>(Sequences()),
              static_cast<unsigned long long>(Associative()),
              static_cast<unsigned long long>(Adaptors()),
              static_cast<unsigned long long>(Wrappers()), static_cast<unsigned long long>(tree));
}
