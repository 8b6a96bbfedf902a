// The program that tools/demo profiles: a small log index with the usual mistakes left in, one for
// each thing a heap report shows: a leak, a cache that only grows, a temporary copy per line, and
// a peak in one phase.
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {

struct Record {
  std::string host;
  std::string path;
  int status = 0;
};

std::string MakeLine(int i) {
  return "host-" + std::to_string(i % 97) + ".example.org /index/" + std::to_string(i % 1009) +
         " " + std::to_string(200 + i % 5 * 100);
}

// The mistake: a copy of the whole line for every field. Short-lived blocks.
[[gnu::noinline]] std::vector<std::string> SplitFields(std::string line) {
  std::vector<std::string> fields;
  while (true) {
    const size_t space = line.find(' ');
    fields.push_back(line.substr(0, space));
    if (space == std::string::npos) return fields;
    line = line.substr(space + 1);
  }
}

// The mistake: nobody ever removes an entry.
[[gnu::noinline]] void Remember(std::map<std::string, std::vector<int>>& cache,
                                const Record& record, int i) {
  cache[record.host + record.path].push_back(i);
}

// The mistake: the handle is returned raw and dropped by the caller.
[[gnu::noinline]] char* OpenHandle(int i) {
  char* handle = new char[64];
  std::snprintf(handle, 64, "handle %d", i);
  return handle;
}

[[gnu::noinline]] size_t BuildReport(const std::vector<std::unique_ptr<Record>>& records) {
  std::vector<std::string> rows;  // the peak: all rows at once
  for (const auto& record : records) rows.push_back(record->host + " -> " + record->path);
  size_t length = 0;
  for (const std::string& row : rows) length += row.size();
  return length;
}

}  // namespace

int main() {
  std::vector<std::unique_ptr<Record>> records;
  std::map<std::string, std::vector<int>> cache;
  volatile char first = 0;
  for (int i = 0; i < 40000; ++i) {
    const std::vector<std::string> fields = SplitFields(MakeLine(i));
    auto record = std::make_unique<Record>();
    record->host = fields[0];
    record->path = fields[1];
    record->status = std::stoi(fields[2]);
    Remember(cache, *record, i);
    if (i % 50 == 0) first = OpenHandle(i)[0];
    records.push_back(std::move(record));
  }
  const size_t length = BuildReport(records);
  std::printf("%zu records, %zu cached, report of %zu characters (%d)\n", records.size(),
              cache.size(), length, first);
}
