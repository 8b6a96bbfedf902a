// Mach-O files, as programs and libraries of macOS are: what their load commands say. A file may
// hold several images, one for each kind of processor ("universal"). Read on every platform:
// profiles come from elsewhere. The bytes come from anywhere: nothing is believed of sizes and
// offsets, and only regular files are opened.
#ifndef MEMSHIM_ANALYZER_MACHO_MACHO_FILE_H_
#define MEMSHIM_ANALYZER_MACHO_MACHO_FILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace memshim::analyzer::macho {

enum class Processor { kX86_64, kArm64, kArm64e, kOther };

struct Section {
  std::string segment, name;
  uint64_t address;
  uint64_t bytes;
  uint64_t offset;  // in the image
  bool is_code;
};

// A piece of the image.
struct Piece {
  uint64_t offset = 0, bytes = 0;
};

struct Image {
  Processor processor = Processor::kOther;
  uint64_t offset = 0;  // in the file
  uint64_t bytes = 0;
  uint32_t type = 0;  // kExecutable and the like
  std::string uuid;   // lower-case hex; "" when there is none
  std::vector<Section> sections;
  std::vector<std::string> libraries;     // as they are loaded: paths, or "@rpath/..."
  bool has_loader = false;                // runs under dyld
  bool is_restricted = false;             // has a segment __RESTRICT: dyld heeds no variables
  uint64_t text_begin = 0, text_end = 0;  // addresses of the segment __TEXT
  uint32_t symbol_count = 0;
  Piece symbols, strings;
  Piece function_starts;  // distances from text_begin on, as ULEB128
  Piece code_signature;
};
inline constexpr uint32_t kExecutable = 2, kDynamicLibrary = 6, kDebugSymbols = 10;

class File {
 public:
  // Nullopt, and *problem to follow the path in a sentence: no file, none of these, or damaged.
  static std::optional<File> Open(const std::string& path, std::string* problem);
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  const std::vector<Image>& images() const { return images_; }
  // The image of this identity; null: there is none.
  const Image* FindImage(const std::string& uuid) const;
  // A piece of an image; "" when the file is too short for it, or it is too large.
  std::string Read(const Image& image, const Piece& piece) const;

 private:
  explicit File(int fd, uint64_t bytes) : fd_(fd), bytes_(bytes) {}
  std::string ReadAt(uint64_t offset, uint64_t bytes) const;
  bool ReadImages();
  bool ReadImage(uint64_t offset, uint64_t bytes);

  int fd_;
  uint64_t bytes_;
  std::vector<Image> images_;
};

// Whether a file begins as Mach-O files do.
bool IsMacho(const std::string& path);

}  // namespace memshim::analyzer::macho

#endif  // MEMSHIM_ANALYZER_MACHO_MACHO_FILE_H_
