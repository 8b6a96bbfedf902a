// What the fuzz targets share: a promise that aborts when broken, and a file for readers that take
// paths.
#ifndef MEMSHIM_TESTS_FUZZ_FUZZING_H_
#define MEMSHIM_TESTS_FUZZ_FUZZING_H_

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace memshim::fuzz {

inline void Require(bool holds, const char* promise) {
  if (holds) return;
  fprintf(stderr, "broken: %s\n", promise);
  abort();
}

// Counts the inputs that were not refused and tells at the end how many: a corpus that is refused
// as a whole, as of an older format, tests nothing.
inline void CountAccepted() {
  struct Count {
    ~Count() { fprintf(stderr, "Accepted %d inputs\n", accepted); }
    int accepted = 0;
  };
  static Count count;
  ++count.accepted;
}

// One file for all inputs, in memory unless TMPDIR says otherwise.
class InputFile {
 public:
  InputFile() {
    const char* folder = getenv("TMPDIR");
    path_ = std::string(folder != nullptr ? folder : "/dev/shm") + "/memshim-fuzz-XXXXXX";
    fd_ = mkstemp(path_.data());
    Require(fd_ >= 0, "a file for the input can be made");
  }
  ~InputFile() {
    close(fd_);
    unlink(path_.c_str());
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& path() const { return path_; }

  // An empty file of `size` zeros.
  void Reset(uint64_t size) {
    Require(ftruncate(fd_, 0) == 0 && ftruncate(fd_, static_cast<off_t>(size)) == 0, "it is cut");
  }
  void Write(uint64_t at, const void* bytes, size_t size) {
    const ssize_t n = pwrite(fd_, bytes, size, static_cast<off_t>(at));
    Require(n == static_cast<ssize_t>(size), "it is written");
  }

 private:
  std::string path_;
  int fd_;
};

}  // namespace memshim::fuzz

#endif  // MEMSHIM_TESTS_FUZZ_FUZZING_H_
