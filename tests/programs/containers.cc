// Every standard container, filled, copied, moved and shrunk: many distinct templates, inlined
// frames and demangled names, in one ordinary C++ program. Prints a checksum of what it holds.
#include <malloc.h>

#include <any>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <forward_list>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
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

// Those that hold equal keys, and what the rest leaves out.
uint64_t Multiple() {
  std::multiset<std::string> set;
  std::unordered_multiset<std::string> hash_set;
  std::unordered_multimap<int, std::string> hash_map;
  std::unordered_map<std::string, std::unordered_map<int, std::string>> nested;
  for (int i = 0; i < 700; ++i) {
    set.insert(Text(i % 90));
    hash_set.insert(Text(i % 90));
    hash_map.emplace(i % 70, Text(i));
    nested[Text(i % 20)][i] = Text(i);
  }
  hash_map.erase(3);
  hash_set.reserve(5000);
  std::wstring wide(60, L'w');
  std::u16string sixteen(70, u's');
  std::filesystem::path path("/a/long/path/that/is/not/short");
  for (int i = 0; i < 40; ++i) path /= Text(i);
  const std::filesystem::path relative = path.lexically_relative("/a/long");
  return set.size() + hash_set.size() + hash_map.size() + nested.size() + wide.size() +
         sixteen.size() + relative.string().size() + path.parent_path().string().size();
}

// What the pools below take: the size they ask for. (Over-aligned operator new asks malloc for
// more.)
class Heap : public std::pmr::memory_resource {
  void* do_allocate(size_t bytes, size_t alignment) override { return memalign(alignment, bytes); }
  void do_deallocate(void* block, size_t, size_t) override { std::free(block); }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }
};

// Blocks that memory resources take and cut up.
uint64_t Resources() {
  Heap heap;
  std::pmr::monotonic_buffer_resource growing;
  std::pmr::unsynchronized_pool_resource pool(&heap);
  std::pmr::synchronized_pool_resource shared(&heap);
  std::pmr::vector<std::pmr::string> vector(&growing);
  std::pmr::map<int, std::pmr::string> map(&pool);
  std::pmr::list<std::pmr::vector<int>> list(&shared);
  for (int i = 0; i < 500; ++i) {
    vector.emplace_back(Text(i));
    map.emplace(i, Text(i));
    list.emplace_back(static_cast<size_t>(i % 30));
  }
  return vector.size() + map.size() + list.size();
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
  std::weak_ptr<std::string> weak = shared[0];
  std::stringstream both(std::string(700, 'b'));
  std::string word;
  both >> word;
  std::promise<std::string> promise;
  promise.set_value(Text(50));
  sum += promise.get_future().get().size() + word.size() + weak.lock()->size();
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
  std::printf("containers");
  for (const auto part : {Sequences, Associative, Multiple, Resources, Adaptors, Wrappers}) {
    std::printf(" %llu", static_cast<unsigned long long>(part()));
  }
  std::printf(" %llu\n", static_cast<unsigned long long>(tree));
}
