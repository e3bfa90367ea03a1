#include "tests/sim/xen/instruction.hpp"

// The opcodes are named as in Intel's manual, volume 2, appendix A: tables.
namespace sundog::sim::xen {
namespace {

bool is_prefix(unsigned byte) noexcept {
  switch (byte) {
    case 0x26:
    case 0x2E:
    case 0x36:
    case 0x3E:
    case 0x64:
    case 0x65:
    case 0x66:
    case 0x67:
    case 0xF0:  // LOCK
    case 0xF2:
    case 0xF3:
      return true;
    default:
      return byte >= 0x40 && byte <= 0x4F;  // REX
  }
}

// Of those that begin with 0x0F; `group` chooses among several that share an opcode.
Effect effect_of_two_bytes(unsigned opcode, unsigned group) noexcept {
  switch (opcode) {
    case 0xB0:  // CMPXCHG
    case 0xB1:
      return Effect::compare_exchange;
    case 0xC7:  // CMPXCHG16B
      return group == 1 ? Effect::compare_exchange : Effect::one_access;
    case 0xAB:  // BTS
    case 0xB3:  // BTR
    case 0xBB:  // BTC
    case 0xC0:  // XADD
    case 0xC1:
      return Effect::read_then_write;
    case 0xBA:  // BT, BTS, BTR, BTC
      return group >= 5 ? Effect::read_then_write : Effect::one_access;
    default:
      return Effect::one_access;
  }
}

bool reads_and_writes(unsigned opcode, unsigned group) noexcept {
  constexpr unsigned compare = 7;
  // ADD, OR, ADC, SBB, AND, SUB, XOR and CMP, to memory from a register
  if (opcode < 0x40) return opcode % 8 < 2 && opcode / 8 != compare;
  switch (opcode) {
    case 0x80:  // the same from a constant
    case 0x81:
    case 0x83:
      return group != compare;
    case 0xC0:  // rotations and shifts
    case 0xC1:
    case 0xD0:
    case 0xD1:
    case 0xD2:
    case 0xD3:
      return true;
    case 0xF6:  // NOT, NEG
    case 0xF7:
      return group == 2 || group == 3;
    case 0xFE:  // INC, DEC
    case 0xFF:
      return group < 2;
    default:
      return false;
  }
}

}  // namespace

Effect effect_of(const void* instruction) noexcept {
  const auto* byte = static_cast<const unsigned char*>(instruction);
  while (is_prefix(*byte)) ++byte;
  const bool has_two = *byte == 0x0F;
  if (has_two) ++byte;
  const unsigned group = byte[1] / 8 % 8;
  if (has_two) return effect_of_two_bytes(*byte, group);
  return reads_and_writes(*byte, group) ? Effect::read_then_write : Effect::one_access;
}

}  // namespace sundog::sim::xen
