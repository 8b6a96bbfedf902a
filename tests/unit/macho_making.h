// Makes Mach-O files, for tests: an image of one code section with the load commands asked for.
#ifndef MEMSHIM_TESTS_UNIT_MACHO_MAKING_H_
#define MEMSHIM_TESTS_UNIT_MACHO_MAKING_H_

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace memshim::testing {

inline std::string Little(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i, value >>= 8) text.push_back(static_cast<char>(value));
  return text;
}
inline std::string Big(uint64_t value, int bytes) {
  const std::string text = Little(value, bytes);
  return {text.rbegin(), text.rend()};
}
inline std::string Padded(std::string text, size_t bytes) {
  text.resize(bytes, '\0');
  return text;
}

inline constexpr uint32_t kX86_64Type = 0x01000007, kArm64Type = 0x0100000c;
inline constexpr uint64_t kCodeAddress = 0x100000400, kCodeBytes = 0x100,
                          kImageAddress = 0x100000000;

struct MadeSymbol {
  std::string name;  // "_main"
  uint64_t address;
  bool is_external = true;
};

struct MadeImage {
  uint32_t type = kArm64Type, subtype = 0;
  std::string uuid = "0123456789abcdef";  // 16 bytes
  bool has_loader = true;
  std::vector<std::string> libraries = {"/usr/lib/libSystem.B.dylib"};
  std::vector<std::string> segments;  // empty ones, of these names
  std::vector<MadeSymbol> symbols;
  std::vector<uint64_t> function_starts;
  std::string signature;
};

inline std::string Command(uint32_t kind, const std::string& rest) {
  const std::string padded = Padded(rest, (rest.size() + 7) / 8 * 8);
  return Little(kind, 4) + Little(padded.size() + 8, 4) + padded;
}

inline std::string TextSegment() {
  const std::string section = Padded("__text", 16) + Padded("__TEXT", 16) +
                              Little(kCodeAddress, 8) + Little(kCodeBytes, 8) + Little(0x400, 4) +
                              Little(0, 12) + Little(0x80000400, 4) + Little(0, 12);
  return Command(0x19, Padded("__TEXT", 16) + Little(kImageAddress, 8) + Little(0x1000, 8) +
                           Little(0, 8) + Little(0x1000, 8) + Little(0, 8) + Little(1, 4) +
                           Little(0, 4) + section);
}

inline std::string FunctionStarts(const std::vector<uint64_t>& starts) {
  std::string bytes;
  uint64_t last = kImageAddress;
  for (const uint64_t start : starts) {
    uint64_t delta = start - last;
    last = start;
    while (delta >= 0x80) {
      bytes.push_back(static_cast<char>((delta & 0x7f) | 0x80));
      delta >>= 7;
    }
    bytes.push_back(static_cast<char>(delta));
  }
  return bytes + std::string(2, '\0');
}

// The bytes of an image.
inline std::string MakeImage(const MadeImage& made) {
  std::string strings(1, '\0'), table;
  for (const MadeSymbol& symbol : made.symbols) {
    table += Little(strings.size(), 4) + Little(symbol.is_external ? 0x0f : 0x0e, 1) +
             Little(1, 1) + Little(0, 2) + Little(symbol.address, 8);
    strings += symbol.name + std::string(1, '\0');
  }
  const std::string starts = FunctionStarts(made.function_starts);
  constexpr uint64_t kDataPlace = 0x1000;
  const uint64_t strings_at = kDataPlace + table.size(), starts_at = strings_at + strings.size();
  const uint64_t signature_at = starts_at + starts.size();
  std::vector<std::string> commands = {TextSegment(), Command(0x1b, Padded(made.uuid, 16))};
  for (const std::string& name : made.segments) commands.push_back(Command(0x19, Padded(name, 64)));
  for (const std::string& library : made.libraries) {
    commands.push_back(Command(0xc, Little(24, 4) + Little(0, 12) + library + '\0'));
  }
  if (made.has_loader) commands.push_back(Command(0xe, Little(12, 4) + "/usr/lib/dyld"));
  commands.push_back(Command(0x2, Little(kDataPlace, 4) + Little(made.symbols.size(), 4) +
                                      Little(strings_at, 4) + Little(strings.size(), 4)));
  if (!made.function_starts.empty()) {
    commands.push_back(Command(0x26, Little(starts_at, 4) + Little(starts.size(), 4)));
  }
  if (!made.signature.empty()) {
    commands.push_back(Command(0x1d, Little(signature_at, 4) + Little(made.signature.size(), 4)));
  }
  std::string all;
  for (const std::string& command : commands) all += command;
  const std::string header = Little(0xfeedfacf, 4) + Little(made.type, 4) +
                             Little(made.subtype, 4) + Little(2, 4) + Little(commands.size(), 4) +
                             Little(all.size(), 4) + Little(0, 8);
  return Padded(header + all, kDataPlace) + table + strings + starts + made.signature;
}

// A file of several images.
inline std::string MakeUniversal(const std::vector<std::string>& images,
                                 const std::vector<uint32_t>& types) {
  constexpr uint64_t kPlace = 0x4000;
  std::string file = Big(0xcafebabe, 4) + Big(images.size(), 4), content;
  for (size_t i = 0; i < images.size(); ++i) {
    file += Big(types[i], 4) + Big(0, 4) + Big(kPlace + content.size(), 4) +
            Big(images[i].size(), 4) + Big(14, 4);
    content += Padded(images[i], (images[i].size() + kPlace - 1) / kPlace * kPlace);
  }
  return Padded(file, kPlace) + content;
}

// A code signature of these flags and entitlements (XML).
inline std::string MakeSignature(uint32_t flags, const std::string& entitlements = "",
                                 const std::string& team = "") {
  constexpr uint32_t kDirectoryBytes = 52;
  const std::string directory_rest = Big(0x20400, 4) + Big(flags, 4) + Big(0, 32) +
                                     Big(team.empty() ? 0 : kDirectoryBytes, 4) + team + '\0';
  const std::string directory =
      Big(0xfade0c02, 4) + Big(directory_rest.size() + 8, 4) + directory_rest;
  const std::string plist = Big(0xfade7171, 4) + Big(entitlements.size() + 8, 4) + entitlements;
  const uint64_t first = 12 + 16;
  const std::string index =
      Big(0, 4) + Big(first, 4) + Big(5, 4) + Big(first + directory.size(), 4);
  const std::string all = index + directory + plist;
  return Big(0xfade0cc0, 4) + Big(all.size() + 12, 4) + Big(2, 4) + all;
}

inline std::string WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

}  // namespace memshim::testing

#endif  // MEMSHIM_TESTS_UNIT_MACHO_MAKING_H_
