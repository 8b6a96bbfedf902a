// DWARF expressions as they occur in call frame information. See cfi.h; operations: DWARF 5
// section 2.5.
#include "shim/unwind/cfi.h"
#include "shim/unwind/dwarf_bytes.h"

namespace memshim::unwind {
namespace {

class Machine {
 public:
  Machine(const uint8_t* expression, uint32_t size, const uint64_t* registers, ReadWord read,
          void* context)
      : bytes_(expression, expression + size),
        start_(expression),
        registers_(registers),
        read_(read),
        context_(context) {}

  bool Push(uint64_t value) {
    if (depth_ == kDepth) return false;
    stack_[depth_++] = value;
    return true;
  }

  bool Run(uint64_t* result) {
    // Jumps could go round for ever.
    for (int steps = 0; !bytes_.is_done(); ++steps) {
      if (steps == kSteps || !Step(bytes_.Fixed<uint8_t>()) || bytes_.is_broken()) return false;
    }
    if (depth_ == 0) return false;
    *result = stack_[depth_ - 1];
    return true;
  }

 private:
  static constexpr int kDepth = 16;
  static constexpr int kSteps = 200;

  uint64_t Pop() {
    if (depth_ == 0) {
      bytes_.Break();
      return 0;
    }
    return stack_[--depth_];
  }
  uint64_t Register(uint64_t number) {
    if (number >= kRegisters) bytes_.Break();
    return number < kRegisters ? registers_[number] : 0;
  }

  bool Step(uint8_t code) {
    if (code >= 0x30 && code <= 0x4f) return Push(code - 0x30u);            // lit0..31
    if (code >= 0x50 && code <= 0x6f) return Push(Register(code - 0x50u));  // reg0..31
    if (code >= 0x70 && code <= 0x8f) {                                     // breg0..31
      const int64_t offset = bytes_.Sleb();
      return Push(Register(code - 0x70u) + static_cast<uint64_t>(offset));
    }
    return Constant(code) || StackOperation(code) || Arithmetic(code) || Jump(code);
  }

  bool Constant(uint8_t code) {
    switch (code) {
      case 0x03:  // addr
      case 0x0e:  // const8u
      case 0x0f:  // const8s
        return Push(bytes_.Fixed<uint64_t>());
      case 0x08:
        return Push(bytes_.Fixed<uint8_t>());
      case 0x09:
        return Push(static_cast<uint64_t>(int64_t{bytes_.Fixed<int8_t>()}));
      case 0x0a:
        return Push(bytes_.Fixed<uint16_t>());
      case 0x0b:
        return Push(static_cast<uint64_t>(int64_t{bytes_.Fixed<int16_t>()}));
      case 0x0c:
        return Push(bytes_.Fixed<uint32_t>());
      case 0x0d:
        return Push(static_cast<uint64_t>(int64_t{bytes_.Fixed<int32_t>()}));
      case 0x10:
        return Push(bytes_.Uleb());
      case 0x11:
        return Push(static_cast<uint64_t>(bytes_.Sleb()));
      case 0x92: {  // bregx
        const uint64_t number = bytes_.Uleb();
        const int64_t offset = bytes_.Sleb();
        return Push(Register(number) + static_cast<uint64_t>(offset));
      }
      default:
        return false;
    }
  }

  bool StackOperation(uint8_t code) {
    uint64_t a, b;
    switch (code) {
      case 0x06:  // deref
        return read_(Pop(), &a, context_) && Push(a);
      case 0x12:  // dup
        a = Pop();
        return Push(a) && Push(a);
      case 0x13:  // drop
        Pop();
        return true;
      case 0x14:  // over
        return depth_ >= 2 && Push(stack_[depth_ - 2]);
      case 0x16:  // swap
        a = Pop();
        b = Pop();
        return Push(a) && Push(b);
      case 0x96:  // nop
        return true;
      default:
        return false;
    }
  }

  bool Arithmetic(uint8_t code) {
    if (code == 0x1f) return Push(-Pop());                 // neg
    if (code == 0x20) return Push(~Pop());                 // not
    if (code == 0x23) return Push(Pop() + bytes_.Uleb());  // plus_uconst
    if (code < 0x1a || code > 0x2e || code == 0x28) return false;
    const uint64_t right = Pop(), left = Pop();
    const int64_t signed_right = static_cast<int64_t>(right);
    const int64_t signed_left = static_cast<int64_t>(left);
    switch (code) {
      case 0x1a:
        return Push(left & right);
      case 0x1c:
        return Push(left - right);
      case 0x1e:
        return Push(left * right);
      case 0x21:
        return Push(left | right);
      case 0x22:
        return Push(left + right);
      case 0x24:
        return Push(right < 64 ? left << right : 0);
      case 0x25:
        return Push(right < 64 ? left >> right : 0);
      case 0x26:
        return Push(static_cast<uint64_t>(signed_left >> (right < 64 ? right : 63)));
      case 0x27:
        return Push(left ^ right);
      case 0x29:
        return Push(left == right);
      case 0x2a:
        return Push(signed_left >= signed_right);
      case 0x2b:
        return Push(signed_left > signed_right);
      case 0x2c:
        return Push(signed_left <= signed_right);
      case 0x2d:
        return Push(signed_left < signed_right);
      case 0x2e:
        return Push(left != right);
      default:
        return false;
    }
  }

  bool Jump(uint8_t code) {
    if (code != 0x28 && code != 0x2f) return false;  // bra, skip
    const int16_t distance = bytes_.Fixed<int16_t>();
    if (code == 0x28 && Pop() == 0) return true;
    const int64_t target = bytes_.at() - start_ + distance;
    if (bytes_.is_broken() || target < 0 || target > bytes_.end() - start_) return false;
    bytes_ = DwarfBytes(start_ + target, bytes_.end());
    return true;
  }

  DwarfBytes bytes_;
  const uint8_t* start_;
  const uint64_t* registers_;
  ReadWord read_;
  void* context_;
  uint64_t stack_[kDepth];
  int depth_ = 0;
};

}  // namespace

bool EvaluateExpression(const uint8_t* expression, uint32_t size, const uint64_t* registers,
                        const uint64_t* first, ReadWord read, void* context, uint64_t* result) {
  Machine machine(expression, size, registers, read, context);
  if (first != nullptr && !machine.Push(*first)) return false;
  return machine.Run(result);
}

}  // namespace memshim::unwind
