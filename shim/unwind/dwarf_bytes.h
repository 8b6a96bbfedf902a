// A cursor over DWARF data in memory. Reading past the end gives zeros and is remembered.
// Context: hook (slow path). Locks: none. Allocates: no. Signals: safe.
#ifndef MEMSHIM_SHIM_UNWIND_DWARF_BYTES_H_
#define MEMSHIM_SHIM_UNWIND_DWARF_BYTES_H_

#include <cstdint>
#include <cstring>

namespace memshim::unwind {

class DwarfBytes {
 public:
  DwarfBytes(const uint8_t* at, const uint8_t* end) : at_(at), end_(end) {}

  const uint8_t* at() const { return at_; }
  const uint8_t* end() const { return end_; }
  bool is_done() const { return at_ >= end_; }
  bool is_broken() const { return is_broken_; }
  uint64_t left() const { return static_cast<uint64_t>(end_ - at_); }

  // Only the next `bytes` belong to what is read here.
  void CutAfter(uint64_t bytes) {
    if (bytes > left()) {
      Break();
    } else {
      end_ = at_ + bytes;
    }
  }

  template <typename T>
  T Fixed() {
    T value = 0;
    if (left() < sizeof(T)) {
      Break();
    } else {
      memcpy(&value, at_, sizeof(T));
      at_ += sizeof(T);
    }
    return value;
  }
  uint64_t Uleb() {
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const uint8_t byte = Fixed<uint8_t>();
      if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
  }
  int64_t Sleb() {
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;
    do {
      byte = Fixed<uint8_t>();
      if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      shift += 7;
    } while ((byte & 0x80) != 0);
    if (shift < 64 && (byte & 0x40) != 0) value |= ~uint64_t{0} << shift;
    return static_cast<int64_t>(value);
  }
  // A pointer in one of the encodings of .eh_frame (DW_EH_PE_*); 0 for an omitted one.
  // `data_base`: what data-relative ones are relative to.
  uint64_t Pointer(uint8_t encoding, uint64_t data_base) {
    constexpr uint8_t kOmit = 0xff, kPcRelative = 0x10, kDataRelative = 0x30;
    if (encoding == kOmit) return 0;
    const uint64_t here = reinterpret_cast<uint64_t>(at_);
    uint64_t value = Value(encoding & 0x0f);
    if (value == 0) return 0;
    const uint8_t relative = encoding & 0xf0;
    if (relative == kPcRelative) {
      value += here;
    } else if (relative == kDataRelative) {
      value += data_base;
    } else if (relative != 0) {
      // Text- and function-relative ones do not occur in images of this platform; indirect ones
      // lead to personality routines alone.
      Break();
    }
    return value;
  }
  void Skip(uint64_t bytes) {
    if (bytes > left()) {
      Break();
    } else {
      at_ += bytes;
    }
  }
  void Break() {
    is_broken_ = true;
    at_ = end_;
  }

 private:
  uint64_t Value(uint8_t format) {
    switch (format) {
      case 0x00:  // DW_EH_PE_absptr
      case 0x04:  // udata8
      case 0x0c:  // sdata8
        return Fixed<uint64_t>();
      case 0x01:
        return Uleb();
      case 0x02:
        return Fixed<uint16_t>();
      case 0x03:
        return Fixed<uint32_t>();
      case 0x09:
        return static_cast<uint64_t>(Sleb());
      case 0x0a:
        return static_cast<uint64_t>(int64_t{Fixed<int16_t>()});
      case 0x0b:
        return static_cast<uint64_t>(int64_t{Fixed<int32_t>()});
      default:
        Break();
        return 0;
    }
  }

  const uint8_t* at_;
  const uint8_t* end_;
  bool is_broken_ = false;
};

}  // namespace memshim::unwind

#endif  // MEMSHIM_SHIM_UNWIND_DWARF_BYTES_H_
