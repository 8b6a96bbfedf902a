// A ledger as a large program would leave it, without running one: the input of finishing.py.
//
//   make_ledger MODULE POINTS OUTPUT LEDGER [IDENTITY ADDRESS...]
//
// MODULE is an x86-64 program or library; the frames are return addresses behind its call
// instructions, each in one stack node of its own, so that every program point brings an address
// that no other has. Stacks are about 20 deep. OUTPUT is the profile that the ledger asks for.
// A module of another kind is not read: its IDENTITY (build id, UUID) and look-up addresses are
// given, in hexadecimal.
#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "shim/record/recorder.h"
#include "shim/unwind/stack_trie.h"
#include "tests/unit/shim_testing.h"

namespace memshim {
namespace {

using ledger::Table;

constexpr uint64_t kLoadedAt = 0x555555554000;  // where Linux puts programs

struct CalledModule {
  std::string path;
  std::vector<uint8_t> build_id;
  uint64_t end = 0;             // of its code, in addresses of the file
  std::vector<uint64_t> calls;  // look-up addresses of its call instructions
};

template <typename T>
const T* At(const std::string& bytes, uint64_t offset) {
  return reinterpret_cast<const T*>(bytes.data() + offset);
}

// 0xE8 and a distance that leads into the segment again; by chance that is not a call in a few of
// ten thousand places, which does not matter here.
void FindCalls(const std::string& bytes, const Elf64_Phdr& segment, CalledModule* module) {
  constexpr uint64_t kCallBytes = 5;
  for (uint64_t i = 0; i + kCallBytes <= segment.p_filesz; ++i) {
    if (*At<uint8_t>(bytes, segment.p_offset + i) != 0xE8) continue;
    int32_t distance;
    memcpy(&distance, bytes.data() + segment.p_offset + i + 1, sizeof(distance));
    const int64_t target = static_cast<int64_t>(i + kCallBytes) + distance;
    if (target < 0 || static_cast<uint64_t>(target) >= segment.p_filesz) continue;
    module->calls.push_back(segment.p_vaddr + i + kCallBytes - 1);
  }
  module->end = segment.p_vaddr + segment.p_memsz;
}

void FindBuildId(const std::string& bytes, const Elf64_Phdr& notes, CalledModule* module) {
  for (uint64_t at = notes.p_offset; at + sizeof(Elf64_Nhdr) < notes.p_offset + notes.p_filesz;) {
    const Elf64_Nhdr& note = *At<Elf64_Nhdr>(bytes, at);
    const uint64_t content = at + sizeof(note) + base::RoundUp(note.n_namesz, 4);
    if (note.n_type == NT_GNU_BUILD_ID && note.n_descsz <= ledger::kBuildIdBytes) {
      const uint8_t* id = At<uint8_t>(bytes, content);
      module->build_id.assign(id, id + note.n_descsz);
    }
    at = content + base::RoundUp(note.n_descsz, 4);
  }
}

// The program trusts its input: it is a file of the distribution, or one just compiled.
CalledModule ReadModule(const char* path) {
  CalledModule module;
  module.path = path;
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (bytes.size() < sizeof(Elf64_Ehdr)) return module;
  const Elf64_Ehdr& header = *At<Elf64_Ehdr>(bytes, 0);
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    const Elf64_Phdr& segment = *At<Elf64_Phdr>(bytes, header.e_phoff + i * sizeof(Elf64_Phdr));
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0) {
      FindCalls(bytes, segment, &module);
    }
    if (segment.p_type == PT_NOTE) FindBuildId(bytes, segment, &module);
  }
  return module;
}

CalledModule GivenModule(const char* path, const char* identity, char** addresses) {
  CalledModule module;
  module.path = path;
  for (const char* digits = identity; digits[0] != '\0' && digits[1] != '\0'; digits += 2) {
    module.build_id.push_back(
        static_cast<uint8_t>(std::stoul(std::string(digits, digits + 2), nullptr, 16)));
  }
  for (; *addresses != nullptr; ++addresses) {
    module.calls.push_back(std::stoull(*addresses, nullptr, 16));
    module.end = std::max(module.end, module.calls.back() + 1);
  }
  return module;
}

class LedgerMaker {
 public:
  explicit LedgerMaker(const CalledModule& module);

  // Nodes one below the other and beside each other, each with a point of a few blocks.
  void AddPoints(const std::vector<uint64_t>& calls);
  void End(const char* output);
  bool Save(const char* path);

 private:
  void AddModule(const CalledModule& module);
  uint32_t AddText(const std::string& text, uint32_t* bytes);
  uint32_t AddNode(uint32_t parent, uint64_t call);

  std::unique_ptr<ledger::Ledger, testing::Unmap<ledger::Ledger>> ledger_;
  std::unique_ptr<unwind::StackTrie, testing::Unmap<unwind::StackTrie>> trie_;
  std::unique_ptr<record::Recorder, testing::Unmap<record::Recorder>> recorder_;
  std::unique_ptr<record::Shard, testing::Unmap<record::Shard>> shard_;
  std::mt19937 random_{1};
  uint32_t module_ = 0;
};

LedgerMaker::LedgerMaker(const CalledModule& module)
    : ledger_(testing::MakeZeroed<ledger::Ledger>()),
      trie_(testing::MakeZeroed<unwind::StackTrie>()),
      recorder_(testing::MakeZeroed<record::Recorder>()),
      shard_(testing::MakeZeroed<record::Shard>()) {
  ledger_->Create();
  trie_->Start(ledger_.get(), module.path.c_str());
  recorder_->Start(ledger_.get(), unwind::kOutOfSpaceStack, false, false);
  recorder_->StartShard(shard_.get(), 0);
  ledger_->header().start_monotonic_ns = base::ClockNanoseconds(CLOCK_MONOTONIC);
  ledger_->header().is_cycle_counter = recorder_->clock().is_cycle_counter();
  ledger_->header().threads = record::t_thread = 1;
  AddModule(module);
}

uint32_t LedgerMaker::AddText(const std::string& text, uint32_t* bytes) {
  *bytes = static_cast<uint32_t>(text.size());
  return ledger_->AppendString(text.data(), *bytes);
}

void LedgerMaker::AddModule(const CalledModule& module) {
  module_ = ledger_->Count(Table::kModules);
  ledger_->Reserve(Table::kModules, 1);
  ledger::Module* entry = ledger_->Entry<ledger::Module>(Table::kModules, module_);
  entry->bias = entry->start = kLoadedAt;
  entry->end = kLoadedAt + module.end;
  entry->path = AddText(module.path, &entry->path_bytes);
  entry->build_id_bytes = static_cast<uint32_t>(module.build_id.size());
  std::copy(module.build_id.begin(), module.build_id.end(), entry->build_id);
  ledger_->Publish(Table::kModules, module_ + 1);
}

uint32_t LedgerMaker::AddNode(uint32_t parent, uint64_t call) {
  const uint32_t frame = ledger_->Count(Table::kFrames);
  const uint32_t node = ledger_->Count(Table::kNodes);
  ledger_->Reserve(Table::kFrames, 1);
  ledger_->Reserve(Table::kNodes, 1);
  *ledger_->Entry<ledger::Frame>(Table::kFrames, frame) = {kLoadedAt + call, module_, 0};
  *ledger_->Entry<ledger::Node>(Table::kNodes, node) = {parent, frame};
  ledger_->Publish(Table::kFrames, frame + 1);
  ledger_->Publish(Table::kNodes, node + 1);
  return node;
}

void LedgerMaker::AddPoints(const std::vector<uint64_t>& calls) {
  std::vector<uint32_t> nodes = {0};
  uint64_t address = 0x10000;
  for (const uint64_t call : calls) {
    // From the younger three quarters: that makes stacks about 20 deep.
    std::uniform_int_distribution<size_t> parent(nodes.size() / 4, nodes.size() - 1);
    nodes.push_back(AddNode(nodes[parent(random_)], call));
    const uint32_t blocks = 1 + random_() % 8;
    for (uint32_t i = 0; i < blocks; ++i, address += 0x1000) {
      const uint64_t size = 1 + random_() % 4000;
      recorder_->OnAllocate(*shard_, {nodes.back()}, ledger::AllocationFunction::kMalloc,
                            recorder_->Expect(address), address, size, size + 8);
      if (random_() % 4 != 0) recorder_->OnFree(*shard_, address);
    }
  }
}

void LedgerMaker::End(const char* output) {
  ledger::Header& header = ledger_->header();
  // A process that is gone.
  header.pid = getpid();
  header.start_boottime_ns = 1;
  header.start_realtime_ns = base::ClockNanoseconds(CLOCK_REALTIME);
  header.output = AddText(output, &header.output_bytes);
  header.command = AddText(std::string("program", sizeof("program")), &header.command_bytes);
  header.end_ticks = recorder_->Now();
  header.end_monotonic_ns = base::ClockNanoseconds(CLOCK_MONOTONIC);
  header.end = ledger::End::kExit;
  header.phase = ledger::Phase::kEnded;
}

bool LedgerMaker::Save(const char* path) {
  uint64_t capacity = 0;
  const int fd = ledger::CreateLedgerFile(path, &capacity);
  if (fd < 0) return false;
  const bool is_moved = ledger_->MoveToFile(fd, path, capacity);
  base::SysClose(fd);
  return is_moved;
}

int Main(int argc, char** argv) {
  const size_t points = std::stoul(argv[2]);
  CalledModule module = argc == 5 ? ReadModule(argv[1]) : GivenModule(argv[1], argv[5], argv + 6);
  if (module.calls.size() < points) {
    fprintf(stderr, "make_ledger: expected %zu calls in %s, found %zu\n", points, argv[1],
            module.calls.size());
    return 1;
  }
  std::shuffle(module.calls.begin(), module.calls.end(), std::mt19937(1));
  module.calls.resize(points);
  LedgerMaker maker(module);
  maker.AddPoints(module.calls);
  maker.End(argv[3]);
  if (maker.Save(argv[4])) return 0;
  fprintf(stderr, "make_ledger: cannot write %s, or it exists\n", argv[4]);
  return 1;
}

}  // namespace
}  // namespace memshim

int main(int argc, char** argv) {
  if (argc >= 5) return memshim::Main(argc, argv);
  fprintf(stderr, "usage: make_ledger MODULE POINTS OUTPUT LEDGER [IDENTITY ADDRESS...]\n");
  return 2;
}
