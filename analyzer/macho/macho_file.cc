// See macho_file.h. Formats: Apple's <mach-o/loader.h> and <mach-o/fat.h>.
#include "analyzer/macho/macho_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/escaping.h"
#include "analyzer/macho/macho_bytes.h"

namespace memshim::analyzer::macho {
namespace {

constexpr uint32_t kMagic64 = 0xfeedfacf;                             // 64 bits, little-endian
constexpr uint32_t kFatMagic = 0xcafebabe, kFatMagic64 = 0xcafebabf;  // big-endian
constexpr uint64_t kHeaderBytes = 32;
// No real file comes near; a damaged one can claim anything.
constexpr uint32_t kMostImages = 32;
constexpr uint64_t kMostCommandBytes = uint64_t{16} << 20;
constexpr uint64_t kMostPieceBytes = uint64_t{1} << 30;

constexpr uint32_t kSegment64 = 0x19, kSymbolTable = 0x2, kUuid = 0x1b, kCodeSignature = 0x1d,
                   kLoader = 0xe, kFunctionStarts = 0x26;
bool LoadsLibrary(uint32_t command) {
  constexpr uint32_t kLoad = 0xc, kLoadWeak = 0x80000018, kReexport = 0x8000001f,
                     kUpward = 0x80000023;
  return command == kLoad || command == kLoadWeak || command == kReexport || command == kUpward;
}

Processor ProcessorOf(uint32_t type, uint32_t subtype) {
  constexpr uint32_t kX86_64 = 0x01000007, kArm64 = 0x0100000c, kSubtypeArm64e = 2;
  if (type == kX86_64) return Processor::kX86_64;
  if (type != kArm64) return Processor::kOther;
  return (subtype & 0xffffff) == kSubtypeArm64e ? Processor::kArm64e : Processor::kArm64;
}

std::string Name16(absl::string_view bytes, uint64_t offset) {
  return std::string(
      TextAt(bytes.substr(0, std::min<uint64_t>(bytes.size(), offset + 16)), offset));
}

void ReadSegment(absl::string_view command, Image* image) {
  constexpr uint64_t kCommandBytes = 72, kSectionBytes = 80;
  constexpr uint32_t kHoldsInstructions = 0x80000000 | 0x400;
  const std::string name = Name16(command, 8);
  const uint64_t address = LittleEndian<uint64_t>(command, 24);
  if (name == "__TEXT") {
    image->text_begin = address;
    image->text_end = address + LittleEndian<uint64_t>(command, 32);
    if (image->text_end < address) image->text_end = address;
  }
  if (name == "__RESTRICT") image->is_restricted = true;
  const uint32_t count = LittleEndian<uint32_t>(command, 64);
  for (uint32_t i = 0; i < count && kCommandBytes + (i + 1) * kSectionBytes <= command.size();
       ++i) {
    const uint64_t at = kCommandBytes + i * kSectionBytes;
    image->sections.push_back(
        {Name16(command, at + 16), Name16(command, at), LittleEndian<uint64_t>(command, at + 32),
         LittleEndian<uint64_t>(command, at + 40), LittleEndian<uint32_t>(command, at + 48),
         (LittleEndian<uint32_t>(command, at + 64) & kHoldsInstructions) != 0});
  }
}

void ReadCommand(absl::string_view command, Image* image) {
  constexpr uint32_t kSymbolBytes = 16;
  const uint32_t kind = LittleEndian<uint32_t>(command, 0);
  if (kind == kSegment64) {
    ReadSegment(command, image);
  } else if (kind == kUuid && command.size() >= 24) {
    image->uuid = absl::BytesToHexString(command.substr(8, 16));
  } else if (kind == kSymbolTable) {
    image->symbol_count = LittleEndian<uint32_t>(command, 12);
    image->symbols = {LittleEndian<uint32_t>(command, 8),
                      uint64_t{image->symbol_count} * kSymbolBytes};
    image->strings = {LittleEndian<uint32_t>(command, 16), LittleEndian<uint32_t>(command, 20)};
  } else if (kind == kCodeSignature) {
    image->code_signature = {LittleEndian<uint32_t>(command, 8),
                             LittleEndian<uint32_t>(command, 12)};
  } else if (kind == kFunctionStarts) {
    image->function_starts = {LittleEndian<uint32_t>(command, 8),
                              LittleEndian<uint32_t>(command, 12)};
  } else if (kind == kLoader) {
    image->has_loader = true;
  } else if (LoadsLibrary(kind)) {
    image->libraries.emplace_back(TextAt(command, LittleEndian<uint32_t>(command, 8)));
  }
}

int OpenRegular(const std::string& path, uint64_t* bytes, std::string* problem) {
  struct stat status;
  // Opening a device can act on it, and a fifo would block: look first, and again for a file that
  // was replaced in between.
  if (stat(path.c_str(), &status) != 0) {
    *problem = std::strerror(errno);
    return -1;
  }
  *problem = "not a regular file";
  if (!S_ISREG(status.st_mode)) return -1;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    *problem = std::strerror(errno);
    return -1;
  }
  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
    *bytes = static_cast<uint64_t>(status.st_size);
    return fd;
  }
  close(fd);
  return -1;
}

}  // namespace

std::optional<File> File::Open(const std::string& path, std::string* problem) {
  uint64_t bytes = 0;
  const int fd = OpenRegular(path, &bytes, problem);
  if (fd < 0) return std::nullopt;
  File file(fd, bytes);
  *problem = "not a Mach-O file, or a damaged one";
  if (!file.ReadImages()) return std::nullopt;
  problem->clear();
  return file;
}

File::File(File&& other) noexcept
    : fd_(other.fd_), bytes_(other.bytes_), images_(std::move(other.images_)) {
  other.fd_ = -1;
}

File& File::operator=(File&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(bytes_, other.bytes_);
  std::swap(images_, other.images_);
  return *this;
}

File::~File() {
  if (fd_ >= 0) close(fd_);
}

const Image* File::FindImage(const std::string& uuid) const {
  for (const Image& image : images_) {
    if (image.uuid == uuid) return &image;
  }
  return nullptr;
}

std::string File::ReadAt(uint64_t offset, uint64_t bytes) const {
  if (bytes > kMostPieceBytes || offset > bytes_ || bytes > bytes_ - offset) return "";
  std::string result(bytes, '\0');
  for (uint64_t done = 0; done < bytes;) {
    const ssize_t n =
        pread(fd_, result.data() + done, bytes - done, static_cast<off_t>(offset + done));
    if (n <= 0) return "";  // it has become shorter
    done += static_cast<uint64_t>(n);
  }
  return result;
}

std::string File::Read(const Image& image, const Piece& piece) const {
  if (piece.offset > image.bytes || piece.bytes > image.bytes - piece.offset) return "";
  return ReadAt(image.offset + piece.offset, piece.bytes);
}

bool File::ReadImages() {
  const std::string start = ReadAt(0, std::min<uint64_t>(bytes_, 8 + kMostImages * 32));
  const uint32_t magic = BigEndian32(start, 0);
  if (magic != kFatMagic && magic != kFatMagic64) return ReadImage(0, bytes_);
  const uint32_t count = BigEndian32(start, 4);
  if (count > kMostImages) return false;  // a file of Java's has the same magic
  for (uint32_t i = 0; i < count; ++i) {
    const bool is_64 = magic == kFatMagic64;
    const uint64_t at = 8 + uint64_t{i} * (is_64 ? 32 : 20);
    const uint64_t offset = is_64 ? BigEndian64(start, at + 8) : BigEndian32(start, at + 8);
    const uint64_t bytes = is_64 ? BigEndian64(start, at + 16) : BigEndian32(start, at + 12);
    // (An image that cannot be read may be for 32 bits.)
    if (offset <= bytes_ && bytes <= bytes_ - offset) ReadImage(offset, bytes);
  }
  return !images_.empty();
}

bool File::ReadImage(uint64_t offset, uint64_t bytes) {
  const std::string header = ReadAt(offset, std::min(bytes, kHeaderBytes));
  if (LittleEndian<uint32_t>(header, 0) != kMagic64) return false;
  Image image;
  image.processor =
      ProcessorOf(LittleEndian<uint32_t>(header, 4), LittleEndian<uint32_t>(header, 8));
  image.offset = offset;
  image.bytes = bytes;
  image.type = LittleEndian<uint32_t>(header, 12);
  const uint32_t count = LittleEndian<uint32_t>(header, 16);
  const uint64_t command_bytes = LittleEndian<uint32_t>(header, 20);
  if (command_bytes > kMostCommandBytes || command_bytes > bytes - kHeaderBytes) return false;
  const std::string commands = ReadAt(offset + kHeaderBytes, command_bytes);
  uint64_t at = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t size = LittleEndian<uint32_t>(commands, at + 4);
    if (size < 8 || at > commands.size() || size > commands.size() - at) return false;
    ReadCommand(absl::string_view(commands).substr(at, size), &image);
    at += size;
  }
  images_.push_back(std::move(image));
  return true;
}

bool IsMacho(const std::string& path) {
  std::string problem;
  return File::Open(path, &problem).has_value();
}

}  // namespace memshim::analyzer::macho
