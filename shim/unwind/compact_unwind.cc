// See compact_unwind.h. Here: the table, which has two levels; both are sorted by address.
#include "shim/unwind/compact_unwind.h"

#include <cstring>

namespace memshim::unwind {
namespace {

struct Header {
  uint32_t version;
  uint32_t common_encodings;  // offsets in the table, and counts
  uint32_t common_count;
  uint32_t personalities;
  uint32_t personality_count;
  uint32_t index;
  uint32_t index_count;  // the last one only says where the last page ends
};
struct IndexEntry {
  uint32_t function;
  uint32_t page;
  uint32_t lsda;
};
struct RegularPage {
  static constexpr uint32_t kKind = 2;
  uint32_t kind;
  uint16_t entries, count;  // an offset in the page
};
struct RegularEntry {
  uint32_t function;
  uint32_t encoding;
};
struct CompressedPage {
  static constexpr uint32_t kKind = 3;
  uint32_t kind;
  uint16_t entries, count;
  uint16_t encodings, encoding_count;
};

// A table that nobody has checked. Reading behind its end gives zeros and is remembered.
class Table {
 public:
  Table(const uint8_t* at, uint64_t bytes) : at_(at), bytes_(bytes) {}

  template <typename T>
  T Read(uint64_t offset) {
    T value = {};
    if (offset > bytes_ || sizeof(T) > bytes_ - offset) {
      is_broken_ = true;
    } else {
      memcpy(&value, at_ + offset, sizeof(T));
    }
    return value;
  }
  bool is_broken() const { return is_broken_; }

 private:
  const uint8_t* at_;
  uint64_t bytes_;
  bool is_broken_ = false;
};

// The index of the last of `count` sorted starts that is not above `offset`; `count`: none is.
template <typename StartOf>
uint32_t FindLast(uint32_t count, uint32_t offset, StartOf start_of) {
  uint32_t low = 0, high = count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (start_of(middle) <= offset) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low == 0 ? count : low - 1;
}

bool FindInRegular(Table* table, uint64_t page, uint32_t offset, CompactEntry* entry) {
  const RegularPage head = table->Read<RegularPage>(page);
  const auto entry_at = [&](uint32_t i) {
    return table->Read<RegularEntry>(page + head.entries + uint64_t{i} * sizeof(RegularEntry));
  };
  const uint32_t i =
      FindLast(head.count, offset, [&](uint32_t at) { return entry_at(at).function; });
  if (i == head.count) return false;
  const RegularEntry found = entry_at(i);
  entry->start = found.function;
  entry->encoding = found.encoding;
  if (i + 1 < head.count) entry->end = entry_at(i + 1).function;
  return true;
}

// An entry is 24 bits of distance from the page's first function and 8 bits that name an encoding:
// of those common to the whole table, or of the page's own.
bool FindInCompressed(Table* table, const Header& header, const IndexEntry& index, uint32_t offset,
                      CompactEntry* entry) {
  constexpr uint32_t kDistance = (1u << 24) - 1;
  const CompressedPage head = table->Read<CompressedPage>(index.page);
  const auto word_at = [&](uint64_t array, uint64_t i) {
    return table->Read<uint32_t>(array + i * sizeof(uint32_t));
  };
  const uint64_t entries = uint64_t{index.page} + head.entries;
  const auto start_of = [&](uint32_t i) {
    return index.function + (word_at(entries, i) & kDistance);
  };
  const uint32_t i = FindLast(head.count, offset, start_of);
  if (i == head.count) return false;
  const uint32_t name = word_at(entries, i) >> 24;
  entry->start = start_of(i);
  if (i + 1 < head.count) entry->end = start_of(i + 1);
  if (name < header.common_count) {
    entry->encoding = word_at(header.common_encodings, name);
  } else if (name - header.common_count < head.encoding_count) {
    entry->encoding = word_at(uint64_t{index.page} + head.encodings, name - header.common_count);
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool FindCompactEntry(const uint8_t* table_start, uint64_t bytes, uint32_t offset,
                      CompactEntry* entry) {
  Table table(table_start, bytes);
  const Header header = table.Read<Header>(0);
  if (header.version != 1 || header.index_count < 2 ||
      header.index_count > bytes / sizeof(IndexEntry)) {
    return false;
  }
  const auto index_at = [&](uint32_t i) {
    return table.Read<IndexEntry>(header.index + uint64_t{i} * sizeof(IndexEntry));
  };
  const uint32_t i =
      FindLast(header.index_count, offset, [&](uint32_t at) { return index_at(at).function; });
  // Behind the last entry lies nothing that the table knows.
  if (i + 1 >= header.index_count) return false;
  const IndexEntry index = index_at(i);
  entry->end = index_at(i + 1).function;
  bool is_found = false;
  if (index.page != 0) {
    const uint32_t kind = table.Read<uint32_t>(index.page);
    is_found = kind == RegularPage::kKind ? FindInRegular(&table, index.page, offset, entry)
               : kind == CompressedPage::kKind
                   ? FindInCompressed(&table, header, index, offset, entry)
                   : false;
  }
  return is_found && !table.is_broken() && offset >= entry->start && offset < entry->end;
}

}  // namespace memshim::unwind
