#include "tests/sim/xen/instruction.hpp"

#include <initializer_list>
#include <vector>

#include "tests/catch.hpp"

using sundog::sim::xen::Effect;
using sundog::sim::xen::effect_of;

namespace {

Effect effect(std::initializer_list<unsigned char> code) {
  std::vector<unsigned char> padded(code);
  padded.resize(16);
  return effect_of(padded.data());
}

}  // namespace

TEST_CASE("an instruction that changes a word in place counts as a read and a write") {
  CHECK(effect({0x83, 0x07, 0x01}) == Effect::read_then_write);              // add [rdi], 1
  CHECK(effect({0x48, 0x01, 0x07}) == Effect::read_then_write);              // add [rdi], rax
  CHECK(effect({0xFF, 0x07}) == Effect::read_then_write);                    // inc [rdi]
  CHECK(effect({0xF7, 0x1F}) == Effect::read_then_write);                    // neg [rdi]
  CHECK(effect({0xC1, 0x27, 0x03}) == Effect::read_then_write);              // shl [rdi], 3
  CHECK(effect({0xF0, 0x48, 0x09, 0x07}) == Effect::read_then_write);        // lock or [rdi], rax
  CHECK(effect({0xF0, 0x48, 0x21, 0x07}) == Effect::read_then_write);        // lock and [rdi], rax
  CHECK(effect({0xF0, 0x0F, 0xC1, 0x07}) == Effect::read_then_write);        // lock xadd [rdi], eax
  CHECK(effect({0xF0, 0x48, 0x0F, 0xAB, 0x07}) == Effect::read_then_write);  // lock bts [rdi], rax
  CHECK(effect({0xF0, 0x0F, 0xBA, 0x2F, 0x05}) == Effect::read_then_write);  // lock bts [rdi], 5
}

TEST_CASE("a compare-and-exchange is known, of whatever size") {
  CHECK(effect({0xF0, 0x0F, 0xB0, 0x0F}) == Effect::compare_exchange);        // byte
  CHECK(effect({0x66, 0xF0, 0x0F, 0xB1, 0x0F}) == Effect::compare_exchange);  // 2 bytes
  CHECK(effect({0xF0, 0x0F, 0xB1, 0x0F}) == Effect::compare_exchange);        // 4
  CHECK(effect({0xF0, 0x48, 0x0F, 0xB1, 0x0F}) == Effect::compare_exchange);  // 8
  CHECK(effect({0xF0, 0x48, 0x0F, 0xC7, 0x0F}) == Effect::compare_exchange);  // 16
}

TEST_CASE("what reads, writes, compares or swaps a word is one access") {
  CHECK(effect({0x8B, 0x07}) == Effect::one_access);                 // mov eax, [rdi]
  CHECK(effect({0x48, 0x89, 0x07}) == Effect::one_access);           // mov [rdi], rax
  CHECK(effect({0xC7, 0x07, 0x01, 0, 0, 0}) == Effect::one_access);  // mov [rdi], 1
  CHECK(effect({0x0F, 0xB6, 0x07}) == Effect::one_access);           // movzx eax, byte [rdi]
  CHECK(effect({0x3B, 0x07}) == Effect::one_access);                 // cmp eax, [rdi]
  CHECK(effect({0x39, 0x07}) == Effect::one_access);                 // cmp [rdi], eax
  CHECK(effect({0x83, 0x3F, 0x01}) == Effect::one_access);           // cmp [rdi], 1
  CHECK(effect({0x03, 0x07}) == Effect::one_access);                 // add eax, [rdi]
  CHECK(effect({0xF7, 0x07, 0x01, 0, 0, 0}) == Effect::one_access);  // test [rdi], 1
  CHECK(effect({0x48, 0x87, 0x07}) == Effect::one_access);           // xchg [rdi], rax
  CHECK(effect({0xFF, 0x37}) == Effect::one_access);                 // push [rdi]
  CHECK(effect({0x48, 0x0F, 0xA3, 0x07}) == Effect::one_access);     // bt [rdi], rax
  CHECK(effect({0xC5, 0xFE, 0x6F, 0x07}) == Effect::one_access);     // vmovdqu ymm0, [rdi]
}
