#include <algorithm>
#include <span>

#include "sundog/io/xen/x86/frame.hpp"

extern "C" {
[[noreturn]] void sundog_land(const sundog::xen::Frame* frame, void* exception,
                              std::uint64_t handler) noexcept;  // x86/unwind.S
// x86/image.ld
extern const char __image_start[], __handlers_start[], __unwind_table[];
}

namespace sundog::xen {
namespace {

// The table, as io/xen/x86/pack.py writes it.
struct Table {
  std::uint16_t shape_count, row_count, function_count, reserved;
};

// Where the frame ends and where it keeps its caller's registers, in words of eight bytes.
struct Shape {
  std::uint16_t words;     // from the base register up to the end of the frame
  std::uint8_t from_rbp;   // the base register: %rbp, or else %rsp
  std::uint8_t saved[6];   // words below the frame's end, in Frame's order; 0: not kept there
  std::uint8_t arguments;  // words pushed for the call, which a landing pad wants gone
};
static_assert(sizeof(Shape) == 10);

// Bits of a row: the place from which on it holds, whether the function has handlers, its shape.
constexpr unsigned place_shift = 10;
constexpr std::uint32_t has_handlers = 1 << 9, shape_mask = has_handlers - 1;

// A function that has handlers: where it begins, and where its area is.
struct Function {
  std::uint32_t place, area;
};

const Table& table() noexcept { return *reinterpret_cast<const Table*>(__unwind_table); }

std::span<const std::uint32_t> rows() noexcept {
  return {reinterpret_cast<const std::uint32_t*>(&table() + 1), table().row_count};
}
std::span<const Function> functions() noexcept {
  const auto before = rows();
  return {reinterpret_cast<const Function*>(before.data() + before.size()), table().function_count};
}
const Shape& shape_of(std::uint32_t row) noexcept {
  const auto before = functions();
  return reinterpret_cast<const Shape*>(before.data() + before.size())[(row & shape_mask) - 1];
}

}  // namespace

bool Row::find(const Frame& frame) noexcept {
  // One back: the call may be its function's last instruction.
  const std::uint64_t place = frame.rip - 1 - reinterpret_cast<std::uint64_t>(__image_start);
  if (place >= std::uint64_t{1} << (32 - place_shift)) return false;
  place_ = static_cast<std::uint32_t>(place);
  const auto all = rows();
  const auto next = std::upper_bound(
      all.begin(), all.end(), place_,
      [](std::uint32_t wanted, std::uint32_t row) { return wanted < row >> place_shift; });
  if (next == all.begin()) return false;
  bits_ = next[-1];
  return (bits_ & shape_mask) != 0;  // shape 0: code from which nothing is thrown
}

Handlers Row::handlers() const noexcept {
  if ((bits_ & has_handlers) == 0) return {nullptr, 0};
  const auto all = functions();
  const auto next = std::upper_bound(
      all.begin(), all.end(), place_,
      [](std::uint32_t wanted, const Function& function) { return wanted < function.place; });
  return {reinterpret_cast<const std::uint8_t*>(__handlers_start) + next[-1].area,
          reinterpret_cast<std::uint64_t>(__image_start) + next[-1].place};
}

void Row::land(Frame frame, std::uint64_t pad, void* exception,
               std::uint64_t handler) const noexcept {
  frame.rip = pad;
  frame.rsp += sizeof(std::uint64_t) * shape_of(bits_).arguments;
  sundog_land(&frame, exception, handler);
}

void Row::step(Frame& frame) const noexcept {
  const Shape& shape = shape_of(bits_);
  const std::uint64_t base = shape.from_rbp != 0 ? frame.rbp : frame.rsp;
  const auto* const end = reinterpret_cast<const std::uint64_t*>(base) + shape.words;
  std::uint64_t* const registers[] = {&frame.rbx, &frame.rbp, &frame.r12,
                                      &frame.r13, &frame.r14, &frame.r15};
  for (int index = 0; index < 6; ++index) {
    if (shape.saved[index] != 0) *registers[index] = end[-int{shape.saved[index]}];
  }
  frame.rip = end[-1];
  frame.rsp = reinterpret_cast<std::uint64_t>(end);
}

}  // namespace sundog::xen
