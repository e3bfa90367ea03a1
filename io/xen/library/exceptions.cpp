// Exceptions on their way: who catches one, and what must be destroyed before (Itanium C++ ABI:
// Exception Handling, level I and II). The stock library's own is 17 KB: it interprets DWARF, and
// knows other languages, other compilers' tables and exception specifications.
//
// In two passes, as the ABI has it: first up the stack to find the handler, so that an exception
// which nobody catches is reported with the stack that threw it, then again to destroy what lies
// between. The throwing, catching and counting around it are the stock library's.
#include <unwind.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <typeinfo>

#include "sundog/io/xen/frame.hpp"

namespace sundog::xen {
namespace {

// What the library keeps in front of every exception object (the ABI's 2.2.1). Its dependent
// exceptions, made by std::rethrow_exception, are laid out alike, with the address of the exception
// they stand for in the place of the type.
struct Header {
  void* type_or_primary;
  void (*destructor)(void*);
  void (*unexpected_handler)();
  void (*terminate_handler)();
  Header* next;
  int handler_count;
  int handler;
  const std::uint8_t* action;
  const std::uint8_t* area;
  std::uintptr_t landing_pad;
  void* caught;
  _Unwind_Exception unwind;
};

Header& header_of(_Unwind_Exception& exception) noexcept {
  return *reinterpret_cast<Header*>(reinterpret_cast<std::byte*>(&exception) -
                                    offsetof(Header, unwind));
}

struct Thrown {
  const std::type_info* type;
  void* object;
};

Thrown thrown_by(_Unwind_Exception& exception) noexcept {
  constexpr std::uint64_t dependent = 1;  // "GNUCC++\1" where others are "GNUCC++\0"
  void* object = &exception + 1;
  void* type = header_of(exception).type_or_primary;
  if ((exception.exception_class & 0xff) == dependent) {
    object = type;
    type = header_of(static_cast<_Unwind_Exception*>(object)[-1]).type_or_primary;
  }
  return {static_cast<const std::type_info*>(type), object};
}

// Reads the area's encodings (LSB Core 5.0, 10.5) as far as clang and g++ use them in static
// programs.
class Reader {
 public:
  explicit Reader(const std::uint8_t* place) noexcept : place_(place) {}

  const std::uint8_t* place() const noexcept { return place_; }
  std::uint8_t byte() noexcept { return *place_++; }
  std::uint64_t number() noexcept {
    unsigned shift = 0;
    return leb128(shift);
  }
  std::int64_t signed_number() noexcept {
    unsigned shift = 0;
    const std::uint64_t value = leb128(shift);
    const bool negative = shift < 64 && (place_[-1] & 0x40) != 0;
    return static_cast<std::int64_t>(negative ? value | ~std::uint64_t{0} << shift : value);
  }
  std::uint64_t encoded(std::uint8_t encoding) noexcept {
    constexpr std::uint8_t as_number = 0x01;
    if (encoding == as_number) return number();
    std::int32_t value;
    std::memcpy(&value, place_, sizeof value);
    place_ += sizeof value;
    return static_cast<std::uint32_t>(value);
  }

 private:
  std::uint64_t leb128(unsigned& shift) noexcept {
    std::uint64_t value = 0;
    std::uint8_t next;
    do {
      next = *place_++;
      value |= std::uint64_t{next & 0x7fu} << shift;
      shift += 7;
    } while ((next & 0x80) != 0);
    return value;
  }

  const std::uint8_t* place_;
};

// The type that a handler catches, from the table that ends at `end`; null: every type.
const std::type_info* caught_type(const std::uint8_t* end, std::uint8_t encoding,
                                  std::int64_t number) noexcept {
  constexpr std::uint8_t relative = 0x10, indirect = 0x80;
  const std::uint8_t* const place = end - 4 * number;
  std::int32_t value;
  std::memcpy(&value, place, sizeof value);
  if (value == 0) return nullptr;
  std::intptr_t address = value;
  if ((encoding & relative) != 0) address += reinterpret_cast<std::intptr_t>(place);
  if ((encoding & indirect) != 0) address = *reinterpret_cast<const std::intptr_t*>(address);
  return reinterpret_cast<const std::type_info*>(address);
}

struct Landing {
  enum class Kind { none, cleanup, handler, terminate };
  Kind kind = Kind::none;
  std::uint64_t pad = 0;
  std::int64_t handler = 0;
  void* caught = nullptr;
};

bool catches(const std::type_info* type, const Thrown& thrown, void*& caught) noexcept {
  caught = thrown.object;
  if (thrown.type->__is_pointer_p()) caught = *static_cast<void**>(caught);
  return type == nullptr || type->__do_catch(thrown.type, &caught, 1);
}

// The first handler for the exception in the chain that begins at `action`; else whether there is
// something to destroy.
void follow_actions(Reader action, const std::uint8_t* types, std::uint8_t encoding,
                    const Thrown& thrown, Landing& landing) noexcept {
  for (;;) {
    const std::int64_t number = action.signed_number();
    const std::uint8_t* const here = action.place();
    if (number == 0) landing.kind = Landing::Kind::cleanup;
    // Exception specifications, which C++20 has no more.
    if (number < 0) return void(landing.kind = Landing::Kind::terminate);
    if (number > 0 && catches(caught_type(types, encoding, number), thrown, landing.caught)) {
      landing.kind = Landing::Kind::handler;
      landing.handler = number;
      return;
    }
    const std::int64_t next = action.signed_number();
    if (next == 0) return;
    action = Reader(here + next);
  }
}

Landing find_landing(const Handlers& handlers, const Frame& frame, const Thrown& thrown) noexcept {
  constexpr std::uint8_t omitted = 0xff;
  Reader area(handlers.area);
  std::uint64_t pads = handlers.function;
  if (const std::uint8_t encoding = area.byte(); encoding != omitted) pads = area.encoded(encoding);
  const std::uint8_t type_encoding = area.byte();
  const std::uint8_t* types = nullptr;
  if (type_encoding != omitted) {
    const std::uint64_t distance = area.number();
    types = area.place() + distance;
  }
  const std::uint8_t call_encoding = area.byte();
  const std::uint64_t calls_bytes = area.number();
  const std::uint8_t* const actions = area.place() + calls_bytes;

  Landing landing;
  const std::uint64_t call = frame.return_address() - 1 - handlers.function;
  while (area.place() < actions) {
    const std::uint64_t start = area.encoded(call_encoding);
    const std::uint64_t size = area.encoded(call_encoding);
    const std::uint64_t pad = area.encoded(call_encoding);
    const std::uint64_t action = area.number();
    if (call < start) break;
    if (call >= start + size) continue;
    if (pad == 0) return landing;
    landing.pad = pads + pad;
    landing.kind = Landing::Kind::cleanup;
    if (action != 0) {
      landing.kind = Landing::Kind::none;
      follow_actions(Reader(actions + action - 1), types, type_encoding, thrown, landing);
    }
    return landing;
  }
  // A call that may not throw, as in a noexcept function.
  landing.kind = Landing::Kind::terminate;
  return landing;
}

}  // namespace
}  // namespace sundog::xen

using namespace sundog::xen;

extern "C" {

// The second pass, from `start` on; also what a landing pad continues with once it has destroyed
// what it had to.
[[noreturn]] void sundog_unwind(_Unwind_Exception* exception, const Frame* start) noexcept {
  const Header& header = header_of(*exception);
  const Thrown thrown = thrown_by(*exception);
  Frame frame = *start;
  for (Row row; row.find(frame); row.step(frame)) {
    if (frame.stack() == exception->private_2) {
      row.land(frame, header.landing_pad, exception, static_cast<std::uint64_t>(header.handler));
    }
    const Handlers handlers = row.handlers();
    if (handlers.area == nullptr) continue;
    const Landing landing = find_landing(handlers, frame, thrown);
    if (landing.kind == Landing::Kind::cleanup) row.land(frame, landing.pad, exception, 0);
  }
  std::terminate();  // the first pass has seen a handler further up
}

// The first pass. Comes back when nobody catches the exception, for the library to terminate.
_Unwind_Reason_Code sundog_raise(_Unwind_Exception* exception, const Frame* start) noexcept {
  const Thrown thrown = thrown_by(*exception);
  Frame frame = *start;
  for (Row row; row.find(frame); row.step(frame)) {
    const Handlers handlers = row.handlers();
    if (handlers.area == nullptr) continue;
    const Landing landing = find_landing(handlers, frame, thrown);
    if (landing.kind == Landing::Kind::terminate) break;
    if (landing.kind != Landing::Kind::handler) continue;
    Header& header = header_of(*exception);
    header.handler = static_cast<int>(landing.handler);
    header.landing_pad = landing.pad;
    header.caught = landing.caught;
    exception->private_2 = frame.stack();
    sundog_unwind(exception, start);
  }
  return _URC_END_OF_STACK;
}

void _Unwind_DeleteException(_Unwind_Exception* exception) {
  exception->exception_cleanup(_URC_FOREIGN_EXCEPTION_CAUGHT, exception);
}

// Named in every table, and called by the unwinders of others.
void __gxx_personality_v0() noexcept { std::terminate(); }
}
