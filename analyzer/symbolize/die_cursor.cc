// See die_cursor.h.
#include "analyzer/symbolize/die_cursor.h"

#include <dwarf.h>

#include <cstring>

namespace memshim::analyzer::symbolize {
namespace {

// Producers number abbreviations from 1 on; 20,000 is the most seen.
constexpr size_t kMaxCode = 1 << 20;
constexpr size_t kVaries = static_cast<size_t>(-1);

}  // namespace

DieCursor::DieCursor(Dwarf_Die unit) : unit_(unit.cu) {
  Dwarf* dwarf = dwarf_cu_getdwarf(unit.cu);
  const Dwarf_Off in_unit = dwarf_cuoffset(&unit);
  const Dwarf_Off begin = dwarf_dieoffset(&unit) - in_unit;
  Dwarf_Off end = 0;
  size_t header_bytes = 0;
  Dwarf_Half version = 0;
  uint8_t address_bytes = 0, offset_bytes = 0;
  if (dwarf_next_unit(dwarf, begin, &end, &header_bytes, &version, nullptr, &address_bytes,
                      &offset_bytes, nullptr, nullptr) != 0 ||
      end <= begin + in_unit) {
    return;
  }
  version_ = version;
  address_bytes_ = address_bytes;
  offset_bytes_ = offset_bytes;
  next_ = static_cast<const uint8_t*>(unit.addr);
  end_ = next_ + (end - begin - in_unit);
  ReadShapes(&unit);
  Next();  // the unit's own DIE
}

void DieCursor::ReadShapes(Dwarf_Die* unit) {
  size_t bytes = 0;
  for (Dwarf_Off offset = 0;; offset += bytes) {
    Dwarf_Abbrev* const abbreviation = dwarf_getabbrev(unit, offset, &bytes);
    if (abbreviation == nullptr || abbreviation == DWARF_END_ABBREV || bytes == 0) return;
    const unsigned code = dwarf_getabbrevcode(abbreviation);
    if (code > kMaxCode) continue;
    if (shapes_.size() <= code) shapes_.resize(code + size_t{1});
    shapes_[code] = ReadShape(abbreviation);
  }
}

DieCursor::Shape DieCursor::ReadShape(Dwarf_Abbrev* abbreviation) const {
  Shape shape;
  shape.tag = static_cast<int>(dwarf_getabbrevtag(abbreviation));
  shape.has_children = dwarf_abbrevhaschildren(abbreviation) == 1;
  unsigned name = 0, form = 0;
  Dwarf_Off offset = 0;
  // Up to the first failure: dwarf_getattrcnt() of elfutils 0.188 stumbles over constants of zero.
  for (size_t i = 0; dwarf_getabbrevattr(abbreviation, i, &name, &form, &offset) == 0; ++i) {
    if (name == DW_AT_low_pc || name == DW_AT_high_pc || name == DW_AT_ranges) {
      shape.has_address = true;
    }
    const size_t bytes = FixedBytes(form);
    if (bytes != kVaries && shape.further_forms.empty()) {
      shape.fixed_bytes += bytes;
    } else {
      shape.further_forms.push_back(form);
    }
  }
  return shape;
}

size_t DieCursor::FixedBytes(unsigned form) const {
  switch (form) {
    case DW_FORM_flag_present:
    case DW_FORM_implicit_const:  // the value is in the abbreviation
      return 0;
    case DW_FORM_data1:
    case DW_FORM_ref1:
    case DW_FORM_flag:
    case DW_FORM_strx1:
    case DW_FORM_addrx1:
      return 1;
    case DW_FORM_data2:
    case DW_FORM_ref2:
    case DW_FORM_strx2:
    case DW_FORM_addrx2:
      return 2;
    case DW_FORM_strx3:
    case DW_FORM_addrx3:
      return 3;
    case DW_FORM_data4:
    case DW_FORM_ref4:
    case DW_FORM_ref_sup4:
    case DW_FORM_strx4:
    case DW_FORM_addrx4:
      return 4;
    case DW_FORM_data8:
    case DW_FORM_ref8:
    case DW_FORM_ref_sup8:
    case DW_FORM_ref_sig8:
      return 8;
    case DW_FORM_data16:
      return 16;
    case DW_FORM_addr:
      return address_bytes_;
    case DW_FORM_ref_addr:  // an address in DWARF 2
      return version_ <= 2 ? address_bytes_ : offset_bytes_;
    case DW_FORM_strp:
    case DW_FORM_line_strp:
    case DW_FORM_strp_sup:
    case DW_FORM_sec_offset:
    case DW_FORM_GNU_ref_alt:
    case DW_FORM_GNU_strp_alt:
      return offset_bytes_;
    default:
      return kVaries;
  }
}

bool DieCursor::Skip(uint64_t bytes) {
  if (bytes > static_cast<uint64_t>(end_ - next_)) return false;
  next_ += bytes;
  return true;
}

bool DieCursor::ReadNumber(uint64_t* number) {
  *number = 0;
  for (unsigned shift = 0; next_ != end_; shift += 7) {
    const uint8_t byte = *next_++;
    if (shift < 64) *number |= uint64_t{byte & 0x7fu} << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

bool DieCursor::SkipValue(unsigned form) {
  const size_t fixed = FixedBytes(form);
  if (fixed != kVaries) return Skip(fixed);
  uint64_t number = 0;
  switch (form) {
    case DW_FORM_udata:
    case DW_FORM_sdata:  // as long as an unsigned one
    case DW_FORM_ref_udata:
    case DW_FORM_strx:
    case DW_FORM_addrx:
    case DW_FORM_loclistx:
    case DW_FORM_rnglistx:
    case DW_FORM_GNU_addr_index:
    case DW_FORM_GNU_str_index:
      return ReadNumber(&number);
    case DW_FORM_string: {
      const void* zero = memchr(next_, 0, static_cast<size_t>(end_ - next_));
      if (zero == nullptr) return false;
      next_ = static_cast<const uint8_t*>(zero) + 1;
      return true;
    }
    case DW_FORM_exprloc:
    case DW_FORM_block:
      return ReadNumber(&number) && Skip(number);
    case DW_FORM_block1:
    case DW_FORM_block2:
    case DW_FORM_block4: {
      const size_t bytes = form == DW_FORM_block1 ? 1 : form == DW_FORM_block2 ? 2 : 4;
      const uint8_t* const from = next_;
      if (!Skip(bytes)) return false;
      memcpy(&number, from, bytes);  // little-endian, as the machine is
      return Skip(number);
    }
    case DW_FORM_indirect:
      return ReadNumber(&number) && number != DW_FORM_indirect &&
             SkipValue(static_cast<unsigned>(number));
    default:
      return false;
  }
}

bool DieCursor::SkipValues(const Shape& shape) {
  if (!Skip(shape.fixed_bytes)) return false;
  for (const unsigned form : shape.further_forms) {
    if (!SkipValue(form)) return false;
  }
  return true;
}

bool DieCursor::Next() {
  while (next_ != end_) {
    at_ = next_;
    uint64_t code = 0;
    if (!ReadNumber(&code)) break;
    if (code == 0) {  // ends a list of children
      if (next_depth_ <= 1) break;
      --next_depth_;
      continue;
    }
    if (code >= shapes_.size() || shapes_[code].tag == 0) break;
    shape_ = &shapes_[code];
    if (!SkipValues(*shape_)) break;
    depth_ = next_depth_;
    if (shape_->has_children) ++next_depth_;
    return depth_ != 0 || next_depth_ != 0;
  }
  next_ = end_;
  return false;
}

Dwarf_Die DieCursor::die() const {
  Dwarf_Die die = {};
  die.addr = const_cast<uint8_t*>(at_);
  die.cu = unit_;
  return die;
}

}  // namespace memshim::analyzer::symbolize
